namespace Primitives;

/// <summary>An accepted write and its number, from 1. A class, so that a reference to it can be swapped atomically.</summary>
internal sealed class NumberedWrite<TKey, TValue>(CacheWrite<TKey, TValue> write, long number)
    where TKey : notnull
{
    public CacheWrite<TKey, TValue> Write { get; } = write;

    public long Number { get; } = number;
}
