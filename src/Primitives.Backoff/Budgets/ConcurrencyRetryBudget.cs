namespace Primitives;

/// <summary>See <see cref="RetryBudget.ByConcurrency"/>.</summary>
internal sealed class ConcurrencyRetryBudget : RetryBudget
{
    // Attempts in flight in the low half, retries among them in the high half: one word, so that the share that is judged
    // is one that was.
    private const long OneAttempt = 1;
    private const long OneRetry = 1L << 32;

    private PaddedInt64 _inFlight;
    private double _ratio;
    private int _minimum;

    public ConcurrencyRetryBudget(RetryBudgetOptions options) => Apply(options);

    public override void OnRequest() => Interlocked.Add(ref _inFlight.Value, OneAttempt);

    public override void OnAttemptEnded(bool isRetry, AttemptOutcome outcome) =>
        Interlocked.Add(ref _inFlight.Value, isRetry ? -(OneAttempt + OneRetry) : -OneAttempt);

    internal override void Apply(RetryBudgetOptions options)
    {
        Volatile.Write(ref _ratio, options.Ratio);
        Volatile.Write(ref _minimum, options.Minimum);
    }

    private protected override bool TryTake()
    {
        long observed = Volatile.Read(ref _inFlight.Value);
        while (true)
        {
            long next = observed + OneAttempt + OneRetry;
            long retries = next >> 32;
            if (retries > Math.Max(Volatile.Read(ref _minimum), Volatile.Read(ref _ratio) * (uint)next))
            {
                return false;
            }

            // Publishes the retry; that the word is unchanged means the share judged above is the current one.
            long previous = Interlocked.CompareExchange(ref _inFlight.Value, next, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }
    }
}
