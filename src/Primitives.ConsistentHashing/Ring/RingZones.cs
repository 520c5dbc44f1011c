namespace Primitives;

/// <summary>The zones of a ring's nodes as numbers. Immutable.</summary>
internal sealed class RingZones
{
    private readonly int[] _zoneOf;

    /// <param name="names">The zone of each node; those without one share one.</param>
    /// <param name="counts">The points of each node. A node without points is never met on the ring, and its zone counts
    /// only if it has other nodes.</param>
    public RingZones(string?[] names, int[] counts)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int unknown = -1;
        _zoneOf = new int[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            if (counts[i] == 0)
            {
                continue;
            }

            if (names[i] is not { } name)
            {
                unknown = unknown < 0 ? Count++ : unknown;
                _zoneOf[i] = unknown;
            }
            else if (numbers.TryGetValue(name, out int number))
            {
                _zoneOf[i] = number;
            }
            else
            {
                numbers.Add(name, Count);
                _zoneOf[i] = Count++;
            }
        }
    }

    /// <summary>Gets the number of zones that have points.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the zone of a node that has points.</summary>
    public int Of(int node) => _zoneOf[node];
}
