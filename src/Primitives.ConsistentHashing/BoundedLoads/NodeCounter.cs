namespace Primitives;

/// <summary>The leases in flight on the node of one name. Guarded by the lock of its router.</summary>
internal sealed class NodeCounter(string name)
{
    public string Name { get; } = name;

    public int InFlight { get; set; }

    /// <summary>Gets or sets whether the node is on the ring that the router works with.</summary>
    public bool IsOnRing { get; set; }
}
