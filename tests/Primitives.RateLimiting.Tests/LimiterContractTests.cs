using System.Threading.RateLimiting;

namespace Primitives.Tests;

/// <summary>What every limiter promises, whatever it counts.</summary>
public class LimiterContractTests
{
    private static readonly RateQuota Three = new(3, TimeSpan.FromSeconds(3));

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void A_retry_after_exactly_the_time_given_succeeds_and_one_tick_earlier_fails(string kind)
    {
        foreach (long frequency in (long[])[1_000_000_000, 10_000_000])
        {
            foreach (RateQuota quota in (RateQuota[])[Three, RateQuota.PerSecond(7), RateQuota.PerDay(3), new(3, TimeSpan.FromTicks(1_234_567))])
            {
                var time = new ManualTimeProvider(frequency: frequency);
                using QuotaLimiter limiter = LimiterKind.Make(kind, quota, time);
                for (int round = 0; round < 20; round++)
                {
                    while (limiter.TryAcquire())
                    {
                        time.Advance(TimeSpan.FromTicks(round));
                    }

                    int permits = 1 + (round % limiter.Limit);
                    Assert.False(limiter.TryAcquire(limiter.Limit, out _));
                    if (limiter.TryAcquire(permits, out RateLimitDecision refusal))
                    {
                        continue;
                    }

                    Assert.True(refusal.RetryAfter > TimeSpan.Zero);
                    time.Advance(refusal.RetryAfter - TimeSpan.FromTicks(1));
                    Assert.False(limiter.TryAcquire(permits, out RateLimitDecision again));
                    Assert.Equal(TimeSpan.FromTicks(1), again.RetryAfter);
                    time.Advance(TimeSpan.FromTicks(1));
                    Assert.True(limiter.Peek(permits).IsAcquired);
                    Assert.True(limiter.TryAcquire(permits));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public void Idle_begins_exactly_when_reset_after_has_passed_and_then_grows(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        Assert.Equal(TimeSpan.Zero, limiter.IdleDuration);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(20), limiter.IdleDuration);

        Assert.True(limiter.TryAcquire());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        limiter.TryAcquire();
        Assert.Null(limiter.IdleDuration);
        TimeSpan reset = limiter.Peek().ResetAfter;
        _time.Advance(reset - TimeSpan.FromTicks(1));
        Assert.Null(limiter.IdleDuration);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.Zero, limiter.IdleDuration);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.NotNull(limiter.GetStatistics());
        Assert.Equal(TimeSpan.FromSeconds(11), limiter.IdleDuration);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public void A_refund_of_all_that_was_taken_begins_idleness_and_more_than_that_changes_nothing(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(limiter.TryAcquire());
        _time.Advance(TimeSpan.FromMilliseconds(10));
        limiter.Refund(int.MaxValue);
        Assert.Equal(TimeSpan.Zero, limiter.IdleDuration);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(4), limiter.IdleDuration);
        Assert.Equal(kind == "leaky bucket" ? 1 : 3, limiter.GetStatistics()!.CurrentAvailablePermits);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.Names), MemberType = typeof(LimiterKind))]
    public async Task Zero_permits_count_as_a_lease_whichever_way_they_are_asked_for(string kind)
    {
        foreach (int queueLimit in (int[])[0, 5])
        {
            using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time, queueLimit);
            Assert.True(limiter.AttemptAcquire(0).IsAcquired);
            Assert.True((await limiter.AcquireAsync(0)).IsAcquired);
            Assert.Equal(2, limiter.GetStatistics()!.TotalSuccessfulLeases);
            while (limiter.TryAcquire())
            {
            }

            long refused = limiter.GetStatistics()!.TotalFailedLeases;
            Assert.False(limiter.AttemptAcquire(0).IsAcquired);
            Assert.Equal(refused + 1, limiter.GetStatistics()!.TotalFailedLeases);
        }
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public async Task Bad_arguments_and_disposed_limiters_throw(string kind)
    {
        QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time, queueLimit: 3);
        foreach (int permits in (int[])[0, -1, int.MinValue, 4, int.MaxValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => limiter.TryAcquire(permits));
            Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Peek(permits));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.AttemptAcquire(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.AttemptAcquire(-1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => limiter.AcquireAsync(4).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Refund(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LimiterKind.Make(kind, Three, _time, queueLimit: 0).AttemptAcquire(4));

        limiter.Dispose();
        limiter.Dispose();
        Assert.Throws<ObjectDisposedException>(() => limiter.TryAcquire());
        Assert.Throws<ObjectDisposedException>(() => limiter.AttemptAcquire());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => limiter.AcquireAsync().AsTask());
        Assert.Throws<ObjectDisposedException>(() => limiter.Peek());
        Assert.Throws<ObjectDisposedException>(() => limiter.Refund(1));
        Assert.Throws<ObjectDisposedException>(() => limiter.Reset());
        Assert.NotNull(limiter.GetStatistics()); // never throws
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Peek_takes_nothing_refund_gives_back_and_reset_forgets(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(limiter.Peek().IsAcquired);
        }

        int taken = 0;
        while (limiter.TryAcquire())
        {
            taken++;
        }

        Assert.False(limiter.Peek().IsAcquired);
        limiter.Refund(1);
        Assert.True(limiter.TryAcquire());
        Assert.False(limiter.TryAcquire());
        limiter.Reset();
        for (int i = 0; i < taken; i++)
        {
            Assert.True(limiter.TryAcquire());
        }

        Assert.False(limiter.TryAcquire());
        limiter.Refund(1_000_000); // no more comes back than was taken
        Assert.Equal(taken, limiter.GetStatistics()!.CurrentAvailablePermits);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesWithBurst), MemberType = typeof(LimiterKind))]
    public void A_request_takes_all_its_permits_or_none(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        Assert.True(limiter.TryAcquire(2));
        Assert.False(limiter.TryAcquire(2, out RateLimitDecision decision));
        Assert.Equal((3, 1L), (decision.Limit, decision.Remaining));
        Assert.True(limiter.TryAcquire(1, out decision));
        Assert.Equal((true, 0L, TimeSpan.Zero), (decision.IsAcquired, decision.Remaining, decision.RetryAfter));
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void A_refused_lease_lists_exactly_the_metadata_it_has_and_a_granted_one_has_none(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        using RateLimitLease granted = limiter.AttemptAcquire();
        Assert.True(granted.IsAcquired);
        Assert.Empty(granted.MetadataNames);
        Assert.False(granted.TryGetMetadata(MetadataName.RetryAfter, out _));
        while (limiter.TryAcquire())
        {
        }

        Assert.False(limiter.TryAcquire(1, out RateLimitDecision decision));
        using RateLimitLease refused = limiter.AttemptAcquire();
        Assert.False(refused.IsAcquired);
        Assert.All(refused.MetadataNames, name => Assert.True(refused.TryGetMetadata(name, out object? value) && value is not null));
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retryAfter));
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.Limit, out int limit));
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.Remaining, out long remaining));
        Assert.True(refused.TryGetMetadata(RateLimitMetadata.ResetAfter, out TimeSpan resetAfter));
        Assert.Equal((decision.RetryAfter, 3, decision.Remaining, decision.ResetAfter), (retryAfter, limit, remaining, resetAfter));
        Assert.False(refused.TryGetMetadata("REASON_PHRASE", out _));
        Assert.False(refused.TryGetMetadata(RateLimitMetadata.Quota, out _));
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Statistics_count_grants_and_refusals(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        int granted = 0;
        while (limiter.TryAcquire())
        {
            granted++;
        }

        limiter.AttemptAcquire().Dispose();
        RateLimiterStatistics statistics = limiter.GetStatistics()!;
        Assert.Equal((granted, 2L), (statistics.TotalSuccessfulLeases, statistics.TotalFailedLeases));
        Assert.Equal((0L, 0L), (statistics.CurrentAvailablePermits, statistics.CurrentQueuedCount));
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Zero_permits_ask_whether_there_is_one_and_take_none(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, _time);
        Assert.True(limiter.AttemptAcquire(0).IsAcquired);
        while (limiter.TryAcquire())
        {
            Assert.Equal(limiter.Peek().IsAcquired, limiter.AttemptAcquire(0).IsAcquired);
        }

        Assert.False(limiter.AttemptAcquire(0).IsAcquired);
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Neither_grant_nor_refusal_by_TryAcquire_allocates(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, RateQuota.PerSecond(1_000_000), TimeProvider.System);
        Allocation.AssertNone(() => limiter.TryAcquire(1, out _));
        Allocation.AssertNone(() => limiter.AttemptAcquire(0).Dispose());
        using QuotaLimiter refusing = LimiterKind.Make(kind, RateQuota.PerDay(1), _time);
        refusing.TryAcquire();
        Allocation.AssertNone(() => refusing.TryAcquire(1, out _));
        Allocation.AssertNone(() => refusing.Peek());
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Threads_never_get_more_than_there_is(string kind)
    {
        foreach (int threads in (int[])[2, 8])
        {
            using QuotaLimiter limiter = LimiterKind.Make(kind, new RateQuota(50_000, TimeSpan.FromDays(1)), _time);
            long granted = 0;
            Race.Run(threads, thread =>
            {
                long mine = 0;
                for (int i = 0; i < 60_000; i++)
                {
                    int permits = 1 + (i % 3);
                    mine += limiter.TryAcquire(permits, out _) ? permits : 0;
                }

                Interlocked.Add(ref granted, mine);
            });

            Assert.InRange(granted, kind == "leaky bucket" ? 1 : 49_998, 50_000);
            Assert.Equal(kind == "leaky bucket" ? 0 : 50_000 - granted, limiter.GetStatistics()!.CurrentAvailablePermits);
        }
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void A_clock_that_stalls_goes_back_or_jumps_never_grants_more(string kind)
    {
        var time = new SteppedClock();
        using QuotaLimiter limiter = LimiterKind.Make(kind, Three, time);
        while (limiter.TryAcquire())
        {
        }

        long begun = time.Now;
        Assert.False(limiter.TryAcquire()); // stalled
        time.Now = begun - 10_000_000_000;
        Assert.False(limiter.TryAcquire());
        Assert.Null(limiter.IdleDuration);
        time.Now = begun;
        Assert.False(limiter.TryAcquire());
        time.Now = long.MaxValue / 2; // 146 years
        int granted = 0;
        while (limiter.TryAcquire())
        {
            granted++;
        }

        Assert.InRange(granted, 1, 3);
        time.Now = begun;
        Assert.False(limiter.TryAcquire());
    }

    [Theory]
    [MemberData(nameof(LimiterKind.NamesAndKeyed), MemberType = typeof(LimiterKind))]
    public void Long_idleness_saves_nothing_up(string kind)
    {
        var time = new SteppedClock();
        using QuotaLimiter limiter = LimiterKind.Make(kind, RateQuota.PerSecond(3), time);
        foreach (TimeSpan idle in (TimeSpan[])[TimeSpan.FromDays(1), TimeSpan.FromDays(40_000), TimeSpan.FromDays(50_000)])
        {
            time.Step(idle);
            int granted = 0;
            while (limiter.TryAcquire())
            {
                granted++;
            }

            Assert.Equal(kind == "leaky bucket" ? 1 : 3, granted);
        }
    }
}
