namespace Primitives.Tests;

/// <summary>The ring as its documentation describes it, with nothing clever: points made by the published formula, sorted,
/// and searched from the front.</summary>
internal sealed class NaiveRing
{
    private readonly List<(ulong Point, string Name)> _points = [];

    public NaiveRing(IEnumerable<(string Name, double Weight)> nodes, int virtualNodes)
    {
        foreach ((string name, double weight) in nodes)
        {
            int count = (int)Math.Max(1, Math.Round(weight * virtualNodes, MidpointRounding.AwayFromZero));
            ulong state = StableHash.Compute(name);
            for (int i = 0; i < count; i++)
            {
                _points.Add((StableHash.Remix(state), name));
                state = unchecked(state + 0x9E3779B97F4A7C15);
            }
        }

        _points.Sort((left, right) => left.Point != right.Point
            ? left.Point.CompareTo(right.Point)
            : string.CompareOrdinal(left.Name, right.Name));
    }

    public int Count => _points.Count;

    public IEnumerable<ulong> Points => _points.Select(point => point.Point);

    public string OwnerOf(ulong hash) => _points[IndexOf(hash)].Name;

    /// <summary>The distinct names from a hash on, once around.</summary>
    public List<string> NamesFrom(ulong hash)
    {
        int start = IndexOf(hash);
        return [.. Enumerable.Range(0, _points.Count).Select(i => _points[(start + i) % _points.Count].Name).Distinct()];
    }

    private int IndexOf(ulong hash)
    {
        int index = _points.FindIndex(point => point.Point >= hash);
        return index < 0 ? 0 : index;
    }
}
