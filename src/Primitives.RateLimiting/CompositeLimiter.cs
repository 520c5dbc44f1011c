using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// Several quotas at once, so many per second, per minute, per day: a request takes its permits from all of them or from
/// none, and a refusal names the quota that refused.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Each quota is kept as a <see cref="TokenBucketLimiter"/> keeps it. A refused request takes
/// nothing anywhere. A retry after exactly <see cref="RateLimitDecision.RetryAfter"/>, the longest wait of the quotas that
/// refuse, succeeds if no other caller came in between, and one 100 ns earlier it fails.</para>
/// <para><b>Cost.</b> O(quotas), no allocation, one short lock and one clock reading.</para>
/// <para><b>Accuracy.</b> Rounding is that of <see cref="TokenBucketLimiter"/>.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// </remarks>
public sealed class CompositeLimiter : QuotaLimiter
{
    private GcraRate[] _rates; // replaced as a whole, in step with _buckets, under the lock
    private Bucket[] _buckets;
    private int _limit;

    /// <summary>Creates a limiter with all quotas unused, that lets nobody wait.</summary>
    /// <param name="quotas">The quotas. At least one.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quotas"/> or one of them is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There are none, or one takes more than <c>2^58</c> clock ticks to refill.</exception>
    public CompositeLimiter(IEnumerable<RateQuota> quotas, TimeProvider? timeProvider = null)
        : this(quotas, LimiterQueue.None, timeProvider)
    {
    }

    /// <summary>Creates a limiter with all quotas unused.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public CompositeLimiter(CompositeLimiterOptions options, TimeProvider? timeProvider = null)
        : this(LimiterOptions.Checked(options).ToQuotas(), options.ToQueue(), timeProvider)
    {
    }

    private CompositeLimiter(IEnumerable<RateQuota> quotas, LimiterQueue queue, TimeProvider? timeProvider)
        : base(queue, timeProvider)
    {
        _rates = ToRates(quotas, Clock.TimestampFrequency);
        long now = Clock.GetTimestamp();
        _buckets = Array.ConvertAll(_rates, rate => Bucket.Full(rate, now));
        _limit = _rates.Min(rate => rate.Limit);
    }

    /// <summary>Gets the quotas in force, in their order, which <see cref="RateLimitDecision.QuotaIndex"/> counts.</summary>
    public ImmutableArray<RateQuota> Quotas => [.. Volatile.Read(ref _rates).Select(rate => rate.Quota)];

    /// <inheritdoc/>
    /// <value>The smallest burst.</value>
    public override int Limit => Volatile.Read(ref _limit);

