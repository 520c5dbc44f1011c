namespace Primitives.Tests;

/// <summary>Reservations that are cancelled late, twice, after a reset, or made until nothing more can be booked.</summary>
public class ReservationTests
{
    private static readonly RateQuota Five = new(5, TimeSpan.FromSeconds(5));

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Cancelling_after_a_reset_gives_nothing_back(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Five, _time);
        while (limiter.TryAcquire())
        {
        }

        Assert.True(TryReserve(limiter, 3, TimeSpan.MaxValue, out RateLimitReservation? reservation));
        limiter.Reset();
        while (limiter.TryAcquire())
        {
        }

        Assert.False(reservation!.Cancel()); // the reset forgot it; what is taken now was taken by others
        Assert.False(limiter.TryAcquire());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_can_be_cancelled_until_the_tick_before_its_time_and_once_by_whoever_is_first(string kind)
    {
        using QuotaLimiter limiter = LimiterKind.Make(kind, Five, _time);
        while (limiter.TryAcquire())
        {
        }

        Assert.True(TryReserve(limiter, 2, TimeSpan.MaxValue, out RateLimitReservation? reservation));
        Assert.True(TryReserve(limiter, 1, TimeSpan.MaxValue, out RateLimitReservation? late));
        _time.Advance(reservation!.Delay - TimeSpan.FromTicks(1));
        int cancelled = 0;
        Race.Run(4, _ => Interlocked.Add(ref cancelled, reservation.Cancel() ? 1 : 0));
        Assert.Equal(1, cancelled);
        _time.Advance(late!.Delay);
        Assert.False(late.Cancel());
        limiter.Dispose();
        Assert.False(late.Cancel());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Booking_ahead_ends_with_a_no_and_not_with_an_exception(string kind)
    {
        // So many that a debt of 2^60 units is some hours; every one asks for all there is.
        using QuotaLimiter limiter = LimiterKind.Make(kind, new RateQuota(65_521, TimeSpan.FromSeconds(100)), _time);
        int booked = 0;
        while (TryReserve(limiter, limiter.Limit, TimeSpan.MaxValue, out _))
        {
            Assert.InRange(++booked, 1, 10_000);
        }

        Assert.True(booked > 10);
        RateLimitDecision decision = limiter.Peek();
        Assert.False(decision.IsAcquired);
        Assert.InRange(decision.RetryAfter, TimeSpan.FromHours(1), TimeSpan.FromDays(20_000));
        _time.Advance(decision.RetryAfter);
        Assert.True(limiter.TryAcquire());
    }

    public static TheoryData<string> Kinds => ["token bucket", "leaky bucket", "composite"];

    private static bool TryReserve(QuotaLimiter limiter, int permits, TimeSpan maxDelay, out RateLimitReservation? reservation) => limiter switch
    {
        TokenBucketLimiter bucket => bucket.TryReserve(permits, maxDelay, out reservation),
        LeakyBucketLimiter bucket => bucket.TryReserve(permits, maxDelay, out reservation),
        CompositeLimiter composite => composite.TryReserve(permits, maxDelay, out reservation),
        _ => throw new ArgumentException("No reservations.", nameof(limiter)),
    };
}
