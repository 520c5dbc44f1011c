using System.Runtime.CompilerServices;

namespace Primitives;

/// <content>Calls that acquire and report by themselves.</content>
public sealed partial class CircuitBreaker
{
    /// <summary>Makes a call, and reports how it ended.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <param name="classify">What a result says about the dependency: success when <see langword="null"/>. If it throws, the
    /// call has failed and the caller gets that exception.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="CircuitOpenException">The call was refused.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public T Execute<TState, T>(Func<TState, T> call, TState state, Func<T, CallOutcome>? classify = null)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!TryAcquire(out CircuitPermit permit))
        {
            throw new CircuitOpenException(permit.Reason, permit.RetryAfter);
        }

        T result;
        try
        {
            result = call(state);
        }
        catch (Exception exception) when (ReportAndPass(ref permit, exception, CancellationToken.None))
        {
            throw;
        }

        ReportResult(ref permit, classify, result);
        return result;
    }

    /// <summary>Makes a call, and reports how it ended.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="CircuitOpenException">The call was refused.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public T Execute<T>(Func<T> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return Execute(static inner => inner(), call);
    }

    /// <summary>Makes an asynchronous call, and reports how it ended. A cancellation by <paramref name="cancellationToken"/>
    /// is ignored. Allocates nothing if the call completes at once; a pooled object if it does not.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <param name="classify"><inheritdoc cref="Execute{TState, T}" path="/param[@name='classify']"/></param>
    /// <param name="cancellationToken">Passed to <paramref name="call"/>.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="CircuitOpenException">The call was refused.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled, or <paramref name="cancellationToken"/> was
    /// before it began.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public ValueTask<T> ExecuteAsync<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call,
        TState state,
        Func<T, CallOutcome>? classify = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken); // before a probe's place is taken
        }

        if (!TryAcquire(out CircuitPermit permit))
        {
            return ValueTask.FromException<T>(new CircuitOpenException(permit.Reason, permit.RetryAfter));
        }

        ValueTask<T> task = Begin(call, state, cancellationToken);
        if (task.IsCompletedSuccessfully && classify is null)
        {
            T result = task.Result;
            permit.Success();
            return new ValueTask<T>(result);
        }

        return FinishAsync(task, permit, classify, cancellationToken);
    }

    /// <summary>Makes an asynchronous call, and reports how it ended, as
    /// <see cref="ExecuteAsync{TState, T}(Func{TState, CancellationToken, ValueTask{T}}, TState, Func{T, CallOutcome}?, CancellationToken)"/>
    /// does.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Passed to <paramref name="call"/>.</param>
    /// <returns>The call's result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="CircuitOpenException">The call was refused.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return ExecuteAsync(static (inner, token) => inner(token), call, classify: null, cancellationToken);
    }

    /// <summary>As
    /// <see cref="ExecuteAsync{TState, T}(Func{TState, CancellationToken, ValueTask{T}}, TState, Func{T, CallOutcome}?, CancellationToken)"/>,
    /// but a refusal is a value and costs no exception.</summary>
    /// <typeparam name="TState">What the call needs, so that it need not capture it.</typeparam>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="state">Passed to <paramref name="call"/>.</param>
    /// <param name="classify"><inheritdoc cref="Execute{TState, T}" path="/param[@name='classify']"/></param>
    /// <param name="cancellationToken">Passed to <paramref name="call"/>.</param>
    /// <returns>The call's result, or the refusal.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled, or <paramref name="cancellationToken"/> was
    /// before it began.</exception>
    /// <exception cref="Exception">What the call threw.</exception>
    public ValueTask<CircuitResult<T>> TryExecuteAsync<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call,
        TState state,
        Func<T, CallOutcome>? classify = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CircuitResult<T>>(cancellationToken);
        }

        if (!TryAcquire(out CircuitPermit permit))
        {
            return new ValueTask<CircuitResult<T>>(new CircuitResult<T>(permit.Reason, permit.RetryAfter));
        }

        ValueTask<T> task = Begin(call, state, cancellationToken);
        if (task.IsCompletedSuccessfully && classify is null)
        {
            T result = task.Result;
            permit.Success();
            return new ValueTask<CircuitResult<T>>(new CircuitResult<T>(result));
        }

        return WrapAsync(FinishAsync(task, permit, classify, cancellationToken));
    }

    private static ValueTask<T> Begin<TState, T>(
        Func<TState, CancellationToken, ValueTask<T>> call, TState state, CancellationToken cancellationToken)
    {
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> FinishAsync<T>(
        ValueTask<T> task, CircuitPermit permit, Func<T, CallOutcome>? classify, CancellationToken cancellationToken)
    {
        T result;
        try
        {
            result = await task.ConfigureAwait(false);
        }
        catch (Exception exception) when (ReportAndPass(ref permit, exception, cancellationToken))
        {
            throw;
        }

        ReportResult(ref permit, classify, result);
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<CircuitResult<T>> WrapAsync<T>(ValueTask<T> task) => new(await task.ConfigureAwait(false));

    /// <summary>Reports a result. Not within reach of the filter below, which would run before the finally here.</summary>
    private static void ReportResult<T>(ref CircuitPermit permit, Func<T, CallOutcome>? classify, T result)
    {
        if (classify is null)
        {
            permit.Success();
            return;
        }

        CallOutcome outcome = CallOutcome.Failure; // if it throws
        try
        {
            outcome = classify(result);
        }
        finally
        {
            permit.Report(outcome);
        }
    }

    /// <summary>Reports an exception from within a filter, and lets it pass: false. A classifier that throws is a failure;
    /// the runtime drops what a filter throws and takes it for false as well.</summary>
    private bool ReportAndPass(ref CircuitPermit permit, Exception exception, CancellationToken cancellationToken)
    {
        CallOutcome outcome = CallOutcome.Failure;
        try
        {
            outcome = exception is OperationCanceledException && cancellationToken.IsCancellationRequested ? CallOutcome.Ignored
                : Volatile.Read(ref _settings).Classify is { } classify ? classify(exception)
                : CallOutcome.Failure;
        }
        finally
        {
            permit.Report(outcome);
        }

        return false;
    }
}
