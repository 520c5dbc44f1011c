namespace Primitives;

/// <summary>One key with one value, for as long as both are in the cache: setting the key again makes another entry. So
/// whoever holds an entry can tell by its identity whether it still is the one in the table.</summary>
internal class Entry<TKey, TValue>
    where TKey : notnull
{
    public readonly TKey Key;
    public readonly uint Hash;
    public readonly int Weight;
    public readonly TValue Value;
    public readonly bool IsRich; // read on every hit, where a type check would cost more

    public Region Region;                     // guarded by the cache's lock; None once out of the cache
    public Entry<TKey, TValue>? NextInBucket; // written under the lock, read without
    public Entry<TKey, TValue>? Newer;        // links of the list of its region, guarded by the lock
    public Entry<TKey, TValue>? Older;

    public Entry(TKey key, uint hash, TValue value, int weight)
        : this(key, hash, value, weight, isRich: false)
    {
    }

    protected Entry(TKey key, uint hash, TValue value, int weight, bool isRich)
    {
        Key = key;
        Hash = hash;
        Value = value;
        Weight = weight;
        IsRich = isRich;
    }
}
