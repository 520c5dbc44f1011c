namespace Primitives;

/// <summary>An entry that left the cache, to be told of when the lock is released.</summary>
internal readonly record struct Removal<TKey, TValue>(Entry<TKey, TValue> Entry, CacheRemovalReason Reason)
    where TKey : notnull;
