using System.Numerics;
using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class SlidingHyperLogLogTests
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    [Fact]
    public void Every_window_is_the_sketch_of_the_keys_last_added_in_it_bit_for_bit()
    {
        var random = new Random(1);
        foreach (long frequency in new[] { 1_000_000_000L, 10_000_000, 1_000 })
        {
            var time = new ManualTimeProvider(frequency: frequency);
            TimeSpan max = TimeSpan.FromSeconds(100);
            var sketch = new SlidingHyperLogLog(max, 6, time);
            var lastAdded = new Dictionary<long, TimeSpan>(); // the model
            TimeSpan now = TimeSpan.Zero;
            for (int step = 0; step < 3_000; step++)
            {
                TimeSpan pause = TimeSpan.FromMilliseconds(random.Next(4) switch { 0 => 0, 1 => random.Next(5), 2 => random.Next(200), _ => random.Next(step % 500 == 0 ? 150_000 : 50) });
                time.Advance(pause);
                now += pause;
                long key = random.Next(random.Next(2) == 0 ? 50 : 100_000);
                sketch.Add(key);
                lastAdded[key] = now;
                if (step % 10 == 0)
                {
                    TimeSpan window = random.Next(3) == 0 ? max : TimeSpan.FromMilliseconds(random.Next(1, 100_001));
                    AssertWindow(sketch, lastAdded, now, window);
                }
            }

            time.Advance(max);
            Assert.Equal(0, sketch.Estimate());
        }
    }

    [Fact]
    public void A_key_is_in_the_window_until_exactly_its_length_has_passed_since_its_last_add()
    {
        var time = new ManualTimeProvider();
        var sketch = new SlidingHyperLogLog(Day, timeProvider: time);
        sketch.Add(1);
        time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Equal(1, sketch.Estimate(TimeSpan.FromHours(1)), 0.01);
        sketch.Add(2);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, sketch.Estimate(TimeSpan.FromHours(1)), 0.01); // the first has left
        Assert.Equal(2, sketch.Estimate(), 0.01);
        sketch.Add(1); // renewed
        time.Advance(Day - TimeSpan.FromTicks(2));
        Assert.Equal(2, sketch.Estimate(), 0.01);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, sketch.Estimate(), 0.01);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(0, sketch.Estimate());
    }

    [Fact]
    public void The_wall_clock_does_not_matter()
    {
        var time = new ManualTimeProvider();
        var sketch = new SlidingHyperLogLog(Day, timeProvider: time);
        sketch.Add(1);
        time.AdvanceUtc(TimeSpan.FromDays(-400));
        sketch.Add(2);
        time.AdvanceUtc(TimeSpan.FromDays(800));
        Assert.Equal(2, sketch.Estimate(TimeSpan.FromTicks(1)), 0.01);
    }

    [Fact]
    public void Every_key_form_is_the_stable_hash_of_its_bytes()
    {
        Guid guid = Guid.Parse("0198c0de-0000-7000-8000-000000000001");
        (Action<SlidingHyperLogLog> Add, ulong Hash)[] forms =
        [
            (s => s.Add("grüße"), StableHash.Compute(Encoding.UTF8.GetBytes("grüße"))),
            (s => s.Add([1, 2, 3]), StableHash.Compute([1, 2, 3])),
            (s => s.Add(42), StableHash.Compute(42L)),
            (s => s.Add(42UL), StableHash.Compute(42L)),
            (s => s.Add(guid), StableHash.Compute(guid)),
        ];
        foreach ((Action<SlidingHyperLogLog> add, ulong hash) in forms)
        {
            var left = new SlidingHyperLogLog(Day);
            add(left);
            var right = new SlidingHyperLogLog(Day);
            right.AddHash(hash);
            Assert.Equal(right.Snapshot(Day).ToBytes(), left.Snapshot(Day).ToBytes());
            Assert.Equal(1, left.Estimate(), 0.01);
        }
    }

    [Fact]
    public void Snapshots_of_machines_unite()
    {
        var time = new ManualTimeProvider();
        var left = new SlidingHyperLogLog(Day, 12, time);
        var right = new SlidingHyperLogLog(Day, 11, time);
        var both = new HyperLogLog(11);
        for (long key = 0; key < 30_000; key++)
        {
            (key % 3 == 0 ? left : right).Add(key);
            both.Add(key);
        }

        HyperLogLog union = left.Snapshot(Day);
        Assert.False(union.IsSparse);
        union.UnionWith(HyperLogLog.FromBytes(right.Snapshot(Day).ToBytes()));
        Assert.Equal(both.ToBytes(), union.ToBytes());

        BoundedEstimate bounds = left.Bounds(Day, 3);
        Assert.InRange(10_000, bounds.Lower, bounds.Upper);
        Assert.Equal(left.Estimate(), bounds.Value);
        Assert.Equal(left.Snapshot(Day).RelativeStandardError, left.RelativeStandardError);
    }

    [Fact]
    public void Memory_is_bounded_and_does_not_grow_with_the_rate_of_adds()
    {
        var time = new ManualTimeProvider();
        var sketch = new SlidingHyperLogLog(Day, 6, time);
        long bound = (1 << 6) * 560;
        long highest = 0;
        for (long i = 0; i < 200_000; i++)
        {
            sketch.Add(i % 50_000);
            time.Advance(TimeSpan.FromTicks(3));
            if (i % 50_000 == 49_999)
            {
                highest = Math.Max(highest, sketch.ByteCount);
            }
        }

        // 0.7 + 0.5 log2(50,000 / 64) = 5.5 entries a register are expected, in arrays of 4, 8 or 16.
        Assert.InRange(highest, 64 * (16 + 24 + (8 * 6)), 64 * (16 + 24 + (8 * 16)));

        // The worst case: ranks that fall with time, so that all are kept.
        var worst = new SlidingHyperLogLog(Day, 6, time);
        for (int rank = 59; rank >= 1; rank--)
        {
            for (uint index = 0; index < 64; index++)
            {
                worst.AddHash(Token.Hash(index, rank - 1, 6));
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(worst.ByteCount, 64 * 59 * 8, bound);
    }

    [Fact]
    public void The_expected_number_of_entries_is_the_documented_one()
    {
        var random = new Random(3);
        foreach (int hashes in new[] { 16, 256, 4_096 })
        {
            long entries = 0;
            const int Registers = 1_000;
            for (int register = 0; register < Registers; register++)
            {
                var maxima = default(FutureMaxima);
                for (int i = 0; i < hashes; i++)
                {
                    maxima.Add(i, 1 + BitOperations.TrailingZeroCount(random.NextInt64() | (1L << 50)), -1);
                }

                entries += maxima.Count;
            }

            // Of rank k or more, the last hash stays if its rank is k: half the expected highest rank. One standard
            // deviation of the mean is about 0.04.
            Assert.Equal((2.0 / 3) + (0.5 * Math.Log2(hashes)), (double)entries / Registers, 0.2);
        }
    }

    [Fact]
    public void A_register_gives_the_highest_rank_of_every_window_in_whatever_order_hashes_come() =>
        PropertyTest.CheckSequence(
            Gen.Choose(0, 40).Zip(Gen.Choose(1, 12)),
            hashes =>
            {
                // Times come out of order, as from threads that race between the clock and the lock.
                var maxima = default(FutureMaxima);
                long latest = 0;
                for (int i = 0; i < hashes.Length; i++)
                {
                    long time = (2 * i) + hashes[i].Item1;
                    latest = Math.Max(latest, time);
                    maxima.Add(time, hashes[i].Item2, latest - 60 - 1);
                }

                Assert.InRange(maxima.Count, 0, 12);
                for (long after = latest - 60; after <= latest; after++)
                {
                    int expected = hashes.Select((hash, i) => (Time: (2 * i) + hash.Item1, Rank: hash.Item2))
                        .Where(hash => hash.Time > after).Select(hash => hash.Rank).DefaultIfEmpty(0).Max();
                    Assert.Equal(expected, maxima.HighestAfter(after));
                }
            },
            count: 300);

    [Fact]
    public void Concurrent_adds_lose_nothing()
    {
        for (int round = 0; round < 20; round++)
        {
            var time = new ManualTimeProvider();
            var sketch = new SlidingHyperLogLog(Day, 8, time);
            Race.Run(4, thread =>
            {
                for (int i = 0; i < 5_000; i++)
                {
                    sketch.Add((thread.Index * 100_000L) + i);
                    if (thread.Index == 0)
                    {
                        time.Advance(TimeSpan.FromMilliseconds(1));
                        if (i % 1_000 == 0)
                        {
                            sketch.Estimate(TimeSpan.FromSeconds(1));
                        }
                    }
                }
            });

            var expected = new HyperLogLog(8);
            for (int i = 0; i < 20_000; i++)
            {
                expected.Add((i / 5_000 * 100_000L) + (i % 5_000));
            }

            Assert.Equal(expected.ToBytes(), sketch.Snapshot(Day).ToBytes());
        }
    }

    [Fact]
    public void A_clock_that_goes_back_or_on_for_centuries_breaks_nothing()
    {
        var time = new SettableClock { Timestamp = TimeSpan.FromDays(10).Ticks };
        var sketch = new SlidingHyperLogLog(TimeSpan.FromMinutes(1), 8, time);
        sketch.Add(1);
        time.Timestamp += TimeSpan.FromSeconds(50).Ticks;
        sketch.Add(2);
        time.Timestamp -= TimeSpan.FromSeconds(40).Ticks; // what came later counts as of then, and leaves then
        sketch.Add(3);
        Assert.Equal(3, Math.Round(sketch.Estimate()));
        Assert.Equal(2, Math.Round(sketch.Estimate(TimeSpan.FromTicks(1))));
        time.Timestamp = 0; // before the sketch was made
        sketch.Add(4);
        Assert.Equal(4, Math.Round(sketch.Estimate()));
        time.Timestamp = TimeSpan.FromDays(10).Ticks + TimeSpan.FromSeconds(109).Ticks;
        Assert.Equal(1, Math.Round(sketch.Estimate()));

        foreach (int years in new[] { 1, 100, 400, 1_000, 2_000 })
        {
            time.Timestamp = TimeSpan.FromDays(365.0 * years).Ticks;
            sketch.Add(years);
            Assert.InRange(Math.Round(sketch.Estimate()), 1, 2); // the last two are at the end of its time, 457 years
        }
    }

    [Fact]
    public void Renewing_keys_allocates_nothing_once_lists_have_grown()
    {
        var time = new ManualTimeProvider();
        var sketch = new SlidingHyperLogLog(Day, 4, time);
        for (long key = 0; key < 200_000; key++)
        {
            sketch.Add(key % 1_000);
        }

        long next = 0;
        Allocation.AssertNone(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            sketch.Add(next++ % 1_000);
        });
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("maxWindow", () => new SlidingHyperLogLog(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("maxWindow", () => new SlidingHyperLogLog(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("precision", () => new SlidingHyperLogLog(Day, 3));
        Assert.Throws<ArgumentOutOfRangeException>("precision", () => new SlidingHyperLogLog(Day, 19));
        var sketch = new SlidingHyperLogLog(Day);
        Assert.Equal((Day, 12), (sketch.MaxWindow, sketch.Precision));
        Assert.Throws<ArgumentOutOfRangeException>("window", () => sketch.Estimate(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("window", () => sketch.Snapshot(Day + TimeSpan.FromTicks(1)));
        Assert.Throws<ArgumentOutOfRangeException>("window", () => sketch.Bounds(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("sigmas", () => sketch.Bounds(Day, 4));
        new SlidingHyperLogLog(TimeSpan.MaxValue).Add(1);
    }

    private static void AssertWindow(SlidingHyperLogLog sketch, Dictionary<long, TimeSpan> lastAdded, TimeSpan now, TimeSpan window)
    {
        byte[] registers = new byte[1 << sketch.Precision];
        foreach ((long key, TimeSpan at) in lastAdded)
        {
            if (now - at < window)
            {
                ulong hash = StableHash.Compute(key);
                ref byte register = ref registers[hash >> (64 - sketch.Precision)];
                register = HyperLogLogRegisters.With(register, Token.ZerosAfter(hash, sketch.Precision), sketch.Precision);
            }
        }

        var expected = new HyperLogLog(new SketchSnapshot(sketch.Precision, null, registers, null));
        Assert.Equal(expected.Estimate(), sketch.Estimate(window));
        Assert.Equal(expected.ToBytes(), sketch.Snapshot(window).ToBytes());
    }

    private sealed class SettableClock : TimeProvider
    {
        public long Timestamp { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Timestamp;
    }
}
