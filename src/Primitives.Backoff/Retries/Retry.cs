using System.Runtime.ExceptionServices;

namespace Primitives;

/// <summary>
/// Calls something again when it fails: as often and as late as a <see cref="Backoff"/> says, within a
/// <see cref="RetryBudget"/>, heeding a delay that the server gives.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Attempts follow one another, never two at once. There are at most
/// <see cref="Backoff.MaxAttempts"/>, and no delay starts that would end beyond <see cref="Backoff.MaxElapsed"/>. A delay
/// given by the server is never cut short, unless <see cref="RetryOptions.ClampServerDelay"/> says so for one that is too
/// long; up to a quarter of it is added at random, because it gave all others the same. The last attempt's result or
/// exception is what the caller gets. A result that is tried again is disposed if it can be.</para>
/// <para><b>Cost.</b> A first attempt that completes at once with success allocates nothing. One
/// <see cref="CancellationTokenSource"/> or two per attempt if it has a timeout.</para>
/// <para><b>Limits.</b> Only retry what may be done twice: an attempt that failed for us may have worked for the
/// server.</para>
/// <para><b>Thread safety.</b> Static and stateless; options may be shared by any number of callers.</para>
/// </remarks>
public static class Retry
{
    /// <summary>Calls until it works, is not worth another attempt, or may not be tried again.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call. Its token is the caller's, or the attempt's if there is a timeout.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <param name="options">The rules.</param>
    /// <param name="decideResult">Which results are worth another attempt; none when <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the attempt, if it heeds its token, and the wait for the next.</param>
    /// <returns>The last attempt's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> or <paramref name="options"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting in <paramref name="options"/> is outside its range.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="TimeoutException">The last attempt took longer than <see cref="RetryOptions.AttemptTimeout"/>.</exception>
    /// <exception cref="Exception">What the last attempt threw.</exception>
    public static ValueTask<T> ExecuteAsync<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call,
        TState state,
        RetryOptions options,
        Func<T, RetryDecision>? decideResult = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        long started = options.TimeProvider.GetTimestamp();
        options.Budget?.OnRequest();
        ValueTask<T> first = Attempt(call, state, options, cancellationToken);
        if (first.IsCompletedSuccessfully && decideResult is null)
        {
            options.Budget?.OnAttemptEnded(isRetry: false, AttemptOutcome.Succeeded);
            return first;
        }

        return RunAsync(first, started, call, state, options, decideResult, cancellationToken);
    }

    /// <summary>Calls until it works, is not worth another attempt, or may not be tried again.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call. Its token is the caller's, or the attempt's if there is a timeout.</param>
    /// <param name="options">The rules.</param>
    /// <param name="cancellationToken">Ends the attempt, if it heeds its token, and the wait for the next.</param>
    /// <returns>The last attempt's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> or <paramref name="options"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting in <paramref name="options"/> is outside its range.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="Exception">What the last attempt threw.</exception>
    public static ValueTask<T> ExecuteAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, RetryOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return ExecuteAsync(static (inner, token) => inner(token), call, options, decideResult: null, cancellationToken);
    }

    private static async ValueTask<T> RunAsync<TState, T>(
        ValueTask<T> attempt,
        long started,
        Func<TState, CancellationToken, ValueTask<T>> call,
        TState state,
        RetryOptions options,
        Func<T, RetryDecision>? decideResult,
        CancellationToken cancellationToken)
    {
        BackoffEnumerator delays = options.Backoff.GetEnumerator();
        RetryBudget? budget = options.Budget;
        for (bool isRetry = false; ; isRetry = true)
        {
            T? result = default;
            ExceptionDispatchInfo? failure = null;
            RetryDecision decision;
            AttemptOutcome outcome = AttemptOutcome.Abandoned;
            try
            {
                try
                {
                    result = await attempt.ConfigureAwait(false);
                }
                catch (Exception exception) when (!IsCallers(exception, cancellationToken))
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }

                decision = failure is null ? decideResult?.Invoke(result!) ?? RetryDecision.Stop
                    : options.Decide is { } decide ? decide(failure.SourceException)
                    : RetryDecision.Again;
                outcome = decision.ShouldRetry ? AttemptOutcome.Failed : AttemptOutcome.Succeeded;
            }
            finally
            {
                budget?.OnAttemptEnded(isRetry, outcome); // in any case, or its place in the budget would be lost
            }

            // The budget is asked last: what it grants must be used.
            if (!decision.ShouldRetry
                || cancellationToken.IsCancellationRequested
                || !TryGetDelay(ref delays, decision, options, started, out TimeSpan delay)
                || !(budget?.TryRetry() ?? true))
            {
                failure?.Throw();
                return result!;
            }

            (result as IDisposable)?.Dispose();
            try
            {
                // Timers drop fractions of a millisecond, and no delay may be cut short.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)), options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                budget?.OnAttemptEnded(isRetry: true, AttemptOutcome.Abandoned);
                throw;
            }

            attempt = Attempt(call, state, options, cancellationToken);
        }
    }

    private static bool IsCallers(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && cancellationToken.IsCancellationRequested;

    private static bool TryGetDelay(
        ref BackoffEnumerator delays, RetryDecision decision, RetryOptions options, long started, out TimeSpan delay)
    {
        delay = default;
        if (!delays.MoveNext())
        {
            return false;
        }

        delay = delays.Current;
        TimeSpan asked = decision.ServerDelay;
        if (asked > TimeSpan.Zero)
        {
            if (asked > options.MaxServerDelay)
            {
                if (!options.ClampServerDelay)
                {
                    return false;
                }

                asked = options.MaxServerDelay;
            }

            TimeSpan least = asked > delay ? asked : delay;
            TimeSpan spread = least + delays.Share(least / 4);
            delay = spread < Backoff.MaxDelay ? spread : Backoff.MaxDelay;
        }

        return delay <= options.Backoff.MaxElapsed - options.TimeProvider.GetElapsedTime(started);
    }

    private static ValueTask<T> Attempt<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call, TState state, RetryOptions options, CancellationToken cancellationToken)
    {
        if (options.AttemptTimeout != Timeout.InfiniteTimeSpan)
        {
            return TimedAttemptAsync(call, state, options, cancellationToken);
        }

        try
        {
            return call(state, cancellationToken);
        }
        catch (OperationCanceledException exception)
        {
            return ValueTask.FromException<T>(exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return ValueTask.FromException<T>(exception); // what is thrown before the first await is treated alike
        }
    }

    private static async ValueTask<T> TimedAttemptAsync<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call, TState state, RetryOptions options, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, options.TimeProvider);
        using CancellationTokenSource? linked = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken)
            : null;
        try
        {
            return await call(state, (linked ?? timeout).Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
            when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The attempt took longer than {options.AttemptTimeout}.", exception);
        }
    }
}
