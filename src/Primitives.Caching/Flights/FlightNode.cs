namespace Primitives;

/// <summary>
/// A factory's run as the deadlock check sees it: what it waits for. Apart from <see cref="Flight{TValue}"/> and
/// <see cref="LoadRun"/>, so that work which outlives its factory, and carries its execution context, keeps these few bytes
/// alive and not the value.
/// </summary>
internal sealed class FlightNode
{
    // Which factory the running code belongs to. It flows with the execution context and is otherwise never set.
    private static readonly AsyncLocal<FlightNode?> Ambient = new();

    // Guards every node's _waitsFor, since a circle may pass through several caches and single flights. Taken only by calls
    // made from within a factory, for a walk over the few nodes that hang together; nothing is called under it.
    private static readonly Lock Graph = new();

    private List<FlightNode>? _waitsFor; // made by the first wait: few factories wait for others
    private volatile bool _landed;

    /// <summary>Gets the factory run that the calling code belongs to, or <see langword="null"/>.</summary>
    public static FlightNode? Current => Ambient.Value is { _landed: false } node ? node : null;

    /// <summary>Makes the calling method, and what it calls, part of this run. An async method undoes that by itself when it
    /// returns to its caller.</summary>
    /// <returns>What the calling method was part of before, for <see cref="Return"/>.</returns>
    public FlightNode? Enter()
    {
        FlightNode? outer = Ambient.Value;
        Ambient.Value = this;
        return outer;
    }

    /// <summary>Undoes <see cref="Enter"/>.</summary>
    public static void Return(FlightNode? outer) => Ambient.Value = outer;

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

            (_waitsFor ??= []).Add(other);
            return true;
        }
    }

    public void StopWaitingFor(FlightNode other)
    {
        lock (Graph)
        {
            _waitsFor?.Remove(other);
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

            foreach (FlightNode next in node._landed ? [] : node._waitsFor ?? [])
            {
                if (seen.Add(next))
                {
                    toVisit.Push(next);
                }
            }
        }

        return false;
    }
}
