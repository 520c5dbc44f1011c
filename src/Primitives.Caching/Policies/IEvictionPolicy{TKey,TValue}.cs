namespace Primitives;

/// <summary>Decides who goes when the cache is full. Implemented by structs, so that a hit is no virtual call.</summary>
internal interface IEvictionPolicy<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Gets the hits noted so far.</summary>
    long Hits { get; }

    int CountLocked { get; }

    /// <summary>Notes a use of an entry. Called without the lock.</summary>
    void Hit(Entry<TKey, TValue> entry);

    void SetCapacityLocked(long capacity);

    /// <summary>Notes that a key is about to be added, before <see cref="OverflowLocked"/> is asked.</summary>
    void PrepareLocked(uint hash);

    /// <summary>Says who must go before <paramref name="incoming"/> more weight fits.</summary>
    /// <returns>An entry to remove before asking again; <see langword="null"/> if none has to go.</returns>
    Entry<TKey, TValue>? OverflowLocked(long incoming, bool mustEvict);

    void AddLocked(Entry<TKey, TValue> entry);

    /// <summary>Puts an entry in the place of another of the same key and weight; counts as a use.</summary>
    void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh);

    void RemoveLocked(Entry<TKey, TValue> entry);

    void ClearLocked();
}
