using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class CountingBloomFilterTests
{
    /// <summary>The model is a count for each key; keys are few, so that counters are shared and run full.</summary>
    [Fact]
    public void A_key_is_contained_as_often_as_it_was_added() =>
        PropertyTest.CheckSequence(
            FsCheck.Fluent.Gen.Choose(0, 59).Select(n => (Key: n / 3, Adds: n % 3 != 0)),
            operations =>
            {
                CountingBloomFilter filter = CountingBloomFilter.Create(20);
                var model = new Dictionary<long, int>();
                foreach ((int key, bool adds) in operations)
                {
                    int count = model.GetValueOrDefault(key);
                    if (adds)
                    {
                        Assert.Equal(filter.Contains(key), !filter.Add(key));
                        model[key] = count + 1;
                    }
                    else if (count > 0) // what was not added must not be removed
                    {
                        Assert.True(filter.Remove(key));
                        model[key] = count - 1;
                    }
                    else if (!filter.Contains(key))
                    {
                        byte[] before = filter.ToBytes();
                        Assert.False(filter.Remove(key));
                        Assert.Equal(before, filter.ToBytes());
                    }

                    Assert.All(model, entry => Assert.True(entry.Value == 0 || filter.Contains(entry.Key)));
                }
            });

    [Theory]
    [InlineData(10, 0.1)]
    [InlineData(1_000, 0.01)]
    [InlineData(5_000, 0.0001)]
    public void What_is_left_after_removals_is_bit_for_bit_the_bloom_filter_of_those_keys(int capacity, double rate)
    {
        CountingBloomFilter filter = CountingBloomFilter.Create(capacity, rate);
        BloomFilter expected = BloomFilter.Create(capacity, rate, BloomFilterLayout.SplitBlock);
        for (int i = 0; i < capacity; i++)
        {
            filter.Add(i);
            filter.Add(-i - 1L);
            expected.Add(i);
        }

        for (int i = 0; i < capacity; i++)
        {
            Assert.True(filter.Remove(-i - 1L));
        }

        Assert.Equal(0, filter.CountStuck());
        Assert.Equal(expected.ToBytes(), filter.ToBloomFilter().ToBytes());
        Assert.Equal(expected.ByteCount * 4, filter.ByteCount);
        Assert.Equal(expected.ExpectedFalsePositiveRate, filter.ExpectedFalsePositiveRate, 1e-12);
        Assert.Equal(expected.EstimateCount(), filter.EstimateCount(), 1e-6);
        Assert.Equal(expected.IsSaturated, filter.IsSaturated);

        filter.Clear();
        Assert.Equal(0, filter.EstimateCount());
        Assert.Equal(0, filter.ExpectedFalsePositiveRate);
        Assert.False(filter.Contains(1));
    }

    [Fact]
    public void Counters_that_lost_count_stay_so_that_no_key_is_missed()
    {
        CountingBloomFilter filter = CountingBloomFilter.Create(1);
        filter.Add("other"); // in the same, only block
        for (int i = 0; i < 14; i++)
        {
            filter.Add("key");
        }

        long stuck = filter.CountStuck(); // counters that the two share, if any
        Assert.InRange(stuck, 0, 7);
        filter.Add("key");
        Assert.Equal(8, filter.CountStuck());
        for (int i = 0; i < 100; i++)
        {
            Assert.True(filter.Remove("key")); // as if: the counters have lost count
            Assert.True(filter.Contains("key") && filter.Contains("other"));
        }

        Assert.True(filter.Remove("other"));
        Assert.Equal(8, filter.CountStuck());
        Assert.True(filter.Contains("key"));
        filter.Clear();
        Assert.Equal(0, filter.CountStuck());
        Assert.False(filter.Contains("key"));
    }

    [Fact]
    public void A_key_is_its_hash_in_every_form() =>
        PropertyTest.Check<byte[], long>((bytes, number) =>
        {
            string text = "é" + number;
            var guid = new Guid((int)number, 1, 2, new byte[8]);
            AssertSame(StableHash.Compute(bytes), f => f.Add(bytes), f => f.Contains(bytes), f => f.Remove(bytes));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(Encoding.UTF8.GetBytes(text)), f => f.Remove(text));
            AssertSame(StableHash.Compute(text), f => f.Add(text), f => f.Contains(text), f => f.Remove(text));
            AssertSame(StableHash.Compute(number), f => f.Add(number), f => f.Contains((ulong)number), f => f.Remove((ulong)number));
            AssertSame(StableHash.Compute(number), f => f.Add((ulong)number), f => f.Contains(number), f => f.Remove(number));
            AssertSame(StableHash.Compute(guid), f => f.Add(guid), f => f.Contains(guid), f => f.Remove(guid));

            static void AssertSame(
                ulong hash, Func<CountingBloomFilter, bool> add, Func<CountingBloomFilter, bool> contains, Func<CountingBloomFilter, bool> remove)
            {
                CountingBloomFilter filter = CountingBloomFilter.Create(10, 1e-6);
                Assert.False(contains(filter) || remove(filter));
                Assert.True(add(filter) && contains(filter) && filter.ContainsHash(hash));
                Assert.True(remove(filter));
                Assert.False(contains(filter) || filter.RemoveHash(hash));
                Assert.True(filter.AddHash(hash) && contains(filter));
            }
        });

    /// <summary>A word of counters, one at a time and together, against plain loops.</summary>
    [Fact]
    public void Words_of_counters_are_collapsed_rightly()
    {
        var random = new Random(1);
        for (int round = 0; round < 5_000; round++)
        {
            ulong word = 0;
            ulong notZero = 0;
            int stuck = 0;
            for (int i = 0; i < 16; i++)
            {
                ulong counter = (ulong)(round < 16 ? (i == round ? 1 : 0) : random.Next(3) switch { 0 => 0, 1 => 15, _ => random.Next(16) });
                word |= counter << (4 * i);
                notZero |= counter != 0 ? 1UL << i : 0;
                stuck += counter == 15 ? 1 : 0;
            }

            Assert.Equal(notZero, CounterBlock.NotZero(word));
            Assert.Equal(stuck, CounterBlock.StuckCounters(word));
        }
    }

    [Fact]
    public void Threads_that_add_and_remove_leave_the_counters_of_what_is_left_and_never_hide_a_key()
    {
        const int Keys = 3_000;
        for (int round = 0; round < 3; round++)
        {
            CountingBloomFilter filter = CountingBloomFilter.Create(Keys);
            for (int i = 0; i < Keys; i++)
            {
                filter.Add(i); // there all the time
            }

            Race.Run(4, thread =>
            {
                if (thread.Index == 3)
                {
                    for (int i = 0; i < 20 * Keys; i++)
                    {
                        Assert.True(filter.Contains(thread.Random.Next(Keys)), "A key that is in the filter is missed.");
                    }

                    return;
                }

                long first = (thread.Index + 1L) << 32;
                for (int i = 0; i < Keys; i++)
                {
                    filter.Add(first + i);
                    Assert.True(filter.Contains(first + i));
                    if (i >= 100)
                    {
                        Assert.True(filter.Remove(first + i - 100));
                    }
                }
            });

            CountingBloomFilter sequential = CountingBloomFilter.Create(Keys);
            for (int i = 0; i < Keys; i++)
            {
                sequential.Add(i);
            }

            for (int thread = 1; thread <= 3; thread++)
            {
                for (int i = Keys - 100; i < Keys; i++)
                {
                    sequential.Add(((long)thread << 32) + i);
                }
            }

            Assert.Equal((0, 0), (filter.CountStuck(), sequential.CountStuck()));
            Assert.Equal(sequential.ToBytes(), filter.ToBytes());
        }
    }

    [Fact]
    public void Of_threads_that_race_to_remove_a_key_as_many_succeed_as_added_it()
    {
        const int Keys = 2_000;
        CountingBloomFilter filter = CountingBloomFilter.Create(Keys, 1e-6); // so that no key is present by chance
        for (int i = 0; i < Keys; i++)
        {
            filter.Add(i);
            filter.Add(i);
        }

        int[] removed = new int[Keys];
        Race.Run(4, _ =>
        {
            for (int i = 0; i < Keys; i++)
            {
                if (filter.Remove(i))
                {
                    Interlocked.Increment(ref removed[i]);
                }
            }
        });
        Assert.All(removed, count => Assert.Equal(2, count));
        Assert.Equal(0, filter.EstimateCount());
    }

    [Fact]
    public void The_form_is_the_one_that_earlier_releases_wrote()
    {
        CountingBloomFilter filter = CountingBloomFilter.Create(5);
        filter.Add("alpha");
        filter.Add("alpha");
        filter.Add("γάμμα");
        Golden.AssertEqual("counting.hex", filter.ToBytes());
        CountingBloomFilter read = CountingBloomFilter.FromBytes(Golden.Read("counting.hex"));
        Assert.Equal((5, 0.01), (read.Capacity, read.FalsePositiveRate));
        Assert.True(read.Remove("alpha") && read.Remove("alpha") && !read.Contains("alpha") && read.Contains("γάμμα"));
    }

    [Fact]
    public void What_is_written_is_read_and_what_is_damaged_is_refused()
    {
        foreach (int capacity in (int[])[1, 1_000, 300_000])
        {
            CountingBloomFilter filter = CountingBloomFilter.Create(capacity);
            filter.Add(1);
            byte[] bytes = filter.ToBytes();
            Assert.Equal(bytes.Length, filter.PersistedLength);
            var stream = new MemoryStream([.. bytes, 1]);
            Assert.Equal(bytes, CountingBloomFilter.FromBytes(bytes).ToBytes());
            Assert.Equal(bytes, CountingBloomFilter.ReadFrom(stream).ToBytes());
            Assert.Equal(bytes, CountingBloomFilter.ReadFrom(new ForwardStream(bytes, 4_099)).ToBytes());
            Assert.Equal(bytes.Length, stream.Position);
        }

        Damage.AssertRefused(CountingBloomFilter.Create(1).ToBytes(), damaged =>
        {
            Assert.False(CountingBloomFilter.TryFromBytes(damaged, out CountingBloomFilter? filter, out string? reason));
            Assert.Null(filter);
            Assert.Throws<FormatException>(() => CountingBloomFilter.ReadFrom(new ForwardStream(damaged)));
            return reason!;
        });
        Assert.Throws<ArgumentNullException>("stream", () => CountingBloomFilter.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("stream", () => CountingBloomFilter.Create(1).WriteTo(null!));
    }

    [Theory]
    [InlineData(0, 0L, "capacity")]
    [InlineData(8, 0L, "rate")]
    [InlineData(16, 2L, "function 2")]
    [InlineData(16, 0x0101L, "Reserved")]
    [InlineData(24, 0L, "counters")]
    [InlineData(24, 255L, "counters")]
    [InlineData(24, 512L, "cannot hold")]
    [InlineData(24, 1L << 40, "counters")]
    public void A_lying_field_is_refused(int offset, long value, string reason)
    {
        byte[] bytes = CountingBloomFilter.Create(1).ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + offset), value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        Assert.False(CountingBloomFilter.TryFromBytes(bytes, out _, out string? said));
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Hot_members_allocate_nothing()
    {
        CountingBloomFilter filter = CountingBloomFilter.Create(1_000);
        byte[] bytes = [1, 2];
        Allocation.AssertNone(() =>
        {
            filter.Add(1);
            filter.Contains(1);
            filter.Remove(1);
            filter.Add("text");
            filter.Contains("text");
            filter.Remove("text");
            filter.Add(bytes);
            filter.Contains(bytes);
            filter.Remove(bytes);
        });
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => CountingBloomFilter.Create(0));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => CountingBloomFilter.Create(5_000_000_000));
        Assert.Throws<ArgumentOutOfRangeException>("falsePositiveRate", () => CountingBloomFilter.Create(1, 0));
    }

    [Fact]
    public void A_form_of_more_counters_than_memory_can_address_is_refused_before_anything_is_allocated()
    {
        long counters = FilterShape.MaxBits; // as many bits there may be; four times as many bytes there may not
        byte[] form = CountingBloomFilter.Create(1).ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(form.AsSpan(8), 32 + (counters / 2));
        BinaryPrimitives.WriteInt64LittleEndian(form.AsSpan(16 + 24), counters);
        using var stream = new SparseStream(form, length: form.Length + counters);
        Assert.Contains("counters", Assert.Throws<FormatException>(() => CountingBloomFilter.ReadFrom(stream)).Message, StringComparison.Ordinal);
    }

    // A file may be as long as it likes without taking a byte of a disk.
    private sealed class SparseStream(byte[] begin, long length) : MemoryStream(begin)
    {
        public override long Length => length;
    }
}
