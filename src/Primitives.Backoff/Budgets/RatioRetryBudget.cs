namespace Primitives;

/// <summary>See <see cref="RetryBudget.ByRatio"/>.</summary>
internal sealed class RatioRetryBudget : RetryBudget
{
    private readonly TimeProvider _timeProvider;
    private PaddedInt64 _saved; // what requests paid in, in millionths of a retry

    // The reserve is a token bucket kept as the instant at which it last was, or would have been, empty. It only grows, and
    // every swap leaves it at or below the clock reading that was used, so a stale reading refuses and never overdraws.
    private PaddedInt64 _emptyAt;

    private Limits _limits;

    public RatioRetryBudget(RetryBudgetOptions options, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _limits = LimitsFor(options);
        _emptyAt.Value = timeProvider.GetTimestamp() - _limits.TicksToFill;
    }

    public override void OnRequest()
    {
        Limits limits = Volatile.Read(ref _limits);
        MicroTokens.Add(ref _saved.Value, limits.PerRequest, limits.Burst);
    }

    public override void OnAttemptEnded(bool isRetry, AttemptOutcome outcome)
    {
    }

    internal override void Apply(RetryBudgetOptions options) => Volatile.Write(ref _limits, LimitsFor(options));

    private protected override bool TryTake()
    {
        if (MicroTokens.TryTakeOne(ref _saved.Value))
        {
            return true;
        }

        Limits limits = Volatile.Read(ref _limits);
        if (limits.TicksPerToken == 0)
        {
            return false;
        }

        long now = _timeProvider.GetTimestamp();
        long observed = Volatile.Read(ref _emptyAt.Value);
        while (true)
        {
            long next = Math.Max(observed, now - limits.TicksToFill) + limits.TicksPerToken;
            if (next > now)
            {
                return false;
            }

            // Publishes that the token is gone.
            long previous = Interlocked.CompareExchange(ref _emptyAt.Value, next, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }
    }

    private Limits LimitsFor(RetryBudgetOptions options)
    {
        double perSecond = options.ReservePerSecond;
        long perToken = perSecond == 0 ? 0 : (long)Math.Min(Math.Ceiling(_timeProvider.TimestampFrequency / perSecond), long.MaxValue / 4);
        long toFill = perToken == 0 ? 0 : Math.Max(perToken, _timeProvider.TimestampFrequency / perToken * perToken);
        return new Limits(MicroTokens.From(options.Ratio), options.Burst * MicroTokens.One, perToken, toFill);
    }

    /// <param name="PerRequest">What a request pays in.</param>
    /// <param name="Burst">The most that is saved.</param>
    /// <param name="TicksPerToken">Clock ticks in which the reserve gains a retry; 0 for no reserve.</param>
    /// <param name="TicksToFill">Whole tokens' worth of ticks, about a second's and at least one's.</param>
    private sealed record Limits(long PerRequest, long Burst, long TicksPerToken, long TicksToFill);
}
