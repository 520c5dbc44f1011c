using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>
/// What <see cref="WriteBehind{TKey, TValue}"/> has yet to write: the latest write of each dirty key, and the order in which
/// keys are due. Pure bookkeeping: it calls nobody. Thread-safe.
/// </summary>
internal sealed class WriteQueue<TKey, TValue>(IEqualityComparer<TKey>? comparer)
    where TKey : notnull
{
    // Invariants, under the lock:
    //   I1  A dirty key is in _due, or in the one batch that is in flight, or in both: then Latest is newer than what flies.
    //   I2  A key is in _due at most once: exactly if IsDue.
    //   I3  accepted = written + coalesced + given up + what is still to come, where "to come" is each dirty key's Latest
    //       and, for a key that is due while in flight, also the write that flies.
    private readonly ConcurrentDictionary<TKey, DirtyKey<TKey, TValue>> _dirty = new(comparer); // read without the lock
    private readonly Queue<DirtyKey<TKey, TValue>> _due = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _number;
    private long _written;
    private long _coalesced;
    private long _givenUp;
    private long _failedAttempts;

    public IEqualityComparer<TKey> Comparer => _dirty.Comparer;

    public WriteBehindStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return new WriteBehindStatistics(_number, _written, _coalesced, _givenUp, _dirty.Count, _failedAttempts);
            }
        }
    }

    /// <summary>Gets the number of the last write accepted.</summary>
    public long LastNumber
    {
        get
        {
            lock (_lock)
            {
                return _number;
            }
        }
    }

    /// <summary>Finds the latest write of a dirty key.</summary>
    public bool TryRead(TKey key, out CacheWrite<TKey, TValue> write)
    {
        bool found = _dirty.TryGetValue(key, out DirtyKey<TKey, TValue>? dirty);
        write = found ? dirty!.Latest.Write : default;
        return found;
    }

    /// <summary>Accepts a write, if its key is dirty already or <paramref name="mayAdd"/>.</summary>
    /// <param name="write">The write.</param>
    /// <param name="mayAdd">Whether there is room for another key.</param>
    /// <param name="now">The time, as a timestamp.</param>
    /// <param name="added">Whether it took that room.</param>
    public bool TryAccept(in CacheWrite<TKey, TValue> write, bool mayAdd, long now, out bool added)
    {
        lock (_lock)
        {
            added = false;
            if (_dirty.TryGetValue(write.Key, out DirtyKey<TKey, TValue>? dirty))
            {
                dirty.Latest = new NumberedWrite<TKey, TValue>(write, ++_number);
                dirty.Attempts = 0;
                if (dirty.IsDue)
                {
                    _coalesced++;
                    return true;
                }

                dirty.OldestSinceTaken = _number;
            }
            else if (mayAdd)
            {
                added = true;
                dirty = new DirtyKey<TKey, TValue>(new NumberedWrite<TKey, TValue>(write, ++_number));
                _dirty[write.Key] = dirty;
            }
            else
            {
                return false;
            }

            EnqueueLocked(dirty, now);
            return true;
        }
    }

    /// <summary>Tells how many keys are due, and since when the first one is.</summary>
    public int CountDue(out long since)
    {
        lock (_lock)
        {
            since = _due.TryPeek(out DirtyKey<TKey, TValue>? first) ? first.DueSince : 0;
            return _due.Count;
        }
    }

    /// <summary>Takes the keys that are due, oldest first.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="maxAttempts">A key that has one attempt left is taken alone.</param>
    public List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> Take(int most, int maxAttempts)
    {
        List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch = [];
        lock (_lock)
        {
            while (batch.Count < most && _due.TryPeek(out DirtyKey<TKey, TValue>? key))
            {
                bool alone = key.Attempts + 1 >= maxAttempts && maxAttempts > 1;
                if (alone && batch.Count > 0)
                {
                    break;
                }

                _due.Dequeue();
                key.IsDue = false;
                batch.Add((key, key.Latest));
                if (alone)
                {
                    break;
                }
            }
        }

        return batch;
    }

    /// <summary>Notes that the store made the writes of a batch.</summary>
    /// <returns>How many keys are dirty no more.</returns>
    public int Succeed(List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch)
    {
        int clean = 0;
        lock (_lock)
        {
            _written += batch.Count;
            foreach ((DirtyKey<TKey, TValue> key, NumberedWrite<TKey, TValue> write) in CollectionsMarshal.AsSpan(batch))
            {
                if (key.Latest == write)
                {
                    RemoveLocked(key);
                    clean++;
                }
                else
                {
                    key.OldestNumber = key.OldestSinceTaken;
                    key.OldestSinceTaken = 0;
                }
            }
        }

        return clean;
    }

    /// <summary>Notes that an attempt failed, and queues its writes again, except those that used up their attempts.</summary>
    /// <returns>The writes given up, whose keys are dirty no more, and the others.</returns>
    public (List<CacheWrite<TKey, TValue>> GivenUp, List<CacheWrite<TKey, TValue>> Others) Fail(
        List<(DirtyKey<TKey, TValue> Key, NumberedWrite<TKey, TValue> Write)> batch, int maxAttempts, long now)
    {
        List<CacheWrite<TKey, TValue>> givenUp = [];
        List<CacheWrite<TKey, TValue>> others = [];
        lock (_lock)
        {
            _failedAttempts++;
            foreach ((DirtyKey<TKey, TValue> key, NumberedWrite<TKey, TValue> write) in CollectionsMarshal.AsSpan(batch))
            {
                key.OldestSinceTaken = 0;
                if (key.Latest == write && ++key.Attempts >= maxAttempts)
                {
                    _givenUp++;
                    givenUp.Add(write.Write);
                    RemoveLocked(key);
                    continue;
                }

                others.Add(write.Write);
                if (key.Latest == write)
                {
                    EnqueueLocked(key, now);
                }
                else
                {
                    _coalesced++; // what failed need not be written any more; the newer one is due
                }
            }
        }

        return (givenUp, others);
    }

    /// <summary>Gives up everything that is due, while nothing is in flight.</summary>
    public List<CacheWrite<TKey, TValue>> GiveUpAll()
    {
        List<CacheWrite<TKey, TValue>> givenUp = [];
        lock (_lock)
        {
            while (_due.TryDequeue(out DirtyKey<TKey, TValue>? key))
            {
                givenUp.Add(key.Latest.Write);
                RemoveLocked(key);
            }

            Debug.Assert(_dirty.IsEmpty, "I1 is broken.");
            _givenUp += givenUp.Count;
        }

        return givenUp;
    }

    /// <summary>Tells whether any write up to <paramref name="number"/> is unsettled, and when to ask again.</summary>
    public bool HasUnsettled(long number, out Task change)
    {
        lock (_lock)
        {
            change = _settled.Task;
            foreach (KeyValuePair<TKey, DirtyKey<TKey, TValue>> entry in _dirty)
            {
                if (entry.Value.OldestNumber <= number)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Lets those ask again who wait for <see cref="HasUnsettled"/> to change.</summary>
    public void Settle()
    {
        TaskCompletionSource settled;
        lock (_lock)
        {
            settled = _settled;
            _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        settled.SetResult();
    }

    private void EnqueueLocked(DirtyKey<TKey, TValue> key, long now)
    {
        Debug.Assert(!key.IsDue, "I2 is broken.");
        key.IsDue = true;
        key.DueSince = now;
        _due.Enqueue(key);
    }

    private void RemoveLocked(DirtyKey<TKey, TValue> key)
    {
        bool removed = _dirty.TryRemove(new KeyValuePair<TKey, DirtyKey<TKey, TValue>>(key.Latest.Write.Key, key));
        Debug.Assert(removed, "I1 is broken.");
    }
}
