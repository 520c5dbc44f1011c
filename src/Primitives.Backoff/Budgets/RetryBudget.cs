namespace Primitives;

/// <summary>
/// Bounds the retries of all callers of one dependency together, so that when everything fails they add a fraction to its
/// load and do not multiply it.
/// </summary>
/// <remarks>
/// <para>Call <see cref="OnRequest"/> before a first attempt, <see cref="TryRetry"/> before each retry, and after every
/// attempt and every granted retry <see cref="OnAttemptEnded"/>. <see cref="Retry"/> does all three.</para>
/// <para><b>Guarantee.</b> For any interleaving of callers: <see cref="ByRatio"/>: in any interval of <c>w</c> seconds at
/// most <c>burst + ratio * requests + reservePerSecond * (w + 1)</c> retries, or one more where the reserve is below one a
/// second. <see cref="ByConcurrency"/>: at the moment one is granted, retries in flight are at most
/// <c>max(minimum, ratio * attempts in flight)</c>. <see cref="Grpc"/>: none while the tokens are at or below half.</para>
/// <para><b>Cost.</b> O(1), lock-free, no allocation. While all is well, <see cref="OnRequest"/> and
/// <see cref="OnAttemptEnded"/> of the token budgets only read a word, as the budget is full.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads.</para>
/// <para><b>Source.</b> Finagle's RetryBudget; Envoy's <c>retry_budget</c>; gRPC proposal A6, "Retry throttling".</para>
/// </remarks>
public abstract class RetryBudget
{
    private PaddedInt64 _granted;
    private PaddedInt64 _refused;

    private protected RetryBudget()
    {
    }

    /// <summary>Gets the number of retries granted.</summary>
    public long Granted => Volatile.Read(ref _granted.Value);

    /// <summary>Gets the number of retries refused.</summary>
    public long Refused => Volatile.Read(ref _refused.Value);

    /// <summary>Creates a token bucket: every request pays in a fraction of a token, every retry takes one, and a reserve
    /// lets few retries through where there are few requests.</summary>
    /// <param name="ratio">Retries per request. From 0 to 10; 0.2 is 20 % more load at most.</param>
    /// <param name="reservePerSecond">Retries a second whatever the requests. From 0 to 1,000,000. One second's worth can
    /// be saved up, and at least one retry.</param>
    /// <param name="burst">How many retries the requests can save up. From 1 to 1,000,000.</param>
    /// <param name="timeProvider">The clock of the reserve; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <returns>The budget: nothing saved, the reserve full.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static RetryBudget ByRatio(double ratio = 0.2, double reservePerSecond = 10, int burst = 100, TimeProvider? timeProvider = null) =>
        Create(new RetryBudgetOptions { Kind = RetryBudgetKind.Ratio, Ratio = ratio, ReservePerSecond = reservePerSecond, Burst = burst }, timeProvider);

    /// <summary>Creates a budget of retries in flight, as a share of attempts in flight.</summary>
    /// <param name="ratio">The share. From 0 to 1.</param>
    /// <param name="minimum">How many may be in flight whatever the share. From 0 to 1,000,000.</param>
    /// <returns>The budget.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static RetryBudget ByConcurrency(double ratio = 0.2, int minimum = 3) =>
        Create(new RetryBudgetOptions { Kind = RetryBudgetKind.Concurrency, Ratio = ratio, Minimum = minimum }, null);

    /// <summary>Creates gRPC's throttle: a failed attempt takes a token, a good one gives back a fraction, and retries stop
    /// while no more than half of the tokens are left.</summary>
    /// <param name="maxTokens">The tokens at the start and at most. From 1 to 1,000,000.</param>
    /// <param name="ratio">What an attempt that succeeds gives back, in tokens. From 0.001 to 10.</param>
    /// <returns>The budget, full.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static RetryBudget Grpc(int maxTokens = 10, double ratio = 0.1) =>
        Create(new RetryBudgetOptions { Kind = RetryBudgetKind.Grpc, Ratio = ratio, Burst = maxTokens }, null);

    /// <summary>Notes that a request starts, that is, its first attempt.</summary>
    public abstract void OnRequest();

    /// <summary>Asks whether a retry may be made now.</summary>
    /// <returns>If <see langword="true"/>, make it, and call <see cref="OnAttemptEnded"/> in any case.</returns>
    public bool TryRetry()
    {
        bool granted = TryTake();
        Interlocked.Increment(ref granted ? ref _granted.Value : ref _refused.Value);
        return granted;
    }

    /// <summary>Notes that an attempt ended. Once for each <see cref="OnRequest"/> and each granted
    /// <see cref="TryRetry"/>.</summary>
    /// <param name="isRetry">Whether it was granted by <see cref="TryRetry"/>.</param>
    /// <param name="outcome">How it ended.</param>
    public abstract void OnAttemptEnded(bool isRetry, AttemptOutcome outcome);

    internal static RetryBudget Create(RetryBudgetOptions options, TimeProvider? timeProvider)
    {
        RetryBudgetOptionsValidator.ThrowIfInvalid(options);
        return options.Kind switch
        {
            RetryBudgetKind.Concurrency => new ConcurrencyRetryBudget(options),
            RetryBudgetKind.Grpc => new GrpcRetryBudget(options),
            _ => new RatioRetryBudget(options, timeProvider ?? TimeProvider.System),
        };
    }

    /// <summary>Takes over new limits of the same kind. What was saved stays, up to the new limits.</summary>
    internal abstract void Apply(RetryBudgetOptions options);

    private protected abstract bool TryTake();
}
