namespace Primitives;

// The drain: what happens to writes once they are accepted.
public sealed partial class WriteBehind<TKey, TValue>
{
    private async Task DrainAsync()
    {
        int size = _maxBatchSize;
        TimeSpan pause = _retryDelay;
        bool failed = false;
        do
        {
            if (!failed)
            {
                await WaitForOthersAsync().ConfigureAwait(false);
            }

            if (_deadline.IsCancellationRequested)
            {
                GiveUpAll();
                continue;
            }

            List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch = _queue.Take(size, _maxAttempts);
            if (batch.Count == 0)
            {
                continue;
            }

            if (await TryWriteAsync(batch).ConfigureAwait(false) is not { } failure)
            {
                failed = false;
                size = (int)Math.Min(size * 2L, _maxBatchSize);
                pause = _retryDelay;
                Succeed(batch);
                continue;
            }

            // Smaller steps after a failure, so that a write the store refuses ends up alone.
            failed = true;
            size = Math.Max(1, batch.Count / 2);
            Fail(batch, failure);
            await Task.Delay(pause, _timeProvider, _deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _maxRetryDelay.Ticks));
        }
        while (!TryEnd());
    }

    /// <summary>Waits until the oldest write has waited long enough, a batch is full, or somebody is in a hurry.</summary>
    private async Task WaitForOthersAsync()
    {
        Task wake;
        TimeSpan left;
        lock (_lock)
        {
            int due = _queue.CountDue(out long since);
            left = _maxDelay - _timeProvider.GetElapsedTime(since);
            if (due is 0 || due >= _maxBatchSize || _hurrying > 0 || left <= TimeSpan.Zero)
            {
                return;
            }

            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wake = _wake.Task;
        }

        await wake.WaitAsync(left, _timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _wake = null;
        }
    }

    private bool TryEnd()
    {
        TaskCompletionSource drained;
        lock (_lock)
        {
            if (_queue.CountDue(out _) > 0)
            {
                return false;
            }

            drained = _drained!;
            _drained = null;
        }

        drained.SetResult();
        return true;
    }

    private async Task<Exception?> TryWriteAsync(List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch)
    {
        Task write = WriteAsync([.. batch.Select(item => item.Write.Write)]);

        // The store may ignore its token; the deadline of a disposal holds all the same.
        Task attempt = write.WaitAsync(_deadline.Token);
        await attempt.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully)
        {
            return null;
        }

        _ = write.ContinueWith(
            static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default); // observed
        return attempt.Exception?.InnerException ?? new OperationCanceledException("The write was cancelled.");

        // A method of its own, so that what the store throws before its first await fails the task as well.
        async Task WriteAsync(CacheWrite<TKey, TValue>[] writes) => await _store.WriteAsync(writes, _deadline.Token).ConfigureAwait(false);
    }

    private void Succeed(List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch)
    {
        foreach ((DirtyKey<TKey, TValue> key, NumberedWrite<TKey, TValue> write) in batch)
        {
            if (key.Latest == write && !TrySet(write.Write))
            {
                _cache.TryRemove(write.Write.Key, out _);
            }
        }

        Release(_queue.Succeed(batch)); // after the cache has them: until then the queue answers for these keys
        _queue.Settle();
    }

    private bool TrySet(in CacheWrite<TKey, TValue> write)
    {
        try
        {
            return !write.IsDelete && _cache.Set(write.Key, write.Value!);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false; // a weigher that throws costs the entry, not the drain
        }
    }

    private void Fail(List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch, Exception failure)
    {
        (List<CacheWrite<TKey, TValue>> givenUp, List<CacheWrite<TKey, TValue>> others) =
            _queue.Fail(batch, _maxAttempts, _timeProvider.GetTimestamp());
        Report(others, failure, givenUp: false);
        Forget(givenUp, failure);
    }

    private void GiveUpAll() =>
        Forget(_queue.GiveUpAll(), new OperationCanceledException("Disposing took too long."));

    private void Forget(List<CacheWrite<TKey, TValue>> givenUp, Exception failure)
    {
        foreach (CacheWrite<TKey, TValue> write in givenUp)
        {
            _cache.TryRemove(write.Key, out _); // only the store knows what became of it
        }

        Release(givenUp.Count);
        Report(givenUp, failure, givenUp: true);
        _queue.Settle();
    }

    private void Report(List<CacheWrite<TKey, TValue>> writes, Exception failure, bool givenUp)
    {
        if (_onFailure is null || writes.Count == 0)
        {
            return;
        }

        try
        {
            _onFailure(new WriteBehindFailure<TKey, TValue>(writes, failure, givenUp));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The observer's own failure; the writes matter more.
        }
    }

    private void Release(int slots)
    {
        if (slots > 0)
        {
            _slots.Release(slots);
        }
    }
}
