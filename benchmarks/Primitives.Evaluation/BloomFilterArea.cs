using System.Collections;

namespace Primitives.Evaluation;

/// <summary>Bloom filters: rates against the exact formula and the promise, and speed against the textbook's filter
/// over a <see cref="BitArray"/>, which takes the same hash of a key.</summary>
internal static class BloomFilterArea
{
    public static readonly Area Area = new("bloom-filter", Accuracy, Speed);

    // 1 % of so many keys takes 260 KB, which a second-level cache holds beside what else there is.
    private const int CachedKeys = 200_000;

    // 1 % of so many is 130 MB, several times what a processor caches.
    private const int DistantKeys = 100_000_000;

    // So many of them are asked for: enough that what was read for one round is no longer cached in the next.
    private const int AskedKeys = 4_000_000;

    private const int Piece = 1_000;

    private const string Text = "user:0000042:profile1"; // 21 characters

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
        InCache(card);
        OutOfCache(card);
    }

    private static void InCache(Scorecard card)
    {
        BloomFilter filter = BloomFilter.Create(CachedKeys);
        BloomFilter single = BloomFilter.Create(CachedKeys, singleWriter: true);
        var textbook = new TextbookFilter(CachedKeys, 0.01);
        Pieces(CachedKeys, 0, CachedKeys, (first, count) => Add(filter, first, count));
        Pieces(CachedKeys, 0, CachedKeys, (first, count) => Add(textbook, first, count));

        Report("Add of a present key, in L2", Ratio.Of(
            n => Pieces(n, 0, CachedKeys, (first, count) => Add(filter, first, count)),
            n => Pieces(n, 0, CachedKeys, (first, count) => Add(textbook, first, count))), 5);
        Report("Contains(long), miss, in L2", Ratio.Of(
            n => Pieces(n, CachedKeys, CachedKeys, (first, count) => Contains(filter, first, count)),
            n => Pieces(n, CachedKeys, CachedKeys, (first, count) => Contains(textbook, first, count))), 6);
        Report("Contains(long), hit, in L2", Ratio.Of(
            n => Pieces(n, 0, CachedKeys, (first, count) => Contains(filter, first, count)),
            n => Pieces(n, 0, CachedKeys, (first, count) => Contains(textbook, first, count))), 6);

        // Cleared whenever they are full: every key is new, and the load that of a filter being filled.
        BloomFilter shared = BloomFilter.Create(CachedKeys);
        long AddToTextbook(int n) => Pieces(n, 0, CachedKeys, (first, count) => Add(textbook, first, count), textbook.Clear);
        RatioResult fresh = Ratio.Of(
            n => Pieces(n, 0, CachedKeys, (first, count) => Add(shared, first, count), shared.Clear), AddToTextbook);
        card.AtMost("thread-safe Add of a new key, in L2, against the textbook's unsynchronised", fresh.Value, 1.3, "x", fresh.Note);
        Report("single-writer Add of a new key, in L2", Ratio.Of(
            n => Pieces(n, 0, CachedKeys, (first, count) => Add(single, first, count), single.Clear), AddToTextbook), 4);

        RatioResult text = Ratio.Of(n => Pieces(n, 0, n, (_, count) => ContainsText(filter, count)), n => Pieces(n, 0, n, (_, count) => HashText(count)));
        card.AtMost("Contains(text of 21 characters), against hashing it", text.Value, 1.5, "x", text.Note);

        void Report(string name, RatioResult result, double target) =>
            card.AtLeast($"{name}, over the textbook", result.Speedup, target, "x", result.Note);
    }

    private static void OutOfCache(Scorecard card)
    {
        BloomFilter filter = BloomFilter.Create(DistantKeys);
        FillDistant(filter);
        TextbookFilter textbook = TextbookFilter.Filled(DistantKeys, 0.01);
        Pieces(AskedKeys, 0, AskedKeys, (first, count) => Add(textbook, first, count));

        foreach ((string name, long from) in (ReadOnlySpan<(string, long)>)[("hit", 0), ("miss", DistantKeys)])
        {
            RatioResult result = Ratio.Of(
                n => Pieces(n, from, AskedKeys, (first, count) => Contains(filter, first, count)),
                n => Pieces(n, from, AskedKeys, (first, count) => Contains(textbook, first, count)));
            card.AtLeast($"Contains(long), {name}, out of cache, over the textbook", result.Speedup, 2.5, "x", result.Note);
        }

        // Half of them are present.
        ulong[] hashes = [.. Enumerable.Range(DistantKeys - (AskedKeys / 2), AskedKeys).Select(key => StableHash.Compute(key))];
        bool[] results = new bool[Piece];
        RatioResult many = Ratio.Of(
            n => Pieces(n, 0, AskedKeys, (first, count) => filter.ContainsMany(hashes.AsSpan((int)first, count), results)),
            n => Pieces(n, 0, AskedKeys, (first, count) => ContainsEach(filter, hashes.AsSpan((int)first, count), results)));
        card.AtLeast("ContainsMany, out of cache, over a loop of ContainsHash", many.Speedup, 1.8, "x", many.Note);
    }

    private static void FillDistant(BloomFilter filter) =>
        Parallel.For(0, DistantKeys / Piece, piece =>
        {
            Span<ulong> hashes = stackalloc ulong[Piece];
            for (int i = 0; i < hashes.Length; i++)
            {
                hashes[i] = StableHash.Compute(((long)piece * Piece) + i);
            }

            filter.AddMany(hashes);
        });

    // Runs n operations, so many at a time: over and over through a range of keys. The loops proper are methods that
    // are called often, because one that is optimised while it runs has worse code than it would have in a program.
    private static long Pieces(int n, long from, long keys, Func<long, int, long> piece, Action? restart = null)
    {
        long sum = 0;
        long at = keys;
        for (int left = n; left > 0; left -= Piece)
        {
            if (at + Piece > keys)
            {
                at = 0;
                restart?.Invoke();
            }

            sum += piece(from + at, Math.Min(left, Piece));
            at += Piece;
        }

        return sum;
    }

    private static long Contains(BloomFilter filter, long first, int count)
    {
        long present = 0;
        for (long key = first, end = first + count; key < end; key++)
        {
            if (filter.Contains(key))
            {
                present++;
            }
        }

        return present;
    }

    private static long Contains(TextbookFilter filter, long first, int count)
    {
        long present = 0;
        for (long key = first, end = first + count; key < end; key++)
        {
            if (filter.Contains(key))
            {
                present++;
            }
        }

        return present;
    }

    private static long ContainsEach(BloomFilter filter, ReadOnlySpan<ulong> hashes, bool[] results)
    {
        long present = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            bool contains = filter.ContainsHash(hashes[i]);
            results[i] = contains;
            present += contains ? 1 : 0;
        }

        return present;
    }

    private static long Add(BloomFilter filter, long first, int count)
    {
        long added = 0;
        for (long key = first, end = first + count; key < end; key++)
        {
            if (filter.Add(key))
            {
                added++;
            }
        }

        return added;
    }

    private static long Add(TextbookFilter filter, long first, int count)
    {
        for (long key = first, end = first + count; key < end; key++)
        {
            filter.Add(key);
        }

        return filter.BitCount;
    }

    private static long ContainsText(BloomFilter filter, int count)
    {
        long present = 0;
        for (int i = 0; i < count; i++)
        {
            if (filter.Contains(Text))
            {
                present++;
            }
        }

        return present;
    }

    private static long HashText(int count)
    {
        ulong sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += StableHash.Compute(Text);
        }

        return (long)sum;
    }

    /// <summary>The filter of the textbooks: k bits anywhere, double hashing, a remainder for each.</summary>
    private sealed class TextbookFilter
    {
        private readonly BitArray _bits;
        private readonly int _hashCount;

        public TextbookFilter(int capacity, double rate)
            : this(new BitArray(Size(capacity, rate)), capacity)
        {
        }

        private TextbookFilter(BitArray bits, int capacity)
        {
            _bits = bits;
            _hashCount = (int)Math.Round(Math.Log(2) * bits.Length / capacity);
        }

        public int BitCount => _bits.Length;

        /// <summary>A filter that looks full, without the minute that it would take to fill it.</summary>
        public static TextbookFilter Filled(int capacity, double rate)
        {
            int[] words = new int[Size(capacity, rate) / 32];
            new Random(1).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()));
            return new TextbookFilter(new BitArray(words), capacity);
        }

        public void Add(long key)
        {
            ulong hash = StableHash.Compute(key);
            ulong first = (uint)hash;
            ulong second = hash >> 32;
            for (int i = 0; i < _hashCount; i++)
            {
                _bits[(int)((first + ((ulong)i * second)) % (ulong)_bits.Length)] = true;
            }
        }

        public bool Contains(long key)
        {
            ulong hash = StableHash.Compute(key);
            ulong first = (uint)hash;
            ulong second = hash >> 32;
            for (int i = 0; i < _hashCount; i++)
            {
                if (!_bits[(int)((first + ((ulong)i * second)) % (ulong)_bits.Length)])
                {
                    return false;
                }
            }

            return true;
        }

        public void Clear() => _bits.SetAll(false);

        private static int Size(int capacity, double rate) =>
            (int)Math.Ceiling(-capacity * Math.Log(rate) / (Math.Log(2) * Math.Log(2)));
    }
}
