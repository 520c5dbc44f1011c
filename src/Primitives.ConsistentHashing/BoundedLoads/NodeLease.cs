namespace Primitives;

/// <summary>One piece of work on a node, counted against the node's capacity until it is disposed.</summary>
/// <remarks><b>Thread safety.</b> Thread-safe: however often and from however many threads it is disposed, it counts
/// once. A lease that is never disposed counts for ever.</remarks>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
public sealed class NodeLease<TNode> : IDisposable
    where TNode : notnull
{
    private readonly NodeCounter _counter;
    private BoundedLoadRouter<TNode>? _router;

    internal NodeLease(BoundedLoadRouter<TNode> router, NodeCounter counter, TNode node)
    {
        _router = router;
        _counter = counter;
        Node = node;
    }

    /// <summary>Gets the node to send the work to.</summary>
    public TNode Node { get; }

    /// <summary>Ends the lease.</summary>
    public void Dispose() => Interlocked.Exchange(ref _router, null)?.Release(_counter); // one caller gets the router
}
