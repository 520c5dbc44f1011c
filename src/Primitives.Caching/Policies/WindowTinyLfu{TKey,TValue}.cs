using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Windowed TinyLFU: new entries enter a window in order of recency; one that falls out of it must have been used
/// more often lately than the entry it would displace from the main space, which is a segmented LRU.</summary>
/// <remarks>Not thread-safe: guarded by the cache's lock. Source: Einziger, Eytan, Friedman and Manes, Adaptive Software
/// Cache Management, Middleware 2018; the window is sized by <see cref="WindowTuner"/>.</remarks>
internal sealed class WindowTinyLfu<TKey, TValue>
    where TKey : notnull
{
    // What one call may move from a window that has become too large, so that no call pays for all of it.
    private const int MovesPerCall = 8;

    private readonly EntryOrder<TKey, TValue> _order = new();
    private readonly FrequencySketch _sketch;
    private readonly WindowTuner _tuner;
    private readonly bool _isWeighted;
    private long _capacity;
    private long _windowMax;
    private long _protectedMax;
    private Entry<TKey, TValue>? _champion; // the victim that warded off the latest candidates
    private int _wins;

    public WindowTinyLfu(long capacity, bool isWeighted, ulong seed)
    {
        _isWeighted = isWeighted;
        _sketch = new FrequencySketch(SplitMix.Scramble(seed + 1));
        _tuner = new WindowTuner(_sketch, SplitMix.Scramble(seed + 2));
        SetCapacity(capacity);
    }

    public int Count => _order.Count;

    public long WindowMax => _windowMax;

    private long MainWeight => _order.WeightOf(Region.Probation) + _order.WeightOf(Region.Protected);

    public void SetCapacity(long capacity)
    {
        _capacity = capacity;
        _order.SetCapacity(capacity);
        if (!_isWeighted)
        {
            _tuner.Model(capacity);
        }

        Divide();
    }

    /// <summary>Notes a use of a key that was in the cache, and of its entry if it still is.</summary>
    public void OnHit(uint hash, Entry<TKey, TValue>? entry)
    {
        CountUse(hash);
        switch (entry?.Region)
        {
            case Region.Window or Region.Protected:
                _order.Touch(entry);
                break;
            case Region.Probation:
                _order.Move(entry, Region.Protected);
                Demote();
                break;
        }
    }

    /// <summary>Notes that a key is about to come in.</summary>
    public void OnMiss(uint hash)
    {
        _sketch.EnsureCapacity(_isWeighted ? Count + 1 : Math.Min(_capacity, Math.Max(Count + 1, 1)));
        CountUse(hash);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Entry<TKey, TValue> entry) => _order.Add(entry, Region.Window);

    /// <summary>Puts an entry in the place of another of the same key and weight.</summary>
    public void Replace(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh)
    {
        Region region = old.Region;
        _order.Remove(old);
        _order.Add(fresh, region);
        OnHit(fresh.Hash, fresh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Entry<TKey, TValue> entry)
    {
        _order.Remove(entry);
        if (ReferenceEquals(entry, _champion))
        {
            _champion = null; // or it would be kept alive
        }
    }

    /// <summary>Makes room in the window for an entry, and says who must go.</summary>
    /// <param name="incoming">The weight of the entry about to be added; 0 when none is.</param>
    /// <param name="mustEvict">Whether the cache as a whole lacks room.</param>
    /// <returns>An entry to remove before asking again; <see langword="null"/> if none has to go.</returns>
    public Entry<TKey, TValue>? Overflow(long incoming, bool mustEvict)
    {
        if (mustEvict && _isWeighted)
        {
            _tuner.Model(Count);
        }

        for (int moves = 0; moves < MovesPerCall && _order.WeightOf(Region.Window) + incoming > _windowMax && _order.Oldest(Region.Window) is { } candidate; moves++)
        {
            if (MainWeight + candidate.Weight <= _capacity - _windowMax)
            {
                _order.Move(candidate, Region.Probation);
                continue;
            }

            if (!mustEvict)
            {
                return null;
            }

            if (MainVictim() is not { } victim)
            {
                return candidate;
            }

            if (!WindowTinyLfu.Admits(_sketch, candidate.Hash, victim.Hash))
            {
                NoteWin(victim);
                return candidate;
            }

            _order.Move(candidate, Region.Probation);
            return victim;
        }

        // The window may have grown at the main space's expense, so that this one has to shrink.
        return mustEvict ? MainVictim() ?? _order.Oldest(Region.Window) : null;
    }

    public void Clear()
    {
        _order.Clear();
        _champion = null;
    }

    private Entry<TKey, TValue>? MainVictim() => _order.Oldest(Region.Probation) ?? _order.Oldest(Region.Protected);

    private void NoteWin(Entry<TKey, TValue> victim)
    {
        if (!ReferenceEquals(victim, _champion))
        {
            _champion = victim; // written when it changes only: a reference costs a note to the garbage collector
            _wins = 0;
        }

        if (++_wins == WindowTinyLfu.WinsInARow)
        {
            _champion = null;
            _order.Touch(victim);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountUse(uint hash)
    {
        _sketch.Increment(hash);
        if (_tuner.Record(hash))
        {
            Divide();
        }
    }

    private void Divide()
    {
        _windowMax = Math.Max(1, (long)(_capacity * _tuner.WindowShare));
        _protectedMax = (long)((_capacity - _windowMax) * WindowTinyLfu.ProtectedShare);
    }

    private void Demote()
    {
        while (_order.WeightOf(Region.Protected) > _protectedMax && _order.CountOf(Region.Protected) > 1)
        {
            _order.Move(_order.Oldest(Region.Protected)!, Region.Probation);
        }
    }
}
