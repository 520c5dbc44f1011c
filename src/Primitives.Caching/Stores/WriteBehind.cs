namespace Primitives;

/// <summary>Writes behind a cache: a write is accepted at once and made later, together with others and without those that a
/// newer write of the same key has made unnecessary. Reads see accepted writes.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> No read that begins after <see cref="SetAsync"/> or <see cref="RemoveAsync"/> has returned gives an
/// older value, whatever the cache evicts meanwhile: a key that is yet to be written is held here, outside the cache. The
/// writes of one key reach the store in the order in which they were accepted, never two at once; between keys there is no
/// order. Each accepted write ends in one of three ways, and is counted: written, coalesced into a later one of its key, or
/// given up and reported to <see cref="WriteBehindOptions{TKey, TValue}.OnFailure"/>.</para>
/// <para><b>What can be lost.</b> If the process dies: the latest writes of at most
/// <see cref="WriteBehindOptions{TKey, TValue}.Capacity"/> keys, and while the store works, only those accepted within about
/// <see cref="WriteBehindOptions{TKey, TValue}.MaxDelay"/> and the time the store takes. Otherwise: a write that failed
/// <see cref="WriteBehindOptions{TKey, TValue}.MaxAttempts"/> times, if that is set; and what
/// <see cref="DisposeAsync"/> could not write in time. A batch whose failure was reported may yet have been made, in whole or
/// in part, and is repeated.</para>
/// <para><b>Back-pressure.</b> While <see cref="WriteBehindOptions{TKey, TValue}.Capacity"/> keys wait, a writer of another
/// key waits for room; a write to one that waits already takes none. While the store fails, accepted writes are kept and
/// tried again, after pauses that double.</para>
/// <para><b>Cost.</b> A write takes short locks, and a few small objects until it is made. A read costs one dictionary look-up
/// more than the cache's. Work in the background runs on the thread pool only while something is to be written; the pauses
/// use timers of the <see cref="TimeProvider"/>. Thread-safe.</para>
/// <para>Values must not need disposal: those held here belong to no cache.</para>
/// </remarks>
public sealed partial class WriteBehind<TKey, TValue> : IAsyncDisposable
    where TKey : notnull
{
    // Invariants:
    //   I1  At most one drain runs, and one runs whenever something is due; _drained is its end.
    //   I2  Each dirty key holds one of the Capacity slots.
    //   I3  Only the drain changes the cache, so the cache's changes of one key happen in the order of the store's. What it
    //       holds of a dirty key is out of date, and hidden by the queue until the key's last write was made and put there.
    private readonly ICache<TKey, TValue> _cache;
    private readonly ICacheStore<TKey, TValue> _store;
    private readonly ReadThrough<TKey, TValue> _reads;
    private readonly WriteQueue<TKey, TValue> _queue;
    private readonly TimeProvider _timeProvider;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _deadline;

    private readonly int _maxBatchSize;
    private readonly int _maxAttempts;
    private readonly TimeSpan _maxDelay;
    private readonly TimeSpan _retryDelay;
    private readonly TimeSpan _maxRetryDelay;
    private readonly TimeSpan _disposeTimeout;
    private readonly Action<WriteBehindFailure<TKey, TValue>>? _onFailure;

    private readonly Lock _lock = new(); // guards the rest
    private TaskCompletionSource? _wake;
    private TaskCompletionSource? _drained; // null while nothing drains
    private Task? _disposal;
    private int _hurrying; // flushes under way, and a disposal: due keys do not wait for others
    private bool _closed;

    /// <summary>Puts a cache before a store.</summary>
    /// <param name="cache">The cache. It remains its creator's to dispose of, after this.</param>
    /// <param name="store">The store.</param>
    /// <param name="options">The settings; the defaults when <see langword="null"/>.</param>
    /// <param name="comparer">Tells keys apart, like the cache's; the type's default when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock of delays and pauses; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> or <paramref name="store"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public WriteBehind(
        ICache<TKey, TValue> cache,
        ICacheStore<TKey, TValue> store,
        WriteBehindOptions<TKey, TValue>? options = null,
        IEqualityComparer<TKey>? comparer = null,
        TimeProvider? timeProvider = null)
    {
        options ??= new WriteBehindOptions<TKey, TValue>();
        options.Validate();
        _reads = new ReadThrough<TKey, TValue>(cache, store);
        _cache = cache;
        _store = store;
        _queue = new WriteQueue<TKey, TValue>(comparer);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _slots = new SemaphoreSlim(options.Capacity);
        _deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _timeProvider);
        _maxBatchSize = Math.Min(options.MaxBatchSize, options.Capacity); // or a full queue would wait for MaxDelay
        _maxAttempts = options.MaxAttempts ?? int.MaxValue;
        _maxDelay = options.MaxDelay;
        _retryDelay = options.RetryDelay;
        _maxRetryDelay = options.MaxRetryDelay;
        _disposeTimeout = options.DisposeTimeout;
        _onFailure = options.OnFailure;
    }

    /// <summary>Gets what was done so far.</summary>
    public WriteBehindStatistics Statistics => _queue.Statistics;

    /// <summary>Reads one key: what is yet to be written, or what the cache has, or what the store has.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Lets this caller leave; a load goes on for the others.</param>
    /// <returns>The value, or "missing".</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<CacheLookup<TValue>> GetAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!_queue.TryRead(key, out CacheWrite<TKey, TValue> write))
        {
            return _reads.GetAsync(key, cancellationToken);
        }

        return ValueTask.FromResult(write.IsDelete ? CacheLookup<TValue>.Missing() : CacheLookup<TValue>.Found(write.Value!));
    }

    /// <summary>Reads many keys, with one load for all that are absent.</summary>
    /// <param name="keys">The keys; a repeated one counts once.</param>
    /// <param name="cancellationToken">Lets this caller leave; a load goes on for the others.</param>
    /// <returns>The values there are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<IReadOnlyDictionary<TKey, TValue>> GetManyAsync(
        IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        List<TKey> clean = [];
        List<CacheWrite<TKey, TValue>> dirty = [];
        foreach (TKey key in keys)
        {
            if (_queue.TryRead(key, out CacheWrite<TKey, TValue> write))
            {
                dirty.Add(write);
            }
            else
            {
                clean.Add(key);
            }
        }

        return dirty.Count == 0 ? _reads.GetManyAsync(clean, cancellationToken) : MergeAsync();

        async ValueTask<IReadOnlyDictionary<TKey, TValue>> MergeAsync()
        {
            IReadOnlyDictionary<TKey, TValue> rest = await _reads.GetManyAsync(clean, cancellationToken).ConfigureAwait(false);
            var all = new Dictionary<TKey, TValue>(rest, _queue.Comparer);
            foreach (CacheWrite<TKey, TValue> write in dirty.Where(write => !write.IsDelete))
            {
                all[write.Key] = write.Value!;
            }

            return all;
        }
    }

    /// <summary>Accepts a value for a key; waits only if the queue is full.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Ends the wait for room. What is accepted cannot be cancelled.</param>
    /// <returns>When the write is accepted; the store may get it later.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">Disposed, perhaps while waiting; the write is not accepted.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the write is not
    /// accepted.</exception>
    public ValueTask SetAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return AcceptAsync(CacheWrite<TKey, TValue>.Put(key, value), cancellationToken);
    }

    /// <summary>Accepts the deletion of a key; waits only if the queue is full.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Ends the wait for room. What is accepted cannot be cancelled.</param>
    /// <returns>When the deletion is accepted; the store may get it later.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">Disposed, perhaps while waiting; the deletion is not accepted.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the deletion is not
    /// accepted.</exception>
    public ValueTask RemoveAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return AcceptAsync(CacheWrite<TKey, TValue>.Delete(key), cancellationToken);
    }

    /// <summary>Waits until every write accepted before the call was made, or coalesced, or given up. They are written
    /// without delay, though not without the pauses after a failure.</summary>
    /// <param name="cancellationToken">Ends the wait; the writes go on.</param>
    /// <returns>When they are settled.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        long number = _queue.LastNumber;
        Hurry();
        try
        {
            while (_queue.HasUnsettled(number, out Task change))
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_lock)
            {
                _hurrying--;
            }
        }
    }

    /// <summary>Accepts no more writes, and writes what is left; gives up what cannot be written within
    /// <see cref="WriteBehindOptions{TKey, TValue}.DisposeTimeout"/>. Writers that wait for room fail. Reads go on.</summary>
    /// <returns>When every accepted write is settled. Never fails.</returns>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
            return new ValueTask(_disposal ??= CloseAsync());
        }
    }

    private async Task CloseAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // not under the lock of DisposeAsync
        Hurry();
        _deadline.CancelAfter(_disposeTimeout);
        await _closing.CancelAsync().ConfigureAwait(false);

        Task drained;
        lock (_lock)
        {
            drained = _drained?.Task ?? Task.CompletedTask;
        }

        await drained.ConfigureAwait(false);
        _closing.Dispose();
        _deadline.Dispose();
        _slots.Dispose();
    }

    private void Hurry()
    {
        TaskCompletionSource? wake;
        lock (_lock)
        {
            _hurrying++;
            wake = _wake;
        }

        wake?.TrySetResult();
    }

    private async ValueTask AcceptAsync(CacheWrite<TKey, TValue> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryAccept(write, hasSlot: false))
        {
            return;
        }

        if (!_slots.Wait(0, CancellationToken.None))
        {
            await WaitForSlotAsync(cancellationToken).ConfigureAwait(false);
        }

        TryAccept(write, hasSlot: true);
    }

    private async Task WaitForSlotAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        Task slot = _slots.WaitAsync(either.Token);
        await slot.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!slot.IsCompletedSuccessfully)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(GetType().FullName);
        }
    }

    private bool TryAccept(in CacheWrite<TKey, TValue> write, bool hasSlot)
    {
        TaskCompletionSource? wake = null;
        TaskCompletionSource? drain = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this); // a slot taken in vain is of no use to anybody any more
            if (!_queue.TryAccept(write, hasSlot, _timeProvider.GetTimestamp(), out bool added))
            {
                return false;
            }

            if (hasSlot && !added)
            {
                _slots.Release(); // another writer made the key dirty meanwhile
            }

            if (_drained is null)
            {
                drain = _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else if (_wake is not null && _queue.CountDue(out _) >= _maxBatchSize)
            {
                wake = _wake;
            }
        }

        wake?.TrySetResult();
        if (drain is not null)
        {
            // Without the writer's execution context: the drain serves all writers.
            ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.DrainAsync(), this, preferLocal: false);
        }

        return true;
    }
}
