namespace Primitives;

/// <summary>One run of a factory, the callers that wait for it, and its outcome. Thread-safe.</summary>
internal sealed class Flight<TValue> : IDisposable
{
    private const int Flying = 0;
    private const int Cancelled = 1;
    private const int Landed = 2;

    // Invariants:
    //   I1  _callers goes 1 -> ... -> 0 and never leaves 0: a flight all callers have left cannot be joined any more.
    //   I2  _phase leaves Flying once, for Cancelled or for Landed; so the token is never cancelled after the landing, and
    //       whoever made the step, alone, disposes of the source.
    private readonly TaskCompletionSource<TValue> _landing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private int _callers = 1;
    private int _phase;

    public FlightNode Node { get; } = new();

    public CancellationToken Token => _cancellation.Token;

    public Task<TValue> Landing => _landing.Task;

    public bool TryJoin()
    {
        int seen = Volatile.Read(ref _callers);
        while (seen > 0)
        {
            int previous = Interlocked.CompareExchange(ref _callers, seen + 1, seen); // publishes one more to wait for
            if (previous == seen)
            {
                return true;
            }

            seen = previous; // a stale count only costs another turn; zero is final by I1
        }

        return false;
    }

    /// <summary>Takes one caller off.</summary>
    /// <returns><see langword="true"/> if it was the last.</returns>
    public bool Leave() => Interlocked.Decrement(ref _callers) == 0;

    /// <summary>Asks the factory to stop, if it still runs. What is registered with its token runs on the pool, not on the
    /// caller that leaves.</summary>
    public async Task AbandonAsync()
    {
        if (Interlocked.CompareExchange(ref _phase, Cancelled, Flying) == Flying)
        {
            // What the callbacks throw is seen by nobody, but is no unobserved exception either.
            await _cancellation.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Dispose();
        }
    }

    /// <summary>Publishes the outcome of the factory, which has ended.</summary>
    public void Land(Task<TValue> run)
    {
        Node.Land();
        if (Interlocked.CompareExchange(ref _phase, Landed, Flying) == Flying)
        {
            Dispose();
        }

        _landing.SetFromTask(run);
        _ = _landing.Task.Exception; // counts as observed, as there may be nobody left to await it
    }

    public void Dispose() => _cancellation.Dispose();
}
