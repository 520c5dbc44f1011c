using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>
/// A table of fixed size in which a key has eight places in each of two sets. A place holds the key's hash and, for every
/// quota, the instant from which it owes nothing; a key whose instants have passed is the same as an absent one, so its
/// place is free for another, and nothing ever needs to be cleaned up.
/// </summary>
/// <remarks>Both sets of a key are in one stripe, whose lock guards them.</remarks>
internal sealed class KeyTable
{
    // A set is 8 hashes, then 8 instants for each quota. 0 is no hash.
    private const int Ways = 8;
    private const int Roomy = 4;
    private const int IndexBits = 26;
    private const int LineBytes = 128; // processors fetch lines in pairs

    private readonly long[] _words;
    private readonly int _origin;        // of the first set
    private readonly int _end;           // of the last
    private readonly int _instants;      // per key
    private readonly int _wordsPerSet;
    private readonly int _setsPerStripe;

    public KeyTable(int capacity, int instants, int stripes)
    {
        long sets = (((long)capacity * 2) + Ways - 1) / Ways;
        _setsPerStripe = (int)((sets + stripes - 1) / stripes);
        _instants = instants;
        _wordsPerSet = Ways * (1 + instants);
        long words = (long)_setsPerStripe * stripes * _wordsPerSet;
        if (words > Array.MaxLength - (LineBytes / sizeof(long)))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"A table for so many keys with {instants} quotas each is too large for an array.");
        }

        // Pinned, so that sets can begin where cache lines do.
        _words = GC.AllocateArray<long>((int)words + (LineBytes / sizeof(long)), pinned: true);
        long address = Marshal.UnsafeAddrOfPinnedArrayElement(_words, 0);
        _origin = (int)((LineBytes - (address % LineBytes)) % LineBytes / sizeof(long));
        _end = _origin + (int)words;
        StripeCount = stripes;
    }

    public int StripeCount { get; }

    /// <summary>Gets the size of the table.</summary>
    public long Bytes => (long)(_end - _origin) * sizeof(long);

    public int StripeOf(ulong hash) => (int)(hash >> 58) & (StripeCount - 1);

    /// <summary>Finds a key's place.</summary>
    /// <returns>The place, or -1.</returns>
    public int Find(ulong hash)
    {
        // The instants are on the next cache line: asked for now, they come while the hashes do.
        int first = FirstSet(hash);
        Volatile.Read(ref _words[first + Ways]);
        int way = _words.AsSpan(first, Ways).IndexOf((long)hash);
        if (way >= 0)
        {
            return first + way;
        }

        int second = SecondSet(hash);
        way = _words.AsSpan(second, Ways).IndexOf((long)hash);
        return way >= 0 ? second + way : -1;
    }

    /// <summary>Finds a free place for a key that has none: the one that has been free longest, in the first set, where it
    /// is found at once, or, when that is getting full, in the one of the two with more of them. With this choice, hardly a
    /// set is ever full before the table is.</summary>
    /// <returns>The place, or -1.</returns>
    public int FindFree(ulong hash, long now)
    {
        FreePlaces first = FreeIn(FirstSet(hash), now);
        if (first.Count >= Roomy)
        {
            return first.Place;
        }

        FreePlaces second = FreeIn(SecondSet(hash), now);
        return second.Count > first.Count ? second.Place : first.Place;
    }

    /// <summary>Finds, of the places a key could have, the one that is free first.</summary>
    public (int Place, long FreeAt) FindLeastDebt(ulong hash)
    {
        (int Place, long FreeAt) first = LeastDebtIn(FirstSet(hash));
        (int Place, long FreeAt) second = LeastDebtIn(SecondSet(hash));
        return second.FreeAt < first.FreeAt ? second : first;
    }

    /// <summary>Gets the instant from which the key at a place owes nothing of a quota.</summary>
    public ref long Instant(int place, int quota) => ref _words[place + ((quota + 1) * Ways)];

    public void SetHash(int place, ulong hash) => _words[place] = (long)hash;

    /// <summary>Counts the places of a stripe whose key owes something.</summary>
    public int CountIndebted(int stripe, long now)
    {
        int count = 0;
        int end = _origin + ((stripe + 1) * _setsPerStripe * _wordsPerSet);
        for (int set = _origin + (stripe * _setsPerStripe * _wordsPerSet); set < end; set += _wordsPerSet)
        {
            count += Ways - FreeIn(set, now).Count;
        }

        return count;
    }

    /// <summary>Moves all instants, under all locks.</summary>
    public void Shift(long by)
    {
        for (int set = _origin; set < _end; set += _wordsPerSet)
        {
            foreach (ref long instant in _words.AsSpan(set + Ways, _wordsPerSet - Ways))
            {
                instant = Math.Max(0, instant - by);
            }
        }
    }

    private FreePlaces FreeIn(int set, long now)
    {
        var free = new FreePlaces(-1, long.MaxValue, 0);
        for (int place = set; place < set + Ways; place++)
        {
            long freeAt = FreeAt(place);
            if (freeAt <= now)
            {
                free = freeAt < free.Since ? new FreePlaces(place, freeAt, free.Count + 1) : free with { Count = free.Count + 1 };
            }
        }

        return free;
    }

    private (int Place, long FreeAt) LeastDebtIn(int set)
    {
        (int Place, long FreeAt) least = (set, FreeAt(set));
        for (int place = set + 1; place < set + Ways; place++)
        {
            long freeAt = FreeAt(place);
            least = freeAt < least.FreeAt ? (place, freeAt) : least;
        }

        return least;
    }

    private long FreeAt(int place)
    {
        long latest = Instant(place, 0);
        for (int quota = 1; quota < _instants; quota++)
        {
            latest = Math.Max(latest, Instant(place, quota));
        }

        return latest;
    }

    // Disjoint bits of the hash: 6 for the stripe, 26 for each set; multiplying maps them onto any number of sets.
    private int FirstSet(ulong hash) => SetAt(hash, IndexIn(hash, _setsPerStripe));

    // Never the first again, if there is another: a key with one set instead of two finds it full far too often.
    private int SecondSet(ulong hash)
    {
        int set = IndexIn(hash, _setsPerStripe) + 1 + IndexIn(hash >> IndexBits, _setsPerStripe - 1);
        return SetAt(hash, set < _setsPerStripe ? set : set - _setsPerStripe);
    }

    private static int IndexIn(ulong bits, int sets) => (int)(((bits & ((1UL << IndexBits) - 1)) * (ulong)sets) >> IndexBits);

    private int SetAt(ulong hash, int index)
    {
        int set = (StripeOf(hash) * _setsPerStripe) + index;
        Debug.Assert(_origin + (set * _wordsPerSet) < _end, "The set is outside the table.");
        return _origin + (set * _wordsPerSet);
    }

    /// <summary>The free places of a set.</summary>
    /// <param name="Place">The one that has been free longest; -1 if there is none.</param>
    /// <param name="Since">Since when it has.</param>
    /// <param name="Count">How many there are.</param>
    private readonly record struct FreePlaces(int Place, long Since, int Count);
}
