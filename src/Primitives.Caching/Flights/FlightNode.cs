namespace Primitives;

/// <summary>
/// A factory's run as the deadlock check sees it: what it waits for. Apart from <see cref="Flight{TValue}"/>, so that work
/// which outlives its factory, and carries its execution context, keeps these few bytes alive and not the value.
/// </summary>
internal sealed class FlightNode
{
    // Which factory the running code belongs to. It flows with the execution context and is otherwise never set.
    private static readonly AsyncLocal<FlightNode?> Ambient = new();

    // Guards every node's _waitsFor, since a circle may pass through several instances. Taken only by calls made from
    // within a factory, for a walk over the few nodes that hang together.
    private static readonly Lock Graph = new();

    private readonly List<FlightNode> _waitsFor = [];
    private volatile bool _landed;

    /// <summary>Gets the factory run that the calling code belongs to, or <see langword="null"/>.</summary>
    public static FlightNode? Current => Ambient.Value is { _landed: false } node ? node : null;

    public bool HasLanded => _landed;

    /// <summary>Makes the calling async method, and what it calls, part of this run.</summary>
    public void Enter() => Ambient.Value = this;

    /// <summary>Notes that the run is over: it waits for nothing any more, and nobody for it.</summary>
    public void Land() => _landed = true;

    /// <summary>Notes that this run waits for <paramref name="other"/>, unless that closes a circle.</summary>
    public bool TryWaitFor(FlightNode other)
    {
        lock (Graph)
        {
            if (ReachesLocked(other, this))
            {
                return false;
            }

            _waitsFor.Add(other);
            return true;
        }
    }

    public void StopWaitingFor(FlightNode other)
    {
        lock (Graph)
        {
            _waitsFor.Remove(other);
        }
    }

    private static bool ReachesLocked(FlightNode from, FlightNode to)
    {
        var seen = new HashSet<FlightNode> { from };
        var toVisit = new Stack<FlightNode>(seen);
        while (toVisit.TryPop(out FlightNode? node))
        {
            if (node == to)
            {
                return true;
            }

            foreach (FlightNode next in node._waitsFor)
            {
                if (!next._landed && seen.Add(next))
                {
                    toVisit.Push(next);
                }
            }
        }

        return false;
    }
}
