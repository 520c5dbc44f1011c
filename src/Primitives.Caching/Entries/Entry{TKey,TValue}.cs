namespace Primitives;

/// <summary>One key with one value, for as long as both are in the cache: setting the key again makes another entry. So
/// whoever holds an entry can tell by its identity whether it still is the one in the table.</summary>
internal class Entry<TKey, TValue>
    where TKey : notnull
{
    public readonly TKey Key;
    public readonly TValue Value;
    public readonly uint Hash;
    public Entry<TKey, TValue>? NextInBucket; // written under the lock, read without

    private const int SlotBits = 30;

    // Two facts to a word: there are as many entries as the cache holds, so each byte of theirs counts.
    private readonly int _weight; // negative if rich
    private uint _place;          // of its order: the region, and the slot below it; guarded by the lock

    public Entry(TKey key, uint hash, TValue value, int weight)
        : this(key, hash, value, weight, isRich: false)
    {
    }

    protected Entry(TKey key, uint hash, TValue value, int weight, bool isRich)
    {
        Key = key;
        Hash = hash;
        Value = value;
        _weight = isRich ? -weight : weight;
    }

    /// <summary>Gets the weight, at least 1.</summary>
    public int Weight => _weight < 0 ? -_weight : _weight;

    /// <summary>Gets whether this is a <see cref="RichEntry{TKey, TValue}"/>. Read on every hit, where a type check would cost
    /// more.</summary>
    public bool IsRich => _weight < 0;

    /// <summary>Gets the list of its order that it is in; <see cref="Region.None"/> once it is out of the cache.</summary>
    public Region Region => (Region)(_place >> SlotBits);

    public int Slot => (int)(_place & ((1u << SlotBits) - 1));

    public void SetPlace(Region region, int slot) => _place = ((uint)region << SlotBits) | (uint)slot;
}
