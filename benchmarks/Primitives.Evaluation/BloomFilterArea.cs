using System.Collections;
using System.Diagnostics;

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

    private static readonly double[] Rates = [0.1, 0.03, 0.01, 0.001, 0.0001];

    private static readonly int[] Capacities = [100, 1_000, 100_000, 1_000_000, 10_000_000];

    private static void Accuracy(Scorecard card)
    {
        Allocations(card);
        MeasuredRates(card);
        Huge(card);
        OtherFilters(card);
    }

    private static void Allocations(Scorecard card)
    {
        BloomFilter filter = BloomFilter.Create(CachedKeys);
        BloomFilter classic = BloomFilter.Create(CachedKeys, 0.0001);
        ulong[] hashes = [.. Enumerable.Range(0, Piece).Select(key => StableHash.Compute(key))];
        bool[] results = new bool[Piece];
        card.AtMost("bytes allocated by Add and Contains, every key form, both layouts", Allocated.BytesPerOperation(AllForms), 0, "B");
        card.AtMost("bytes allocated by AddMany and ContainsMany of 1,000", Allocated.BytesPerOperation(Many, operations: 100), 0, "B");

        long AllForms(int n)
        {
            long present = 0;
            Span<byte> bytes = [1, 2, 3];
            for (int i = 0; i < n; i++)
            {
                foreach (BloomFilter each in (ReadOnlySpan<BloomFilter>)[filter, classic])
                {
                    bool added = each.Add((long)i) | each.Add((ulong)i) | each.Add(Text) | each.Add(bytes) | each.Add(Guid.Empty);
                    bool contained = each.Contains((long)i) & each.Contains((ulong)i) & each.Contains(Text) & each.Contains(bytes) & each.Contains(Guid.Empty);
                    present += added | contained ? 1 : 0;
                }
            }

            return present;
        }

        long Many(int n)
        {
            long present = 0;
            for (int i = 0; i < n; i++)
            {
                present += filter.AddMany(hashes) + classic.AddMany(hashes) + filter.ContainsMany(hashes, results) + classic.ContainsMany(hashes, results);
            }

            return present;
        }
    }

    private static void MeasuredRates(Scorecard card)
    {
        double worst = 0;
        foreach (double rate in Rates)
        {
            for (int capacity = 1; capacity <= 2_000; capacity++)
            {
                worst = Math.Max(worst, BloomFilter.Create(capacity, rate).ExpectedFalsePositiveRateAt(capacity) / rate);
            }
        }

        card.AtMost("exact rate at capacity over the promise, worst of 1 to 2,000 keys", worst, 1, "x", "10, 3, 1, 0.1 and 0.01 %");

        (double Rate, int Capacity)[] cells = [.. Rates.Reverse().SelectMany(rate => Capacities.Reverse(), (rate, capacity) => (rate, capacity))];
        MeasuredRate[] measured = new MeasuredRate[cells.Length];
        Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => measured[i] = Measure(cells[i].Capacity, cells[i].Rate));
        MeasuredRate off = measured.MaxBy(cell => Math.Abs(cell.OverExact - 1))!;
        const string Grid = "10, 3, 1, 0.1, 0.01 %; 100 to 10 million keys";
        card.AtMost("measured rate at capacity, off the exact, worst of 25", Math.Abs(off.OverExact - 1) * 100, 3, "%", $"{off.Rate:0.##%} of {off.Capacity:#,0} keys; {Grid}");
        card.AtMost("measured rate above the promise, in standard errors, worst of 25", Math.Max(0, measured.Max(cell => cell.AbovePromise)), 3, "sd", Grid);
        card.AtMost("keys that were added and are missed", measured.Sum(cell => cell.Missed), 0, "", $"of {measured.Sum(cell => cell.Keys):#,0}");
    }

    // A small filter is as lucky as its keys: many of them, each with keys of its own, are measured together.
    private static MeasuredRate Measure(int capacity, double rate)
    {
        const long KeysOfAll = 2_000_000;
        double hitsWanted = rate < 0.001 ? 10_000 : 20_000;
        long probesWanted = (long)(hitsWanted / rate);
        long filters = Math.Clamp(KeysOfAll / capacity, 1, 20_000);
        long probesEach = (probesWanted / filters / Piece * Piece) + Piece;
        BloomFilter filter = BloomFilter.Create(capacity, rate, singleWriter: true);
        ulong[] hashes = new ulong[Piece];
        bool[] results = new bool[Piece];
        long key = 0;
        long missed = 0;
        long hits = 0;
        for (long i = 0; i < filters; i++)
        {
            filter.Clear();
            long first = key;
            for (long left = capacity; left > 0; left -= Piece)
            {
                filter.AddMany(Hashes((int)Math.Min(left, Piece)));
            }

            for (key = first; key < first + capacity;)
            {
                ReadOnlySpan<ulong> piece = Hashes((int)Math.Min(first + capacity - key, Piece));
                missed += piece.Length - filter.ContainsMany(piece, results);
            }

            for (long left = probesEach; left > 0; left -= Piece)
            {
                hits += filter.ContainsMany(Hashes(Piece), results);
            }
        }

        double probes = (double)probesEach * filters;
        double found = hits / probes;
        double error = Math.Sqrt(rate / probes);
        return new MeasuredRate(
            capacity, rate, found / filter.ExpectedFalsePositiveRateAt(capacity), (found - rate) / error, missed, filters * capacity);

        ReadOnlySpan<ulong> Hashes(int count)
        {
            for (int i = 0; i < count; i++)
            {
                hashes[i] = StableHash.Compute(key++);
            }

            return hashes.AsSpan(0, count);
        }
    }

    private static void Huge(Scorecard card)
    {
        const int Capacity = 256_000_000;
        const double Rate = 0.001;
        BloomFilter filter = BloomFilter.Create(Capacity, Rate);
        Fill(filter, Capacity);
        long hits = 0;
        Parallel.For(0, 2, half =>
        {
            ulong[] hashes = new ulong[Piece];
            bool[] results = new bool[Piece];
            for (long piece = half * 10_000; piece < (half + 1) * 10_000; piece++)
            {
                for (int i = 0; i < Piece; i++)
                {
                    hashes[i] = StableHash.Compute(Capacity + (piece * Piece) + i);
                }

                Interlocked.Add(ref hits, filter.ContainsMany(hashes, results));
            }
        });
        double measured = hits / (20_000.0 * Piece);
        string note = $"{filter.BitCount:#,0} bits, {Capacity:#,0} keys";
        card.AtLeast("bits of the largest filter measured, over 2^32", filter.BitCount / (double)(1L << 32), 1, "x", note);
        card.AtMost("its measured rate, off the exact", Math.Abs((measured / filter.ExpectedFalsePositiveRateAt(Capacity)) - 1) * 100, 3, "%", $"{measured:0.0000%} of a promised {Rate:0.0%}");
        card.AtMost("its estimated count, off the true", Math.Abs((filter.EstimateCount() / Capacity) - 1) * 100, 0.1, "%");
    }

    private static void OtherFilters(Scorecard card)
    {
        const int Keys = 1_000_000;
        const int Probes = 10_000_000;
        foreach ((int bits, double most) in (ReadOnlySpan<(int, double)>)[(8, 9.5), (16, 19)])
        {
            BinaryFuseFilter fuse = BinaryFuseFilter.Create(Enumerable.Range(0, Keys).Select(key => (long)key), bits);
            card.AtMost($"binary fuse, {bits} bits: bits a key, 1,000,000 keys", fuse.ByteCount * 8.0 / Keys, most);
            int hits = 0;
            int missed = 0;
            for (long key = 0; key < Keys + Probes; key++)
            {
                bool contains = fuse.Contains(key);
                hits += contains && key >= Keys ? 1 : 0;
                missed += !contains && key < Keys ? 1 : 0;
            }

            double expected = Probes * fuse.FalsePositiveRate;
            card.AtMost($"binary fuse, {bits} bits: measured rate off 2^-{bits}, in standard errors", Math.Abs(hits - expected) / Math.Sqrt(expected), 4, "sd", $"{(double)hits / Probes:0.0000%}");
            card.AtMost($"binary fuse, {bits} bits: keys missed", missed, 0);
        }

        ScalableBloomFilter scalable = ScalableBloomFilter.Create(1_000);
        for (long key = 0; scalable.Count < 1_000 * 1_023; key++)
        {
            scalable.Add(key);
        }

        int present = 0;
        for (long key = 1L << 40; key < (1L << 40) + 2_000_000; key++)
        {
            present += scalable.Contains(key) ? 1 : 0;
        }

        card.AtMost("scalable, 1,023 times its first capacity: measured rate over the promise", present / 2e6 / 0.01, 1, "x", $"{scalable.LayerCount} layers");
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

        // The compiler lays code out for the answers it has seen: both filters have given both by the time they are compiled.
        for (long begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(500);)
        {
            foreach (long from in (ReadOnlySpan<long>)[0, CachedKeys])
            {
                Pieces(2 * Piece, from, CachedKeys, (first, count) => Contains(filter, first, count));
                Pieces(2 * Piece, from, CachedKeys, (first, count) => Contains(textbook, first, count));
            }
        }

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
        Fill(filter, DistantKeys);
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

    // The keys from 0, on all processors.
    private static void Fill(BloomFilter filter, int keys) =>
        Parallel.For(0, keys / Piece, piece =>
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

    /// <summary>What many filters of one shape gave, together.</summary>
    private sealed record MeasuredRate(int Capacity, double Rate, double OverExact, double AbovePromise, long Missed, long Keys);
}
