using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

public static class BloomFilterSnippets
{
    public static void First()
    {
        #region first
        // 1.3 MB for a million keys of any length; at most one in a hundred absent ones is reported present.
        BloomFilter taken = BloomFilter.Create(capacity: 1_000_000, falsePositiveRate: 0.01);
        taken.Add("ada");                                  // or bytes, an integer, a Guid, a ready hash; from any thread

        if (!taken.Contains("grace"))
        {
            Console.WriteLine("certainly free");           // no need to ask the database
        }
        else
        {
            Console.WriteLine("probably taken");           // ask the database
        }
        #endregion

        Check.That(taken.Contains("ada") && !taken.Contains("grace") && taken.ByteCount is > 1_300_000 and < 1_350_000, "first");
    }

    public static void Watch()
    {
        #region watch
        BloomFilter filter = BloomFilter.Create(capacity: 1_000);
        for (int key = 0; key < 1_500; key++)
        {
            filter.Add(key);                               // half as many again as were planned for
        }

        double keys = filter.EstimateCount();              // about 1,500
        double now = filter.ExpectedFalsePositiveRate;     // about 5.5 % instead of 1 %
        bool rebuild = filter.IsSaturated;                 // true: make a larger one from the source of the keys
        double planned = filter.ExpectedFalsePositiveRateAt(1_000);
        #endregion

        Check.That(rebuild && Math.Abs(keys - 1_500) < 100 && now is > 0.04 and < 0.07 && planned <= 0.01, $"{keys} {now}");
    }

    public static void Many()
    {
        BloomFilter filter = BloomFilter.Create(1_000);
        string[] names = ["ada", "grace", "edsger"];
        filter.Add("grace");
        #region many
        // One by one, a filter larger than the processor's cache waits for memory at each key; together they overlap.
        ulong[] hashes = [.. names.Select(name => StableHash.Compute(name))];
        bool[] maybe = new bool[hashes.Length];
        int present = filter.ContainsMany(hashes, maybe);
        #endregion

        Check.That(present == 1 && maybe[1], "many");
    }

    public static void Union()
    {
        BloomFilter here = BloomFilter.Create(1_000);
        BloomFilter elsewhere = BloomFilter.Create(1_000);
        here.Add("ada");
        elsewhere.Add("grace");
        byte[] received = elsewhere.ToBytes();
        #region union
        // Another machine's filter of the same arguments, as bytes: afterwards this one has both machines' keys.
        here.UnionWith(BloomFilter.FromBytes(received));
        #endregion

        Check.That(here.Contains("ada") && here.Contains("grace"), "union");
    }

    public static void Scalable()
    {
        #region scalable
        ScalableBloomFilter seen = ScalableBloomFilter.Create(initialCapacity: 10_000, falsePositiveRate: 0.01);
        for (long key = 0; key < 100_000; key++)
        {
            seen.Add(key);                                 // grows by itself; the rate stays below 1 % in total
        }
        #endregion

        Check.That(seen.LayerCount == 4 && seen.ExpectedFalsePositiveRate <= 0.01, "scalable");
    }

    public static void Counting()
    {
        #region counting
        CountingBloomFilter online = CountingBloomFilter.Create(capacity: 100_000, falsePositiveRate: 0.01);
        online.Add("session:42");
        bool removed = online.Remove("session:42");        // only what was added, as often as it was
        bool refused = !online.Remove("session:42");       // certainly not there: nothing changes
        BloomFilter forOthers = online.ToBloomFilter();    // a quarter of the size, for those who only ask
        #endregion

        Check.That(removed && refused && forOthers.EstimateCount() == 0, "counting");
    }

    public static void Fuse()
    {
        string[] blocked = [.. Enumerable.Range(0, 1_000).Select(i => $"host-{i}.example")];
        #region fuse
        BinaryFuseFilter filter = BinaryFuseFilter.Create(blocked, fingerprintBits: 16);
        bool suspicious = filter.Contains("host-7.example");   // true for every one of them, 0.0015 % of others
        byte[] file = filter.ToBytes();
        #endregion

        Check.That(suspicious && BinaryFuseFilter.FromBytes(file).Contains("host-999.example"), "fuse");
    }

    public static void Parquet()
    {
        ParquetBloomFilter written = ParquetBloomFilter.Create(100);
        written.Add("2026-11-21");
        var file = new MemoryStream(written.ToBytes());
        #region parquet
        // A stream positioned at the column's bloom_filter_offset.
        ParquetBloomFilter days = ParquetBloomFilter.ReadFrom(file);
        bool readRowGroup = days.Contains("2026-11-21");
        #endregion

        Check.That(readRowGroup && !days.Contains("2026-11-22"), "parquet");
    }

    public static void Services()
    {
        var services = new ServiceCollection();
        #region services
        services.AddBloomFilter("codes", options => options.Capacity = 10_000_000);

        // Where it is needed: [FromKeyedServices("codes")] BloomFilter codes
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        Check.That(provider.GetRequiredKeyedService<BloomFilter>("codes").Capacity == 10_000_000, "options");
    }
}
