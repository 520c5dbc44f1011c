namespace Primitives;

/// <summary>See <see cref="RetryBudget.Grpc"/>.</summary>
internal sealed class GrpcRetryBudget : RetryBudget
{
    private PaddedInt64 _tokens; // millionths
    private long _max;
    private long _perSuccess;

    public GrpcRetryBudget(RetryBudgetOptions options)
    {
        Apply(options);
        _tokens.Value = _max;
    }

    public override void OnRequest()
    {
    }

    public override void OnAttemptEnded(bool isRetry, AttemptOutcome outcome)
    {
        switch (outcome)
        {
            case AttemptOutcome.Succeeded:
                MicroTokens.Add(ref _tokens.Value, Volatile.Read(ref _perSuccess), Volatile.Read(ref _max));
                break;
            case AttemptOutcome.Failed:
                Lower(MicroTokens.One);
                break;
            default:
                break;
        }
    }

    internal override void Apply(RetryBudgetOptions options)
    {
        Volatile.Write(ref _perSuccess, MicroTokens.From(options.Ratio));
        Volatile.Write(ref _max, options.Burst * MicroTokens.One);
    }

    private protected override bool TryTake() => Volatile.Read(ref _tokens.Value) > Volatile.Read(ref _max) / 2;

    private void Lower(long amount)
    {
        long observed = Volatile.Read(ref _tokens.Value);
        while (observed > 0)
        {
            // Never below zero: an outage must not have to be paid off for longer than it lasted.
            long previous = Interlocked.CompareExchange(ref _tokens.Value, Math.Max(0, observed - amount), observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }
}
