using System.Numerics;
using System.Threading.RateLimiting;
using FsCheck;
using FsCheck.Fluent;

namespace Primitives.Tests;

public class KeyedRateLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Every_key_equals_a_composite_of_its_own()
    {
        Gen<(int Key, Operation Operation)> steps = from key in Gen.Choose(0, 5) from operation in Operation.Any select (key, operation);
        PropertyTest.CheckSequence(steps, sequence =>
        {
            RateQuota[] quotas = [RateQuota.PerSecond(4), RateQuota.PerMinute(20)];
            var time = new SteppedClock();
            using var limiter = new KeyedRateLimiter<int>(Options<int>(100, quotas: quotas), time);
            CompositeLimiter[] expected = [.. Enumerable.Range(0, 6).Select(_ => new CompositeLimiter(quotas, time))];
            foreach ((int key, Operation operation) in sequence)
            {
                time.Step(TimeSpan.FromMilliseconds(operation.Wait) + TimeSpan.FromTicks(operation.Extra));
                int permits = 1 + (operation.Permits % 4);
                Assert.Equal(expected[key].Peek(permits).IsAcquired, limiter.Peek(key, permits).IsAcquired);
                Assert.Equal(expected[key].TryAcquire(permits, out RateLimitDecision wanted), limiter.TryAcquire(key, permits, out RateLimitDecision decision));
                Assert.Equal((wanted.Remaining, wanted.RetryAfter, wanted.QuotaIndex), (decision.Remaining, decision.RetryAfter, decision.QuotaIndex));
                if (operation.Extra == 3)
                {
                    expected[key].Refund(1);
                    limiter.Refund(key, 1);
                }
                else if (operation.Extra == 2 && operation.Wait == 0)
                {
                    expected[key].Consume(3);
                    Assert.True(limiter.Consume(key, 3));
                }
            }
        });
    }

    [Fact]
    public void Every_key_equals_the_big_integer_model_of_its_quotas_taken_all_or_none()
    {
        // Quotas whose time per permit is a whole number of the table's units, so that not even it is rounded.
        Gen<(int Key, Operation Operation)> steps = from key in Gen.Choose(0, 5) from operation in Operation.Any select (key, operation);
        foreach (long frequency in (long[])[1_000_000_000, 10_000_000])
        {
            PropertyTest.CheckSequence(steps, sequence =>
            {
                RateQuota[] quotas = [RateQuota.PerSecond(4), RateQuota.PerMinute(20) with { Burst = 12 }, new RateQuota(50, TimeSpan.FromHours(1))];
                var time = new SteppedClock(frequency);
                using var limiter = new KeyedRateLimiter<int>(Options<int>(100, quotas: quotas), time);
                BucketModel[][] models =
                    [.. Enumerable.Range(0, 6).Select(_ => Array.ConvertAll(quotas, quota => new BucketModel(quota, frequency, time.Now)))];
                foreach ((int key, Operation operation) in sequence)
                {
                    time.Step(TimeSpan.FromMilliseconds(operation.Wait));
                    time.Now += operation.Extra;
                    int permits = 1 + (operation.Permits % 4);
                    bool expected = models[key].All(model => model.Fits(time.Now, permits));
                    Assert.Equal(expected, limiter.Peek(key, permits).IsAcquired);
                    Assert.Equal(expected, limiter.TryAcquire(key, permits, out RateLimitDecision decision));
                    if (expected)
                    {
                        Array.ForEach(models[key], model => model.Charge(time.Now, permits));
                        Assert.Equal(models[key].Min(model => model.Remaining(time.Now)), decision.Remaining);
                        Assert.Equal(TimeSpan.Zero, decision.RetryAfter);
                    }
                    else
                    {
                        BigInteger wait = models[key].Max(model => model.Fits(time.Now, permits) ? 0 : model.FitsAt(time.Now, permits) - time.Now);
                        Assert.Equal((wait * TimeSpan.TicksPerSecond + frequency - 1) / frequency, decision.RetryAfter.Ticks);
                        Assert.False(models[key][decision.QuotaIndex].Fits(time.Now, permits));
                    }
                }
            });
        }
    }

    [Fact]
    public void A_key_gets_its_rate_and_not_what_a_scan_of_all_keys_leaves_of_it()
    {
        // System.Threading.RateLimiting's partitions are refilled ten times a second, so 100 a second with no burst are 10.
        using var limiter = new KeyedRateLimiter<string>(Options<string>(100, quotas: [RateQuota.PerSecond(100) with { Burst = 1 }]), _time);
        int granted = 0;
        for (int millisecond = 0; millisecond < 10_000; millisecond++)
        {
            granted += limiter.TryAcquire("a") ? 1 : 0;
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(1_000, granted);
    }

    [Fact]
    public void Keys_come_and_go_without_a_timer_a_copy_or_an_object()
    {
        // dotnet/runtime #95611, #68776, #126301: a timer goes through all partitions, copies them when there are new ones
        // and keeps everyone waiting meanwhile. aspnetcore #66434: what is made for a key is never let go of.
        using var limiter = new KeyedRateLimiter<long>(Options<long>(1_000, quotas: [RateQuota.PerSecond(10)]), _time);
        long key = 0;
        Allocation.AssertNone(() =>
        {
            limiter.TryAcquire(key++);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        });
        Assert.Equal(0, _time.ArmedTimers);
        Assert.InRange(limiter.CountIndebtedKeys(), 1, 101); // each owes something for a tenth of a second
        Assert.Equal(key, limiter.Totals.Granted);
    }

    [Fact]
    public void A_flood_of_random_keys_grows_nothing_and_lets_no_indebted_key_through()
    {
        using var limiter = new KeyedRateLimiter<long>(Options<long>(10_000, quotas: [RateQuota.PerHour(2)]), _time);
        long bytes = limiter.TableBytes;
        long[] indebted = [.. Enumerable.Range(0, 2_000).Select(i => (long)i)];
        Assert.All(indebted, key => Assert.True(limiter.TryAcquire(key, 2)));
        const int Flood = 2_000_000; // the scorecard sends ten million
        var random = new Random(7);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Flood; i++)
        {
            limiter.TryAcquire(random.NextInt64() | (1L << 40));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(bytes, limiter.TableBytes);
        Assert.All(indebted, key => Assert.False(limiter.TryAcquire(key)));
        Assert.InRange(limiter.CountIndebtedKeys(), 10_000, bytes / 16);
        Assert.True(limiter.Totals.OverflowRejected > Flood * 0.9);
        Assert.Equal(Flood + 2_000 + 2_000, limiter.Totals.Granted + limiter.Totals.Refused);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, limiter.CountIndebtedKeys());
        Assert.True(limiter.TryAcquire(long.MaxValue, 2));
    }

    [Fact]
    public void As_many_indebted_keys_as_the_capacity_find_room()
    {
        foreach (int capacity in (int[])[100, 10_000, 200_000])
        {
            using var limiter = new KeyedRateLimiter<int>(Options<int>(capacity, quotas: [RateQuota.PerDay(1)]), _time);
            for (int key = 0; key < capacity; key++)
            {
                Assert.True(limiter.TryAcquire(key), $"Key {key} of {capacity} found no room.");
            }

            Assert.Equal(capacity, limiter.CountIndebtedKeys());
            for (int key = 0; key < capacity; key++)
            {
                Assert.False(limiter.TryAcquire(key));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(20)]
    public void Small_tables_have_room_for_their_capacity_whatever_the_random_hash(int capacity)
    {
        // With both sets of a key drawn freely, one in a thousand of these was full before its capacity.
        for (int table = 0; table < 4_000; table++)
        {
            using var limiter = new KeyedRateLimiter<int>(Options<int>(capacity, quotas: [RateQuota.PerDay(1)]), _time);
            for (int key = 0; key < capacity; key++)
            {
                Assert.True(limiter.TryAcquire(key), $"Key {key} of {capacity} found no room.");
            }
        }
    }

    [Fact]
    public void The_class_of_a_key_is_asked_for_once_per_decision_and_a_refusal_survives_new_quotas()
    {
        int asked = 0;
        KeyedRateLimiter<string>? limiter = null;
        KeyedRateLimiterOptions<string> options = Options<string>(100, quotas: [RateQuota.PerHour(5), RateQuota.PerDay(1) with { Name = "daily" }]);
        options.ClassOf = _ =>
        {
            asked++;
            return 0;
        };
        using (limiter = new KeyedRateLimiter<string>(options, _time))
        {
            Assert.True(limiter.TryAcquire("a"));
            Assert.Equal(1, asked);
            using RateLimitLease refused = limiter.AttemptAcquire("a");
            Assert.Equal(2, asked);
            Assert.True(refused.TryGetMetadata(RateLimitMetadata.Quota, out string? quota));
            Assert.Equal("daily", quota);
            Assert.False(limiter.AttemptAcquire("a", 0).IsAcquired);
            Assert.Equal(3, asked);
        }
    }

    [Fact]
    public void After_disposal_everything_throws_but_statistics()
    {
        var limiter = new KeyedRateLimiter<string>(Options<string>(10, quotas: [RateQuota.PerDay(3)]), _time);
        Assert.True(limiter.TryAcquire("a"));
        limiter.Dispose();
        limiter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => limiter.TryAcquire("a"));
        Assert.Throws<ObjectDisposedException>(() => limiter.TryAcquire("a".AsSpan(), 1, out _));
        Assert.Throws<ObjectDisposedException>(() => limiter.AttemptAcquire("a"));
        Assert.Throws<ObjectDisposedException>(() => limiter.Peek("a"));
        Assert.Throws<ObjectDisposedException>(() => limiter.Refund("a", 1));
        Assert.Throws<ObjectDisposedException>(() => limiter.Consume("a", 1));
        Assert.Throws<ObjectDisposedException>(() => limiter.Reset("a"));
        Assert.Throws<ObjectDisposedException>(() => limiter.GetQuotas("a"));
        Assert.Equal((2L, 1L), (limiter.GetStatistics("a")!.CurrentAvailablePermits, limiter.Totals.Granted));
    }

    [Fact]
    public void Debts_are_bounded_and_what_would_pass_the_bound_takes_nothing()
    {
        using var limiter = new KeyedRateLimiter<int>(Options<int>(10, quotas: [RateQuota.PerSecond(10), new RateQuota(1, TimeSpan.FromDays(300))]), _time);
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Consume(1, int.MaxValue));
        Assert.True(limiter.TryAcquire(1));
        Assert.True(limiter.Consume(2, 3));
        Assert.False(limiter.TryAcquire(2, 1, out RateLimitDecision decision));
        Assert.Equal((1, TimeSpan.FromDays(900)), (decision.QuotaIndex, decision.RetryAfter));
        limiter.Refund(2, int.MaxValue); // above full
        Assert.True(limiter.TryAcquire(2));
        Assert.False(limiter.TryAcquire(2));
        limiter.Refund(99, 5); // never seen
        Assert.True(limiter.TryAcquire(99));
        Assert.False(limiter.TryAcquire(99));
    }

    [Fact]
    public void Without_room_each_shares_by_the_quotas_of_its_own_class()
    {
        KeyedRateLimiterOptions<int> options = Options<int>(10, KeyOverflow.SharedBucket, RateQuota.PerDay(1));
        options.FurtherClasses.Add([RateQuota.PerDay(4)]);
        options.ClassOf = key => key < 0 ? 1 : 0;
        using var limiter = new KeyedRateLimiter<int>(options, _time);
        for (int key = 0; limiter.CountIndebtedKeys() < limiter.TableBytes / 16; key++)
        {
            limiter.TryAcquire(key);
        }

        limiter.TryAcquire(int.MaxValue); // if the shared bucket was not empty yet, it is now
        _time.Advance(TimeSpan.FromHours(6));
        long before = limiter.Totals.OverflowShared;
        Assert.False(limiter.TryAcquire(int.MaxValue - 1, 1, out RateLimitDecision decision));
        Assert.InRange(decision.RetryAfter, TimeSpan.FromHours(17.9), TimeSpan.FromHours(18));
        limiter.Refund(int.MaxValue - 1, 1); // has no place, so it changes nothing
        Assert.True(limiter.TryAcquire(-1));  // a quarter of a day is one of its four
        Assert.False(limiter.TryAcquire(-2));
        Assert.Equal(before + 3, limiter.Totals.OverflowShared);
    }

    [Fact]
    public void Without_room_a_key_is_refused_until_exactly_when_there_is()
    {
        KeyedRateLimiter<int> limiter = Full(KeyOverflow.Reject, out int newcomer);
        Assert.False(limiter.TryAcquire(newcomer, 1, out RateLimitDecision decision));
        Assert.False(limiter.Peek(newcomer).IsAcquired);
        Assert.False(limiter.Consume(newcomer, 1));
        _time.Advance(decision.RetryAfter - TimeSpan.FromTicks(1));
        Assert.False(limiter.TryAcquire(newcomer));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(limiter.TryAcquire(newcomer));
    }

    [Fact]
    public void Evicting_forgives_the_least_debt_and_counts_it()
    {
        KeyedRateLimiter<int> limiter = Full(KeyOverflow.EvictLeastDebt, out int newcomer);
        long before = limiter.Totals.OverflowEvicted;
        Assert.True(limiter.Peek(newcomer).IsAcquired);
        Assert.True(limiter.TryAcquire(newcomer));
        Assert.Equal(before + 1, limiter.Totals.OverflowEvicted);
    }

    [Fact]
    public void A_shared_bucket_serves_all_without_room_as_one_key()
    {
        KeyedRateLimiter<int> limiter = Full(KeyOverflow.SharedBucket, out int newcomer);
        Assert.False(limiter.TryAcquire(newcomer)); // Full filled the shared bucket up, too
        Assert.True(limiter.Totals.OverflowShared > 0);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(limiter.TryAcquire(newcomer));
    }

    [Fact]
    public void Quotas_go_by_the_class_of_the_key()
    {
        KeyedRateLimiterOptions<string> options = Options<string>(100, quotas: [RateQuota.PerMinute(1)]);
        options.FurtherClasses.Add([RateQuota.PerMinute(5)]);
        options.ClassOf = key => key.StartsWith("paid:", StringComparison.Ordinal) ? 1 : key == "wrong" ? 2 : 0;
        using var limiter = new KeyedRateLimiter<string>(options, _time);
        Assert.True(limiter.TryAcquire("paid:a", 5));
        Assert.True(limiter.TryAcquire("a"));
        Assert.False(limiter.TryAcquire("a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryAcquire("a", 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryAcquire("wrong"));
        Assert.Equal(5, limiter.GetQuotas("paid:a").Single().Permits);
        limiter.Reset("a");
        limiter.Reconfigure([RateQuota.PerMinute(2)], [RateQuota.PerMinute(3)]);
        Assert.True(limiter.TryAcquire("a", 2));
        Assert.Throws<ArgumentException>(() => limiter.Reconfigure([RateQuota.PerMinute(1), RateQuota.PerDay(1)]));
    }

    [Fact]
    public void A_string_is_the_same_key_as_its_characters_and_neither_allocates()
    {
        using var limiter = new KeyedRateLimiter<string>(Options<string>(100, quotas: [RateQuota.PerMinute(1)]), _time);
        Assert.True(limiter.TryAcquire("client-17".AsSpan(0, 9), 1, out _));
        Assert.False(limiter.TryAcquire("client-17"));
        Allocation.AssertNone(() => limiter.TryAcquire("client-18".AsSpan(), 1, out _));
        Allocation.AssertNone(() => limiter.TryAcquire("client-19", 1, out _));
        using var numbers = new KeyedRateLimiter<Guid>(Options<Guid>(100, quotas: [RateQuota.PerMinute(1)]), _time);
        Assert.True(numbers.TryAcquire(Guid.Empty));
        Allocation.AssertNone(() => numbers.TryAcquire(Guid.Empty, 1, out _));
        Assert.Throws<InvalidOperationException>(() => numbers.TryAcquire("x".AsSpan(), 1, out _));
    }

    [Fact]
    public async Task It_is_a_partitioned_rate_limiter_that_answers_at_once()
    {
        var limiter = new KeyedRateLimiter<string>(Options<string>(100, quotas: [RateQuota.PerMinute(1) with { Name = "minute" }]), _time);
        using PartitionedRateLimiter<int> translated = limiter.WithTranslatedKey<int>(number => $"user {number}", leaveOpen: true);
        Assert.True(translated.AttemptAcquire(1, 0).IsAcquired);
        Assert.True(translated.AttemptAcquire(1).IsAcquired);
        using RateLimitLease refused = await translated.AcquireAsync(1);
        Assert.False(refused.IsAcquired);
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retryAfter));
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.Quota, out string? quota));
        Assert.Equal((TimeSpan.FromMinutes(1), "minute"), (retryAfter, quota));
        Assert.Equal((0L, 1L, 1L), (limiter.GetStatistics("user 1")!.CurrentAvailablePermits, limiter.Totals.Granted, limiter.Totals.Refused));
        limiter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => limiter.TryAcquire("user 1"));
        Assert.NotNull(limiter.GetStatistics("user 1"));
    }

    [Fact]
    public void Threads_never_get_more_than_a_key_has()
    {
        foreach (KeyOverflow overflow in Enum.GetValues<KeyOverflow>())
        {
            using var limiter = new KeyedRateLimiter<int>(Options<int>(1_000, overflow, RateQuota.PerDay(100)), _time);
            long[] granted = new long[200];
            Race.Run(8, thread =>
            {
                for (int i = 0; i < 30_000; i++)
                {
                    int key = thread.Random.Next(granted.Length);
                    if (limiter.TryAcquire(key))
                    {
                        Interlocked.Increment(ref granted[key]);
                    }
                }
            });
            Assert.All(granted, count => Assert.Equal(100, count));
            Assert.Equal(200 * 100, limiter.Totals.Granted);
        }
    }

    [Fact]
    public void Centuries_and_clocks_that_go_back_do_not_confuse_it()
    {
        var time = new SteppedClock();
        using var limiter = new KeyedRateLimiter<int>(Options<int>(100, quotas: [RateQuota.PerDay(1)]), time);
        foreach (int days in (int[])[1, 4_000, 40_000, 50_000])
        {
            time.Step(TimeSpan.FromDays(days));
            Assert.True(limiter.TryAcquire(1));
            Assert.False(limiter.TryAcquire(1));
            time.Step(TimeSpan.FromHours(-5));
            Assert.False(limiter.TryAcquire(1));
            time.Step(TimeSpan.FromHours(5));
        }
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new KeyedRateLimiter<int>(null!));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<int>(new KeyedRateLimiterOptions<int>()));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<int>(Options<int>(0, quotas: [RateQuota.PerDay(1)])));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<int>(Options<int>(10, (KeyOverflow)9, RateQuota.PerDay(1))));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<Uri>(Options<Uri>(10, quotas: [RateQuota.PerDay(1)]))); // no hash
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyedRateLimiter<int>(Options<int>(10, quotas: [new RateQuota(1, TimeSpan.MaxValue)])));
        using var limiter = new KeyedRateLimiter<string>(Options<string>(10, quotas: [RateQuota.PerDay(1)]), _time);
        Assert.Throws<ArgumentNullException>(() => limiter.Reconfigure([null!]));
        Assert.Throws<ArgumentNullException>(() => limiter.Reconfigure([(RateQuota)null!]));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<int>(new KeyedRateLimiterOptions<int> { Quotas = { (QuotaSetting)null! } }));
        Assert.Throws<ArgumentException>(() => new KeyedRateLimiter<int>(new KeyedRateLimiterOptions<int> { Quotas = { RateQuota.PerDay(1) }, FurtherClasses = { null! } }));
        Assert.Throws<ArgumentException>(() => new CompositeLimiter(new CompositeLimiterOptions { Quotas = { (QuotaSetting)null! } }));
        Assert.Throws<ArgumentNullException>(() => limiter.TryAcquire(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryAcquire("a", 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryAcquire("a", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Refund("a", 0));
    }

    [Fact]
    public void A_hash_of_the_users_makes_any_type_a_key()
    {
        KeyedRateLimiterOptions<Uri> options = Options<Uri>(10, quotas: [RateQuota.PerDay(1)]);
        options.Hash = uri => (ulong)uri.Host.Length;
        using var limiter = new KeyedRateLimiter<Uri>(options, _time);
        Assert.True(limiter.TryAcquire(new Uri("http://a.example/1")));
        Assert.False(limiter.TryAcquire(new Uri("http://b.example/2"))); // the same hash is the same key
    }

    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31UL)]
    [InlineData(1, 0x74f839c593dc67fdUL)]
    [InlineData(8, 0x93f5f5799a932462UL)]
    [InlineData(15, 0xa129ca6149be45e5UL)]
    public void SipHash_equals_the_published_vectors(int length, ulong expected)
    {
        // Aumasson and Bernstein (2012), appendix A (15 bytes) and reference vectors, SipHash-2-4: key 00..0f, data 00, 01, ..
        byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        Assert.Equal(expected, SipHash.Compute(data, 0x0706050403020100, 0x0f0e0d0c0b0a0908, strong: true));
        Assert.Equal(SipHash.Compute(BitConverter.GetBytes(42UL), 1, 2), SipHash.Compute(42UL, 1, 2));
    }

    private static KeyedRateLimiterOptions<TKey> Options<TKey>(int capacity, KeyOverflow overflow = KeyOverflow.Reject, params RateQuota[] quotas)
        where TKey : notnull
    {
        var options = new KeyedRateLimiterOptions<TKey> { Capacity = capacity, Overflow = overflow };
        Array.ForEach(quotas, quota => options.Quotas.Add(quota));
        return options;
    }

    /// <summary>Makes a limiter in which a newcomer finds no place.</summary>
    private KeyedRateLimiter<int> Full(KeyOverflow overflow, out int newcomer)
    {
        var limiter = new KeyedRateLimiter<int>(Options<int>(50, overflow, RateQuota.PerDay(1)), _time);
        newcomer = 0;
        while (limiter.Totals is { OverflowRejected: 0, OverflowEvicted: 0, OverflowShared: 0 } || limiter.CountIndebtedKeys() < limiter.TableBytes / 16)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            limiter.TryAcquire(newcomer++);
        }

        return limiter;
    }
}
