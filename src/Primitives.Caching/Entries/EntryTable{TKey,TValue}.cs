using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>A chained hash table of entries with lookups that take no lock; writers hold the cache's.</summary>
internal sealed class EntryTable<TKey, TValue>
    where TKey : notnull
{
    private const int LeastBuckets = 16;

    // A reader walks a chain while a writer changes it. Invariants that make this safe:
    //   I1  A new entry is linked before it is published, at the head of its chain.
    //   I2  Removing unlinks an entry and leaves its own link as it was, so a reader who stands on it walks on.
    //   I3  Growing relinks entries, which may lead a reader astray: it may miss, but never loops, as every list is
    //       acyclic at every moment and each entry is relinked once. Before the first link changes _isGrowing is set, and
    //       before it is reset _buckets is replaced; so a reader that found nothing, and then sees neither, was not led
    //       astray. Otherwise it must look again under the lock.
    private Bucket[] _buckets = new Bucket[LeastBuckets];
    public readonly KeyEquality<TKey> Keys; // a field: a property would copy it

    private bool _isGrowing;
    private int _count;

    public EntryTable(KeyEquality<TKey> keys) => Keys = keys;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Finds the entry of a key without a lock.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isCertain">Whether a <see langword="null"/> can be relied on; if not, look again under the lock.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Entry<TKey, TValue>? Find(TKey key, out bool isCertain)
    {
        if (!typeof(TKey).IsValueType && Keys.IsText)
        {
            return FindText(Unsafe.As<TKey, string>(ref key), out isCertain);
        }

        if (!typeof(TKey).IsValueType || Keys.Comparer is not null)
        {
            return FindByComparer(key, out isCertain);
        }

        // No call in this loop, so that everything stays in registers.
        uint hash = Keys.Scatter(key.GetHashCode());
        Bucket[] buckets = Volatile.Read(ref _buckets);
        Entry<TKey, TValue>? entry = Volatile.Read(ref buckets[Index(hash, buckets.Length)].Head);
        while (entry is not null)
        {
            if (entry.Hash == hash && EqualityComparer<TKey>.Default.Equals(entry.Key, key))
            {
                isCertain = true;
                return entry;
            }

            entry = Volatile.Read(ref entry.NextInBucket);
        }

        isCertain = !Volatile.Read(ref _isGrowing) && ReferenceEquals(Volatile.Read(ref _buckets), buckets);
        return null;
    }

    private Entry<TKey, TValue>? FindText(string key, out bool isCertain)
    {
        uint hash = TextHash.Compute(key, Keys.Seed);
        Bucket[] buckets = Volatile.Read(ref _buckets);
        Entry<TKey, TValue>? entry = Volatile.Read(ref buckets[Index(hash, buckets.Length)].Head);
        while (entry is not null)
        {
            if (entry.Hash == hash && string.Equals(Unsafe.As<string>(entry.Key), key))
            {
                isCertain = true;
                return entry;
            }

            entry = Volatile.Read(ref entry.NextInBucket);
        }

        isCertain = !Volatile.Read(ref _isGrowing) && ReferenceEquals(Volatile.Read(ref _buckets), buckets);
        return null;
    }

    private Entry<TKey, TValue>? FindByComparer(TKey key, out bool isCertain)
    {
        uint hash = Keys.Hash(key);
        Bucket[] buckets = Volatile.Read(ref _buckets);
        Entry<TKey, TValue>? entry = Volatile.Read(ref buckets[Index(hash, buckets.Length)].Head);
        while (entry is not null)
        {
            if (entry.Hash == hash && Keys.Equals(entry.Key, key))
            {
                isCertain = true;
                return entry;
            }

            entry = Volatile.Read(ref entry.NextInBucket);
        }

        isCertain = !Volatile.Read(ref _isGrowing) && ReferenceEquals(Volatile.Read(ref _buckets), buckets);
        return null;
    }

    /// <summary>Finds the entry of a key under the lock.</summary>
    public Entry<TKey, TValue>? FindLocked(TKey key, uint hash)
    {
        for (Entry<TKey, TValue>? entry = _buckets[Index(hash, _buckets.Length)].Head; entry is not null; entry = entry.NextInBucket)
        {
            if (entry.Hash == hash && Keys.Equals(entry.Key, key))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Finds an entry by its hash alone; of two that share all 32 bits, either.</summary>
    public Entry<TKey, TValue>? FindLocked(uint hash)
    {
        Entry<TKey, TValue>? entry = _buckets[Index(hash, _buckets.Length)].Head;
        while (entry is not null && entry.Hash != hash)
        {
            entry = entry.NextInBucket;
        }

        return entry;
    }

    /// <summary>Finds the entry of a key given as text, without a lock. Keys must be text, or the comparer able to tell a
    /// span from a key.</summary>
    public Entry<TKey, TValue>? Find(ReadOnlySpan<char> key, out bool isCertain)
    {
        var comparer = Keys.IsText ? null : Keys.Comparer as IAlternateEqualityComparer<ReadOnlySpan<char>, TKey>
            ?? throw new NotSupportedException($"The cache's comparer cannot compare a {typeof(TKey)} with a span.");
        uint hash = comparer is null ? TextHash.Compute(key, Keys.Seed) : Keys.Scatter(comparer.GetHashCode(key));
        Bucket[] buckets = Volatile.Read(ref _buckets);
        Entry<TKey, TValue>? entry = Volatile.Read(ref buckets[Index(hash, buckets.Length)].Head);
        while (entry is not null)
        {
            if (entry.Hash == hash
                && (comparer is null ? key.SequenceEqual((string)(object)entry.Key) : comparer.Equals(key, entry.Key)))
            {
                isCertain = true;
                return entry;
            }

            entry = Volatile.Read(ref entry.NextInBucket);
        }

        isCertain = !Volatile.Read(ref _isGrowing) && ReferenceEquals(Volatile.Read(ref _buckets), buckets);
        return null;
    }

    public void AddLocked(Entry<TKey, TValue> entry)
    {
        if (_count >= _buckets.Length / 2 && _buckets.Length < (1 << 30))
        {
            Grow();
        }

        ref Entry<TKey, TValue>? head = ref _buckets[Index(entry.Hash, _buckets.Length)].Head;
        entry.NextInBucket = head;
        Volatile.Write(ref head, entry); // publishes the entry, I1
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Puts one entry in the place of another of the same key; a reader finds the one or the other.</summary>
    public void ReplaceLocked(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh)
    {
        fresh.NextInBucket = old.NextInBucket;
        Volatile.Write(ref LinkTo(old), fresh);
    }

    public void RemoveLocked(Entry<TKey, TValue> entry)
    {
        Volatile.Write(ref LinkTo(entry), entry.NextInBucket); // I2
        Volatile.Write(ref _count, _count - 1);
    }

    public void ClearLocked()
    {
        Volatile.Write(ref _buckets, new Bucket[LeastBuckets]);
        Volatile.Write(ref _count, 0);
    }

    public IEnumerable<Entry<TKey, TValue>> EntriesLocked()
    {
        foreach (Bucket bucket in _buckets)
        {
            for (Entry<TKey, TValue>? entry = bucket.Head; entry is not null; entry = entry.NextInBucket)
            {
                yield return entry;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Index(uint hash, int length) => (int)(((ulong)hash * (uint)length) >> 32);

    private ref Entry<TKey, TValue>? LinkTo(Entry<TKey, TValue> entry)
    {
        ref Entry<TKey, TValue>? link = ref _buckets[Index(entry.Hash, _buckets.Length)].Head;
        while (!ReferenceEquals(link, entry))
        {
            Debug.Assert(link is not null, "The entry is not in the table.");
            link = ref link.NextInBucket;
        }

        return ref link;
    }

    private void Grow()
    {
        Bucket[] old = _buckets;
        var fresh = new Bucket[old.Length * 2];
        Volatile.Write(ref _isGrowing, true);
        Interlocked.MemoryBarrier(); // I3: seen before any link below changes
        foreach (Bucket bucket in old)
        {
            for (Entry<TKey, TValue>? entry = bucket.Head; entry is not null;)
            {
                Entry<TKey, TValue>? next = entry.NextInBucket;
                ref Entry<TKey, TValue>? target = ref fresh[Index(entry.Hash, fresh.Length)].Head;
                Volatile.Write(ref entry.NextInBucket, target);
                target = entry;
                entry = next;
            }
        }

        Volatile.Write(ref _buckets, fresh);
        Volatile.Write(ref _isGrowing, false);
    }

    /// <summary>A structure, because an array of references checks the type of whatever is stored in it.</summary>
    private struct Bucket
    {
        public Entry<TKey, TValue>? Head;
    }
}
