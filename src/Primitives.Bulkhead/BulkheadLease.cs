using System.Diagnostics;

namespace Primitives;

/// <summary>A place in a <see cref="Bulkhead"/>, to be disposed once the call is over; or a refusal. <c>default</c> is a
/// refusal without a reason.</summary>
/// <remarks>A mutable value for one thread at a time: disposing it gives the place back, and disposing it again does nothing.
/// Do not copy it: a copy's disposal would give back a place that is another's.</remarks>
[DebuggerDisplay("IsAcquired = {IsAcquired}, {Reason}")]
public struct BulkheadLease : IDisposable
{
    private Bulkhead? _bulkhead;

    internal BulkheadLease(Bulkhead bulkhead) => _bulkhead = bulkhead;

    internal BulkheadLease(BulkheadRejection reason) => Reason = reason;

    /// <summary>Gets whether there is a place to give back: acquired, and not disposed yet.</summary>
    public readonly bool IsAcquired => _bulkhead is not null;

    /// <summary>Gets why there is none.</summary>
    public BulkheadRejection Reason { get; }

    /// <summary>Gives the place back, to whoever waits.</summary>
    public void Dispose()
    {
        Bulkhead? bulkhead = _bulkhead;
        _bulkhead = null;
        bulkhead?.Release();
    }
}