    /// <summary>Books permits of all quotas ahead of their time, so that the caller can come back when it has.</summary>
    /// <param name="permits">The permits. From 1 to <see cref="QuotaLimiter.Limit"/>.</param>
    /// <param name="maxDelay">The longest acceptable <see cref="RateLimitReservation.Delay"/>. Not negative.</param>
    /// <param name="reservation">The reservation, charged already, if the result is <see langword="true"/>.</param>
    /// <returns><see langword="false"/>, with nothing taken, if the delay would be longer, others wait, or as much is booked
    /// already as <see cref="Consume"/> can owe.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive or more than could ever be
    /// granted, or <paramref name="maxDelay"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryReserve(int permits, TimeSpan maxDelay, [NotNullWhen(true)] out RateLimitReservation? reservation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDelay, TimeSpan.Zero);
        return TryReserveThroughLock(permits, maxDelay, out reservation);
    }

    /// <summary>Takes permits from every quota whether or not they are there; see
    /// <see cref="TokenBucketLimiter.Consume"/>.</summary>
    /// <param name="permits">The permits. At least 1; may exceed <see cref="QuotaLimiter.Limit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or a debt would be more than
    /// <c>2^60</c> units of the clock; nothing was taken.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Consume(int permits) => ConsumeThroughLock(permits);

    /// <summary>Changes the quotas. What was taken from the quota at an index, and has not been replenished, stays taken
    /// from the new quota at that index, in permits; quotas beyond the old ones start unused. Waiting callers for more than
    /// the new limit are refused.</summary>
    /// <param name="quotas">The new quotas. At least one.</param>
    /// <exception cref="ArgumentNullException"><paramref name="quotas"/> or one of them is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">As for the constructor; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reconfigure(params IEnumerable<RateQuota> quotas) =>
        Change(
            static (limiter, rates) => ((CompositeLimiter)limiter).ReconfigureLocked(rates),
            ToRates(quotas, Clock.TimestampFrequency));

    internal static GcraRate[] ToRates(IEnumerable<RateQuota> quotas, long frequency)
    {
        ArgumentNullException.ThrowIfNull(quotas);
        GcraRate[] rates =
        [
            .. quotas.Select(quota => new GcraRate(quota ?? throw new ArgumentNullException(nameof(quotas)), frequency, nameof(quotas))),
        ];
        return rates.Length > 0 ? rates : throw new ArgumentException("There must be at least one quota.", nameof(quotas));
    }

    private protected override string? QuotaName(in RateLimitDecision decision)
    {
        GcraRate[] rates = Volatile.Read(ref _rates); // may have been exchanged for fewer since the decision
        return decision.QuotaIndex < rates.Length ? rates[decision.QuotaIndex].Quota.Name : null;
    }

    private protected override bool TakeLocked(int permits, out RateLimitDecision decision)
    {
        long now = Clock.GetTimestamp();
        decision = DecideLocked(permits, now);
        if (!decision.IsAcquired)
        {
            return false;
        }

        for (int i = 0; i < _rates.Length; i++)
        {
            _buckets[i].Advance(_rates[i], now);
            _buckets[i].Credit -= permits * _rates[i].UnitsPerPermit;
        }

        decision = DecideLocked(0, now); // what is left where least is left
        return true;
    }

    private protected override RateLimitDecision PeekLocked(int permits) => DecideLocked(permits, Clock.GetTimestamp());

    private protected override bool TryConsumeLocked(int permits)
    {
        AdvanceLocked();
        Bucket[] charged = [.. _buckets];
        for (int i = 0; i < _rates.Length; i++)
        {
            if (!charged[i].TryCharge(_rates[i], permits))
            {
                return false;
            }
        }

        _buckets = charged;
        return true;
    }

    private protected override void RefundLocked(int permits)
    {
        AdvanceLocked();
        for (int i = 0; i < _rates.Length; i++)
        {
            _buckets[i].Refund(_rates[i], permits);
        }
    }

    private protected override void ResetLocked()
    {
        AdvanceLocked();
        for (int i = 0; i < _rates.Length; i++)
        {
            _buckets[i].Credit = _rates[i].Fill;
        }
    }

    private protected override TimeSpan? IdleLocked()
    {
        TimeSpan? least = TimeSpan.MaxValue;
        for (int i = 0; i < _rates.Length && least is not null; i++)
        {
            TimeSpan? idle = _buckets[i].Idle(_rates[i], Clock);
            least = idle < least || idle is null ? idle : least;
        }

        return least;
    }

    private void ReconfigureLocked(GcraRate[] rates)
    {
        AdvanceLocked();
        var buckets = new Bucket[rates.Length];
        for (int i = 0; i < rates.Length; i++)
        {
            buckets[i] = Bucket.Full(rates[i], Clock.GetTimestamp());
            if (i < _rates.Length)
            {
                buckets[i] = _buckets[i];
                buckets[i].Convert(_rates[i], rates[i]);
            }
        }

        _buckets = buckets;
        Volatile.Write(ref _rates, rates);
        Volatile.Write(ref _limit, rates.Min(rate => rate.Limit));
    }

    private void AdvanceLocked()
    {
        long now = Clock.GetTimestamp();
        for (int i = 0; i < _rates.Length; i++)
        {
            _buckets[i].Advance(_rates[i], now);
        }
    }

    /// <summary>Decides about permits, which must fit every quota, or about none; changes nothing, so that it can still be
    /// told since when a bucket is full.</summary>
    private RateLimitDecision DecideLocked(int permits, long now)
    {
        RateLimitDecision chosen = default;
        for (int i = 0; i < _rates.Length; i++)
        {
            Bucket bucket = _buckets[i];
            bucket.Advance(_rates[i], now);
            long missing = (permits * _rates[i].UnitsPerPermit) - bucket.Credit;
            RateLimitDecision decision = _rates[i].Decide(permits == 0 || missing <= 0, bucket.Credit, missing, i);
            if (i == 0 || decision.IsTighterThan(chosen))
            {
                chosen = decision;
            }
        }

        return chosen;
    }
}
