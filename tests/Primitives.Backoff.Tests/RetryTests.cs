using Primitives.Testing;

namespace Primitives.Tests;

public class RetryTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly List<TimeSpan> _calls = []; // when each attempt began, from the first
    private long? _begun;

    [Fact]
    public async Task Tries_until_it_works_after_the_delays_of_the_backoff()
    {
        Task<int> running = Run(Options(Backoff.Exponential(Second, 30 * Second, jitter: BackoffJitter.None)), failures: 3);
        Advance(running, 10 * Second);

        Assert.Equal(3, await running);
        Assert.Equal([0, 1, 3, 7], _calls.Select(call => call.TotalSeconds));
    }

    [Fact]
    public async Task Gives_the_last_exception_when_the_attempts_are_used_up()
    {
        Task<int> running = Run(Options(Backoff.Constant(Second).WithMaxAttempts(3)), failures: 99);
        Advance(running, 10 * Second);

        Assert.Equal("attempt 2", (await Assert.ThrowsAsync<InvalidOperationException>(() => running)).Message);
        Assert.Equal(3, _calls.Count);
    }

    [Fact]
    public async Task Without_a_backoff_it_tries_once()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(Options(default), failures: 1));
        Assert.Single(_calls);
    }

    [Fact]
    public async Task Starts_no_delay_that_would_end_too_late()
    {
        // Each attempt takes 2 s as well, which the enumeration alone could not know: at 0, 3, 6; the next would be at 9.
        RetryOptions options = Options(Backoff.Constant(Second, BackoffJitter.None).WithMaxElapsed(8 * Second));
        Task<int> running = Retry.ExecuteAsync<int>(
            async token =>
            {
                Note();
                await Task.Delay(2 * Second, _time, token);
                throw new InvalidOperationException();
            },
            options).AsTask();
        Advance(running, 30 * Second);

        await Assert.ThrowsAsync<InvalidOperationException>(() => running);
        Assert.Equal([0, 3, 6], _calls.Select(call => call.TotalSeconds));
    }

    [Fact]
    public async Task Asks_the_predicate_whether_an_exception_is_worth_it()
    {
        RetryOptions options = Options(Backoff.Constant(Second));
        options.Decide = exception => exception is TimeoutException ? RetryDecision.Again : RetryDecision.Stop;
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(options, failures: 1));
        Assert.Single(_calls);
    }

    [Fact]
    public async Task Retries_results_and_disposes_those_it_drops()
    {
        List<Reply> replies = [];
        Task<Reply> running = Retry.ExecuteAsync(
            static (made, _) =>
            {
                made.Add(new Reply());
                return new ValueTask<Reply>(made[^1]);
            },
            replies,
            Options(Backoff.Constant(Second).WithMaxAttempts(3)),
            reply => RetryDecision.Again).AsTask();
        Advance(running, 10 * Second);

        Assert.Same(replies[2], await running);
        Assert.Equal([true, true, false], replies.Select(reply => reply.IsDisposed));
    }

    [Fact]
    public async Task P10_A_servers_delay_is_never_cut_short_and_is_spread()
    {
        List<double> waits = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            _calls.Clear();
            _begun = null;
            RetryOptions options = Options(Backoff.Constant(Second).WithSeed(seed));
            options.Decide = _ => RetryDecision.After(8 * Second);
            Task<int> running = Run(options, failures: 1);
            Advance(running, 8 * Second - TimeSpan.FromTicks(1));
            Assert.Single(_calls);
            Advance(running, 2 * Second);
            await running;
            waits.Add(_calls[1].TotalSeconds);
        }

        Assert.True(waits.Min() >= 8 && waits.Max() <= 10);
        Assert.True(waits.Distinct().Count() > 150, "Clients told the same would come back together.");
        Assert.InRange(KolmogorovSmirnov.Uniform([.. waits], 8, 10), 0, 2.42);
    }

    [Fact]
    public async Task P10_A_longer_backoff_wins_over_a_shorter_server_delay()
    {
        RetryOptions options = Options(Backoff.Constant(20 * Second, BackoffJitter.None));
        options.Decide = _ => RetryDecision.After(Second);
        Task<int> running = Run(options, failures: 1);
        Advance(running, 60 * Second);
        await running;
        Assert.InRange(_calls[1].TotalSeconds, 20, 25);
    }

    [Fact]
    public async Task P10_A_server_delay_beyond_the_limit_ends_the_retries_or_is_clamped()
    {
        RetryOptions options = Options(Backoff.Constant(Second));
        options.MaxServerDelay = 10 * Second;
        options.Decide = _ => RetryDecision.After(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(options, failures: 1));
        Assert.Single(_calls);

        options.ClampServerDelay = true;
        Task<int> running = Run(options, failures: 1);
        Advance(running, 60 * Second);
        await running;
        Assert.InRange((_calls[2] - _calls[1]).TotalSeconds, 10, 12.5);
    }

    [Fact]
    public async Task P10_A_server_date_gone_by_leaves_the_computed_delay()
    {
        RetryOptions options = Options(Backoff.Constant(Second, BackoffJitter.None));
        options.Decide = _ => RetryDecision.After(TimeSpan.FromMinutes(-5));
        Task<int> running = Run(options, failures: 1);
        Advance(running, 10 * Second);
        await running;
        Assert.Equal(1, _calls[1].TotalSeconds);
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_cancelled_and_tried_again()
    {
        RetryOptions options = Options(Backoff.Constant(Second, BackoffJitter.None).WithMaxAttempts(2));
        options.AttemptTimeout = 5 * Second;
        Task<int> running = Retry.ExecuteAsync(
            async token =>
            {
                Note();
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
                return 0;
            },
            options).AsTask();
        Advance(running, 30 * Second);

        TimeoutException exception = await Assert.ThrowsAsync<TimeoutException>(() => running);
        Assert.IsAssignableFrom<OperationCanceledException>(exception.InnerException);
        Assert.Equal([0, 6], _calls.Select(call => call.TotalSeconds));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_cancellation_is_never_retried(bool withTimeout)
    {
        using var source = new CancellationTokenSource();
        RetryOptions options = Options(Backoff.Constant(Second));
        options.AttemptTimeout = withTimeout ? 5 * Second : Timeout.InfiniteTimeSpan;
        options.Budget = RetryBudget.ByConcurrency(0, 1);
        Task<int> running = Retry.ExecuteAsync(
            async token =>
            {
                Note();
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
                return 0;
            },
            options,
            source.Token).AsTask();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Single(_calls);
        Assert.Equal(0, options.Budget.Granted + options.Budget.Refused);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_and_gives_the_retry_back()
    {
        using var source = new CancellationTokenSource();
        RetryOptions options = Options(Backoff.Constant(Second));
        options.Budget = RetryBudget.ByConcurrency(0, minimum: 1);
        Task<int> running = Run(options, failures: 99, source.Token);
        Assert.Equal(1, options.Budget.Granted);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(options.Budget.TryRetry());
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task A_cancelled_token_makes_no_call()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Run(Options(Backoff.Constant(Second)), failures: 0, new CancellationToken(canceled: true)));
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task A_budget_used_up_ends_the_retries()
    {
        RetryOptions options = Options(Backoff.Constant(Second));
        options.Budget = RetryBudget.ByRatio(0, reservePerSecond: 1, burst: 1, _time);
        Assert.True(options.Budget.TryRetry());
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(options, failures: 1));
        Assert.Single(_calls);
        Assert.Equal(1, options.Budget.Refused);
    }

    [Fact]
    public async Task A_budget_hears_of_every_attempt()
    {
        RetryOptions options = Options(Backoff.Constant(Second).WithMaxAttempts(5));
        options.Budget = RetryBudget.Grpc(maxTokens: 4, ratio: 1);
        Task<int> running = Run(options, failures: 99);
        Advance(running, 30 * Second);
        await Assert.ThrowsAsync<InvalidOperationException>(() => running);
        Assert.Equal(2, _calls.Count); // 4 tokens less one is more than half, less two is not

        options.Budget = RetryBudget.ByConcurrency(0, minimum: 1);
        running = Run(options, failures: 2);
        Advance(running, 30 * Second);
        await running;
        Assert.True(options.Budget.TryRetry()); // nothing of it is in flight any more
    }

    [Fact]
    public async Task A_predicate_that_throws_ends_it_and_leaves_nothing_in_flight()
    {
        RetryOptions options = Options(Backoff.Constant(Second));
        options.Budget = RetryBudget.ByConcurrency(0, minimum: 1);
        options.Decide = _ => throw new NotSupportedException();
        await Assert.ThrowsAsync<NotSupportedException>(() => Run(options, failures: 1));
        options.Decide = null;
        await Assert.ThrowsAsync<NotSupportedException>(() => Retry.ExecuteAsync<int, int>(
            (_, _) => new(1), 0, options, _ => throw new NotSupportedException()).AsTask());
        Assert.True(options.Budget.TryRetry());
    }

    [Fact]
    public async Task What_is_thrown_before_the_first_await_is_retried_too()
    {
        int calls = 0;
        RetryOptions options = Options(Backoff.Constant(Second));
        Task<int> running = Retry.ExecuteAsync<int>(_ => calls++ == 0 ? throw new InvalidOperationException() : new(7), options).AsTask();
        Advance(running, 5 * Second);
        Assert.Equal(7, await running);
    }

    [Fact]
    public void A_first_attempt_that_succeeds_at_once_allocates_nothing()
    {
        RetryOptions options = new() { Budget = RetryBudget.ByRatio() };
        long sum = 0;
        Allocation.AssertNone(() =>
        {
            ValueTask<int> result = Retry.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 3, options);
            sum += result.IsCompletedSuccessfully ? result.Result : throw new InvalidOperationException("It waits.");
        });
        Assert.NotEqual(0, sum);
    }

    [Fact]
    public void A_hundred_clients_of_one_budget_retry_no_more_than_it_allows()
    {
        RetryBudget budget = RetryBudget.ByRatio(0.2, reservePerSecond: 0, burst: 100, _time);
        RetryOptions options = Options(Backoff.Exponential(Second, 30 * Second).WithMaxAttempts(5));
        options.Budget = budget;
        Task<int>[] clients = [.. Enumerable.Range(0, 100).Select(_ => Run(options, failures: 99))];
        Advance(Task.WhenAll(clients), 200 * Second);

        Assert.All(clients, client => Assert.True(client.IsFaulted));
        Assert.Equal(20, budget.Granted);
        Assert.Equal(120, _calls.Count); // and not 500
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("call", () => Retry.ExecuteAsync<int>(null!, new RetryOptions()).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("options", () => Retry.ExecuteAsync(_ => new ValueTask<int>(1), null!).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(
            "TimeProvider", () => Retry.ExecuteAsync(_ => new ValueTask<int>(1), new RetryOptions { TimeProvider = null! }).AsTask());
        foreach (TimeSpan timeout in (TimeSpan[])[TimeSpan.Zero, -Second, Backoff.MaxDelay + Second])
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                "AttemptTimeout", () => Retry.ExecuteAsync(_ => new ValueTask<int>(1), new RetryOptions { AttemptTimeout = timeout }).AsTask());
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            "MaxServerDelay", () => Retry.ExecuteAsync(_ => new ValueTask<int>(1), new RetryOptions { MaxServerDelay = -Second }).AsTask());
    }

    private RetryOptions Options(Backoff backoff)
    {
        // Without xunit's context continuations run on the thread that fires the timer, so that the clock waits for them.
        SynchronizationContext.SetSynchronizationContext(null);
        return new() { Backoff = backoff, TimeProvider = _time };
    }

    private Task<int> Run(RetryOptions options, int failures, CancellationToken cancellationToken = default)
    {
        int attempt = 0;
        return Retry.ExecuteAsync(
            _ =>
            {
                Note();
                return attempt++ < failures
                    ? ValueTask.FromException<int>(new InvalidOperationException($"attempt {attempt - 1}"))
                    : new ValueTask<int>(attempt - 1);
            },
            options,
            cancellationToken).AsTask();
    }

    private void Note()
    {
        lock (_calls)
        {
            _begun ??= _time.GetTimestamp();
            _calls.Add(_time.GetElapsedTime(_begun.Value));
        }
    }

    /// <summary>Lets time pass while somebody waits for it. Continuations usually run on the thread that fires the timer, but
    /// those of a cancellation do not: while no timer is armed, the clock stands.</summary>
    private void Advance(Task running, TimeSpan by)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        var step = TimeSpan.FromMilliseconds(250);
        for (TimeSpan left = by; left > TimeSpan.Zero; left -= step)
        {
            Assert.True(SpinWait.SpinUntil(() => running.IsCompleted || _time.ArmedTimers > 0, TimeSpan.FromSeconds(60)));
            if (running.IsCompleted)
            {
                return;
            }

            _time.Advance(left < step ? left : step);
        }
    }

    private sealed class Reply : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
