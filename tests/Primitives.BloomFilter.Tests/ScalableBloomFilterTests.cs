using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class ScalableBloomFilterTests
{
    [Fact]
    public void What_was_added_is_contained_however_many_there_are()
    {
        ScalableBloomFilter filter = ScalableBloomFilter.Create(10);
        int added = 0;
        for (int i = 0; i < 20_000; i++)
        {
            bool isNew = filter.Add(i);
            Assert.True(filter.Contains(i));
            Assert.False(filter.Add(i));
            added += isNew ? 1 : 0;
        }

        Assert.All(Enumerable.Range(0, 20_000), i => Assert.True(filter.Contains(i)));
        Assert.Equal(added, filter.Count);
        Assert.InRange(added, 20_000 * 0.99, 20_000);
        Assert.Equal(11, filter.LayerCount); // 10 * (2^11 - 1) = 20,470
    }

    /// <summary>The rate of all layers, measured right before each growth, where it is highest.</summary>
    [Theory]
    [InlineData(100, 0.05, 5)]
    [InlineData(1_000, 0.01, 4)]
    [InlineData(50, 0.001, 6)]
    public void The_rate_of_all_layers_together_is_at_most_the_promised_at_any_number(int initialCapacity, double rate, int layers)
    {
        const int Probes = 200_000;
        ScalableBloomFilter filter = ScalableBloomFilter.Create(initialCapacity, rate);
        long key = 0;
        double sum = 0;
        for (int layer = 1; layer <= layers; layer++)
        {
            long full = initialCapacity * ((1L << layer) - 1);
            while (filter.Count < full)
            {
                filter.Add(key++);
            }

            Assert.Equal(layer, filter.LayerCount);
            int present = 0;
            for (long probe = 1L << 40; probe < (1L << 40) + Probes; probe++)
            {
                present += filter.Contains(probe) ? 1 : 0;
            }

            // Bits differ from their expectation, and so does the sample: 5 standard deviations of both.
            double bound = rate * layer / (layer + 1);
            sum = (double)present / Probes;
            Assert.InRange(sum, 0, bound + (5 * Math.Sqrt(bound / Probes)) + (bound * 5 / Math.Sqrt(full)));
            Assert.InRange(sum - filter.ExpectedFalsePositiveRate, -5 * Math.Sqrt(bound / Probes), 5 * Math.Sqrt(bound / Probes));
        }

        Assert.True(sum > rate / 5, $"{sum}: more memory than the promise needs.");
    }

    [Fact]
    public void Memory_is_what_the_documentation_says()
    {
        foreach ((int doublings, double times) in ((int, double)[])[(0, 1.16), (2, 1.4), (9, 1.8)])
        {
            const int Initial = 2_000;
            ScalableBloomFilter filter = ScalableBloomFilter.Create(Initial);
            long full = Initial * ((1L << (doublings + 1)) - 1);
            for (long key = 0; filter.Count < full; key++)
            {
                filter.Add(key);
            }

            Assert.Equal(doublings + 1, filter.LayerCount);
            Assert.InRange((double)filter.ByteCount / BloomFilter.Create(full).ByteCount, times - 0.06, times + 0.06);
        }
    }

    [Fact]
    public void A_key_is_its_hash_in_every_form() =>
        PropertyTest.Check<byte[], long>((bytes, number) =>
        {
            string text = "é" + number;
            var guid = new Guid((int)number, 1, 2, new byte[8]);
            AssertSame(StableHash.Compute(bytes), f => f.Add(bytes), f => f.Contains(bytes));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(text));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(Encoding.UTF8.GetBytes(text)));
            AssertSame(StableHash.Compute(number), f => f.Add(number), f => f.Contains((ulong)number));
            AssertSame(StableHash.Compute(number), f => f.Add((ulong)number), f => f.Contains(number));
            AssertSame(StableHash.Compute(guid), f => f.Add(guid), f => f.Contains(guid));

            static void AssertSame(ulong hash, Func<ScalableBloomFilter, bool> add, Func<ScalableBloomFilter, bool> contains)
            {
                ScalableBloomFilter filter = ScalableBloomFilter.Create(10, 1e-6);
                Assert.False(contains(filter));
                Assert.True(add(filter) && contains(filter) && filter.ContainsHash(hash));
                Assert.False(filter.AddHash(hash));
            }
        });

    [Fact]
    public void Threads_lose_nothing_while_the_filter_grows()
    {
        const int Threads = 4;
        const int Keys = 20_000;
        for (int round = 0; round < 3; round++)
        {
            ScalableBloomFilter filter = ScalableBloomFilter.Create(10, 0.02);
            long[] told = new long[Threads];
            Race.Run(Threads, thread =>
            {
                long first = (thread.Index + 1L) << 32;
                for (int i = 0; i < Keys; i++)
                {
                    told[thread.Index] += filter.Add(first + i) ? 1 : 0;
                    told[thread.Index] += filter.Add((long)i) ? 1 : 0; // all threads the same
                    Assert.True(filter.Contains(first + i) && filter.Contains((long)i));
                }
            });

            for (int i = 0; i < Keys; i++)
            {
                Assert.True(filter.Contains(i));
                for (int thread = 1; thread <= Threads; thread++)
                {
                    Assert.True(filter.Contains(((long)thread << 32) + i));
                }
            }

            // A place is taken for each key that somebody was told is new, and no layer has more than it promised.
            Assert.Equal(told.Sum(), filter.Count);
            Assert.InRange(filter.Count, Keys * (Threads + 1) * 0.98, 10 * ((1L << filter.LayerCount) - 1));
            Assert.InRange(filter.ExpectedFalsePositiveRate, 0, 0.02);
        }
    }

    [Fact]
    public void Growth_that_would_break_the_promise_is_refused_and_adds_nothing()
    {
        // 64-bit hashes of a hundred thousand keys collide with 5e-15 of all others.
        ScalableBloomFilter filter = ScalableBloomFilter.Create(1_000, 1e-14);
        long key = 0;
        Assert.Throws<InvalidOperationException>(() =>
        {
            while (key < 10_000_000)
            {
                filter.Add(key++);
            }
        });
        Assert.InRange(key, 1_000, 1_000_000);
        Assert.False(filter.Contains(key - 1));
        Assert.True(filter.Contains(key - 2));
        Assert.False(filter.Add(key - 2));
    }

    [Fact]
    public void Clear_starts_over()
    {
        ScalableBloomFilter filter = ScalableBloomFilter.Create(10);
        for (int i = 0; i < 1_000; i++)
        {
            filter.Add(i);
        }

        filter.Clear();
        Assert.Equal((0, 1), (filter.Count, filter.LayerCount));
        Assert.False(filter.Contains(1));
        Assert.True(filter.Add(1));
    }

    [Fact]
    public void The_form_is_the_one_that_earlier_releases_wrote()
    {
        ScalableBloomFilter filter = ScalableBloomFilter.Create(2, 0.1);
        foreach (string key in (string[])["alpha", "beta", "γάμμα", "delta"])
        {
            filter.Add(key);
        }

        Golden.AssertEqual("scalable.hex", filter.ToBytes());
        ScalableBloomFilter read = ScalableBloomFilter.FromBytes(Golden.Read("scalable.hex"));
        Assert.Equal((2, 0.1, filter.LayerCount, filter.Count), (read.InitialCapacity, read.FalsePositiveRate, read.LayerCount, read.Count));
        Assert.True(read.Contains("γάμμα"));
    }

    [Fact]
    public void What_is_written_is_read_and_goes_on_growing_alike()
    {
        foreach (int keys in (int[])[0, 5, 5_000])
        {
            ScalableBloomFilter filter = ScalableBloomFilter.Create(10);
            for (int i = 0; i < keys; i++)
            {
                filter.Add(i);
            }

            byte[] bytes = filter.ToBytes();
            Assert.Equal(bytes.Length, filter.PersistedLength);
            var stream = new MemoryStream([.. bytes, 1]);
            ScalableBloomFilter[] read =
                [ScalableBloomFilter.FromBytes(bytes), ScalableBloomFilter.ReadFrom(stream), ScalableBloomFilter.ReadFrom(new ForwardStream(bytes, 99))];
            Assert.Equal(bytes.Length, stream.Position);
            for (int i = keys; i < keys + 1_000; i++)
            {
                filter.Add(i);
                Assert.All(read, other => other.Add(i));
            }

            Assert.All(read, other => Assert.Equal(filter.ToBytes(), other.ToBytes()));
        }
    }

    [Fact]
    public void Damaged_bytes_are_refused_with_a_reason()
    {
        Damage.AssertRefused(ScalableBloomFilter.Create(2, 0.5).ToBytes(), damaged =>
        {
            Assert.False(ScalableBloomFilter.TryFromBytes(damaged, out ScalableBloomFilter? filter, out string? reason));
            Assert.Null(filter);
            Assert.Throws<FormatException>(() => ScalableBloomFilter.ReadFrom(new ForwardStream(damaged)));
            return reason!;
        });
        Assert.Throws<ArgumentNullException>("stream", () => ScalableBloomFilter.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("stream", () => ScalableBloomFilter.Create(1).WriteTo(null!));
    }

    [Theory]
    [InlineData(0, 0L, "capacity")]
    [InlineData(0, 1L << 40, "capacity")]
    [InlineData(8, 0L, "rate")]
    [InlineData(16, 0L, "layers")]
    [InlineData(16, 100_000L, "layers")]
    [InlineData(16, (1L << 32) + 1, "Reserved")]
    [InlineData(24, -1L, "has -1")]
    [InlineData(24, 3L, "has 3")]
    [InlineData(32, 100L, "cannot hold")]
    [InlineData(16, 2L, "early")]
    [InlineData(0, 4L, "should be for 4")]
    [InlineData(8, 0x3FE0000000000000L, "at 0.25")]
    [InlineData(40, 1L << 40, "should be for 2")]
    [InlineData(48, 0x3FE0000000000000L, "for 2 keys at 0.5")]
    public void A_lying_field_is_refused(int offset, long value, string reason)
    {
        byte[] bytes = ScalableBloomFilter.Create(2).ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + offset), value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        Assert.False(ScalableBloomFilter.TryFromBytes(bytes, out _, out string? said));
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_form_cannot_ask_for_a_huge_layer_at_the_next_key()
    {
        byte[] bytes = ScalableBloomFilter.Create(2).ToBytes();
        foreach (int capacity in (int[])[16, 16 + 40])
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(capacity), 1L << 31);
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + 24), 1L << 31); // full
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        Assert.False(ScalableBloomFilter.TryFromBytes(bytes, out _, out string? said));
        Assert.Contains("too small", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Hot_members_allocate_nothing()
    {
        ScalableBloomFilter filter = ScalableBloomFilter.Create(100_000);
        long key = 0;
        Allocation.AssertNone(() =>
        {
            filter.Add(key++);
            filter.Contains(key);
            filter.Contains("text");
        });
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        foreach (long capacity in (long[])[0, -1, (1L << 31) + 1])
        {
            Assert.Throws<ArgumentOutOfRangeException>("initialCapacity", () => ScalableBloomFilter.Create(capacity));
        }

        foreach (double rate in (double[])[0, 1, double.NaN])
        {
            Assert.Throws<ArgumentOutOfRangeException>("falsePositiveRate", () => ScalableBloomFilter.Create(1, rate));
        }
    }
}
