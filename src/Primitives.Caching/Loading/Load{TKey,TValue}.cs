namespace Primitives;

/// <summary>The loading of one key, and those who wait for it. Its task never fails: a failure is an outcome, so none goes
/// unobserved when nobody waits.</summary>
internal sealed class Load<TKey, TValue>(TKey key, uint hash, LoadRun run, long startedAt, bool isRefresh)
    : TaskCompletionSource<LoadOutcome<TValue>>(TaskCreationOptions.RunContinuationsAsynchronously)
    where TKey : notnull
{
    public TKey Key { get; } = key;

    public uint Hash { get; } = hash;

    public LoadRun Run { get; } = run;

    public long StartedAt { get; } = startedAt;

    public bool IsRefresh { get; } = isRefresh;

    // Guarded by the cache's lock.
    public int Waiters { get; set; }

    public int LeaseWaiters { get; set; }

    public bool IsCompleted { get; set; }

    /// <summary>Gets or sets what counts the users of the value, once completed; every waiter for a lease owns one use.</summary>
    public SharedValue<TValue>? OwnerOfOutcome { get; set; }
}
