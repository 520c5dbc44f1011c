namespace Primitives;

/// <summary>An entry with a lifetime, an owned value, or no value at all. Plain entries save its hundred bytes.</summary>
/// <remarks>All times are timestamps of the cache's clock; <see cref="long.MaxValue"/> means never.</remarks>
internal sealed class RichEntry<TKey, TValue>(TKey key, uint hash, TValue value, int weight, bool isMissing)
    : Entry<TKey, TValue>(key, hash, value, weight, isRich: true)
    where TKey : notnull
{
    public readonly bool IsMissing = isMissing;

    /// <summary>Counts who uses the value; <see langword="null"/> if the cache does not own it.</summary>
    public SharedValue<TValue>? Owner { get; set; }

    /// <summary>When it expires after write.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    /// <summary>How long it lives after an access, in ticks of the clock.</summary>
    public long IdleTicks { get; init; } = long.MaxValue;

    /// <summary>How long it is kept after expiry, for stale-on-error.</summary>
    public long StaleTicks { get; init; }

    /// <summary>How long it took to load, for early refresh; 0 if it was not loaded.</summary>
    public long LoadTicks { get; init; }

    /// <summary>From when on it is loaded anew.</summary>
    public long RefreshAt { get; init; } = long.MaxValue;

    /// <summary>The age from which it is loaded anew; also how long a refresh may take before it counts as stuck.</summary>
    public long RefreshTicks { get; init; } = long.MaxValue;

    // Written by readers without a lock. A lost update loses the earlier of two accesses that raced.
    public long LastAccess;

    // Written when a refresh fails, to put off the next one.
    public long NoRefreshBefore = long.MinValue;

    // Links of the expiry wheel, guarded by the cache's lock. The slot is -1 when it is in none.
    public RichEntry<TKey, TValue>? WheelNext;
    public RichEntry<TKey, TValue>? WheelPrevious;
    public int WheelSlot = -1;

    public bool HasLifetime => ExpiresAt != long.MaxValue || IdleTicks != long.MaxValue || RefreshAt != long.MaxValue;

    /// <summary>Gets the instant from which the value is no longer returned.</summary>
    public long Deadline =>
        IdleTicks == long.MaxValue ? ExpiresAt : Math.Min(ExpiresAt, Clock.Add(Volatile.Read(ref LastAccess), IdleTicks));

    /// <summary>Gets the instant from which it is of no use at all.</summary>
    public long KeptUntil => Clock.Add(Deadline, StaleTicks);

    public bool IsLive(long now) => now < Deadline;
}
