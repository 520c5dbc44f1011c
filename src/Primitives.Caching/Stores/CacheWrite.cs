namespace Primitives;

/// <summary>One change for a store: a value to put, or a key to delete.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>An immutable value.</remarks>
public readonly record struct CacheWrite<TKey, TValue>
    where TKey : notnull
{
    private CacheWrite(TKey key, TValue? value, bool isDelete)
    {
        Key = key;
        Value = value;
        IsDelete = isDelete;
    }

    /// <summary>Gets the key.</summary>
    public TKey Key { get; }

    /// <summary>Gets the value to put; the default of its type for a delete.</summary>
    public TValue? Value { get; }

    /// <summary>Gets whether the key is to be deleted.</summary>
    public bool IsDelete { get; }

    /// <summary>Makes the change that gives a key a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>The change.</returns>
    public static CacheWrite<TKey, TValue> Put(TKey key, TValue value) => new(key, value, isDelete: false);

    /// <summary>Makes the change that deletes a key, whether it is there or not.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The change.</returns>
    public static CacheWrite<TKey, TValue> Delete(TKey key) => new(key, default, isDelete: true);
}
