namespace Primitives;

/// <summary>The loading of one key, and those who wait for it. Its task never fails: a failure is an outcome, so none goes
/// unobserved when nobody waits.</summary>
internal sealed class Load<TKey, TValue>(TKey key, uint hash, LoadRun run, long startedAt, Entry<TKey, TValue>? refreshed = null)
    : TaskCompletionSource<LoadOutcome<TValue>>(TaskCreationOptions.RunContinuationsAsynchronously)
    where TKey : notnull
{
    public TKey Key { get; } = key;

    public uint Hash { get; } = hash;

    public LoadRun Run { get; } = run;

    public long StartedAt { get; } = startedAt;

    /// <summary>Gets the entry that is loaded anew in the background, for nobody who waits; <see langword="null"/> if it is
    /// no refresh.</summary>
    public Entry<TKey, TValue>? Refreshed { get; } = refreshed;

    public bool IsRefresh => Refreshed is not null;

    // Guarded by the cache's lock.
    public int Waiters { get; set; }

    public int LeaseWaiters { get; set; }

    public bool IsCompleted { get; set; }

    /// <summary>Gets or sets what counts the users of the value, once completed; every waiter for a lease owns one use.</summary>
    public SharedValue<TValue>? OwnerOfOutcome { get; set; }

    /// <summary>Gets or sets what counts the callers that may yet get a value which is not the cache's; it is disposed of if
    /// all leave without it.</summary>
    public SharedValue<TValue>? Unclaimed { get; set; }
}
