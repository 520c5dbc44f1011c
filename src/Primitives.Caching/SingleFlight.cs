using System.Collections.Concurrent;

namespace Primitives;

/// <summary>
/// Runs one factory per key at a time: callers that ask for a key while its factory runs share that run and its outcome.
/// It remembers nothing afterwards; a cache that keeps what was loaded is <c>LfuCache</c> or <c>LruCache</c>.
/// </summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">What a factory makes.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Between two factories of one key that both run at the same time there was a
/// <see cref="Forget"/>, or every caller of the first had left. A caller never gets an outcome that
/// another caller had already seen when it came. The factory's token is cancelled only when every caller has left by cancelling, and never after the
/// factory ended. A failure goes to every waiting caller, and nothing of it stays: the next caller runs a factory
/// again.</para>
/// <para><b>Cancellation.</b> A caller that cancels leaves at once and alone. A factory that ignores its cancelled token
/// runs on, its outcome unseen; a new caller does not wait for it but starts another.</para>
/// <para><b>Context.</b> The factory starts on the thread, and within the <see cref="ExecutionContext"/>, of the caller
/// that found the key idle, so that tracing and culture are that caller's: do not read from an
/// <see cref="AsyncLocal{T}"/> what the other callers must not see. The caller's
/// <see cref="SynchronizationContext"/> is hidden from it, so a caller that blocks its context does not block the others.
/// What a factory does before its first <see langword="await"/> holds up only the caller that started it. Callers'
/// continuations run on the thread pool or in their own context, never inside the factory's.</para>
/// <para><b>Re-entrance.</b> A factory that awaits its own key, or keys whose factories await its own, in this or another
/// <see cref="SingleFlight{TKey, TValue}"/> or cache, would wait for itself. The call that would close the circle fails with
/// <see cref="InvalidOperationException"/> instead. Work that a factory starts counts as the factory's while it runs,
/// unless started under <see cref="ExecutionContext.SuppressFlow"/>; a circle that passes through anything else that waits
/// (a lock, a queue) is not seen.</para>
/// <para><b>Cost.</b> One dictionary look-up and, to start a run, a few small objects; a caller that joins allocates nothing
/// if it cannot be cancelled and is not itself inside a factory. No lock is held while a factory runs. Thread-safe.</para>
/// <para><b>Source.</b> The name and the idea: <c>golang.org/x/sync/singleflight</c>.</para>
/// </remarks>
/// <example>
/// <code>
/// var flights = new SingleFlight&lt;string, User&gt;();
/// User user = await flights.RunAsync(id, (id, token) => database.FindAsync(id, token), cancellationToken);
/// </code>
/// </example>
public sealed class SingleFlight<TKey, TValue>
    where TKey : notnull
{
    // The flights that a newcomer may join. Invariants:
    //   I1  A flight is here from before its factory starts until it lands, is abandoned or is forgotten.
    //   I2  It is removed before its landing is published, so a caller that saw the outcome never meets the flight again.
    //   I3  Removal names the pair, so it never takes away a successor under the same key.
    private readonly ConcurrentDictionary<TKey, Flight<TValue>> _flights;

    /// <summary>Creates one with nothing in flight.</summary>
    /// <param name="comparer">Tells keys apart; the type's default when <see langword="null"/>.</param>
    public SingleFlight(IEqualityComparer<TKey>? comparer = null)
    {
        _flights = new ConcurrentDictionary<TKey, Flight<TValue>>(comparer);
    }

    /// <summary>Gets the number of keys whose factory runs and may be joined. Advisory under concurrent calls.</summary>
    public int Count => _flights.Count;

    /// <summary>Joins the run of <paramref name="key"/>'s factory, or starts it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="factory">Makes the value; gets the key, and a token that is cancelled once every caller has
    /// left.</param>
    /// <param name="cancellationToken">Lets this caller leave; the others and the factory go on.</param>
    /// <returns>The factory's outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="factory"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException">This caller cancelled, or the factory ended so (in the task).</exception>
    /// <exception cref="InvalidOperationException">Called from a factory that would thereby wait for itself (in the
    /// task).</exception>
    public Task<TValue> RunAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return RunAsync(key, factory, static (key, factory, token) => factory(key, token), cancellationToken);
    }

    /// <inheritdoc cref="RunAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)"/>
    /// <typeparam name="TState">What the factory is given besides the key.</typeparam>
    /// <param name="key"><inheritdoc cref="RunAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)" path="/param[@name='key']"/></param>
    /// <param name="state">Handed to the factory, so that it need not capture it.</param>
    /// <param name="factory">Makes the value; gets the key, the state, and a token that is cancelled once every caller has
    /// left.</param>
    /// <param name="cancellationToken"><inheritdoc cref="RunAsync(TKey, Func{TKey, CancellationToken, ValueTask{TValue}}, CancellationToken)" path="/param[@name='cancellationToken']"/></param>
    public Task<TValue> RunAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TValue>(cancellationToken);
        }

        FlightNode? outer = FlightNode.Current;
        Flight<TValue> flight = JoinOrAdd(key, out bool added);

        // Before the factory starts: what it calls synchronously must already find who waits for it.
        if (outer is not null && !outer.TryWaitFor(flight.Node))
        {
            Leave(key, flight);
            return Task.FromException<TValue>(new InvalidOperationException(
                $"The factory of key '{key}' would wait for its own outcome: it asked, directly or through the factories of other keys, for the same key."));
        }

        if (added)
        {
            _ = FlyAsync(key, flight, state, factory);
        }

        return outer is null && !cancellationToken.CanBeCanceled
            ? flight.Landing // never leaves, so it needs no wrapping
            : WaitAsync(key, flight, outer, cancellationToken);
    }

    /// <summary>Lets the next caller of <paramref name="key"/> start a new run, as after a write that a run already under
    /// way may have missed. Callers already waiting get the outcome of the old one.</summary>
    /// <param name="key">The key.</param>
    /// <returns><see langword="true"/> if a run was under way.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public bool Forget(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _flights.TryRemove(key, out _);
    }

    private Flight<TValue> JoinOrAdd(TKey key, out bool added)
    {
        while (true)
        {
            if (!_flights.TryGetValue(key, out Flight<TValue>? flight))
            {
                var own = new Flight<TValue>();
                flight = _flights.GetOrAdd(key, own);
                if (flight == own)
                {
                    added = true;
                    return flight;
                }

                own.Dispose();
            }

            if (flight.TryJoin())
            {
                added = false;
                return flight;
            }

            _flights.TryRemove(new KeyValuePair<TKey, Flight<TValue>>(key, flight)); // on behalf of its last caller
        }
    }

    private async Task FlyAsync<TState>(
        TKey key, Flight<TValue> flight, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory)
    {
        // Both are undone for the caller when this method first returns to it: an async method restores them.
        flight.Node.Enter();
        SynchronizationContext.SetSynchronizationContext(null);

        Task<TValue> run = InvokeAsync(key, flight, state, factory);
        await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _flights.TryRemove(new KeyValuePair<TKey, Flight<TValue>>(key, flight)); // I2: before the outcome is seen
        flight.Land(run);
    }

    // A method of its own, so that what the factory throws before its first await becomes the task's failure as well.
    private static async Task<TValue> InvokeAsync<TState>(
        TKey key, Flight<TValue> flight, TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory) =>
        await factory(key, state, flight.Token).ConfigureAwait(false);

    private async Task<TValue> WaitAsync(TKey key, Flight<TValue> flight, FlightNode? outer, CancellationToken cancellationToken)
    {
        try
        {
            return await flight.Landing.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            outer?.StopWaitingFor(flight.Node);
            Leave(key, flight);
        }
    }

    private void Leave(TKey key, Flight<TValue> flight)
    {
        if (flight.Leave())
        {
            _flights.TryRemove(new KeyValuePair<TKey, Flight<TValue>>(key, flight));
            _ = flight.AbandonAsync();
        }
    }
}
