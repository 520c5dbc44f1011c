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

    private readonly EntryList<TKey, TValue> _window = new(Region.Window);
    private readonly EntryList<TKey, TValue> _probation = new(Region.Probation);
    private readonly EntryList<TKey, TValue> _protected = new(Region.Protected);
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

    public int Count => _window.Count + _probation.Count + _protected.Count;

    public long WindowMax => _windowMax;

    private long MainWeight => _probation.Weight + _protected.Weight;

    public void SetCapacity(long capacity)
    {
        _capacity = capacity;
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
            case Region.Window:
                _window.MoveToNewest(entry!);
                break;
            case Region.Probation:
                _probation.Remove(entry!);
                _protected.Add(entry!);
                Demote();
                break;
            case Region.Protected:
                _protected.MoveToNewest(entry!);
                break;
        }
    }

    /// <summary>Notes that a key is about to come in.</summary>
    public void OnMiss(uint hash)
    {
        _sketch.EnsureCapacity(_isWeighted ? Count + 1 : Math.Min(_capacity, Math.Max(Count + 1, 1)));
        CountUse(hash);
    }

    public void Add(Entry<TKey, TValue> entry) => _window.Add(entry);

    /// <summary>Puts an entry in the place of another of the same key and weight.</summary>
    public void Replace(Entry<TKey, TValue> old, Entry<TKey, TValue> fresh)
    {
        EntryList<TKey, TValue> list = ListOf(old.Region);
        list.Remove(old);
        list.Add(fresh);
        OnHit(fresh.Hash, fresh);
    }

    public void Remove(Entry<TKey, TValue> entry)
    {
        ListOf(entry.Region).Remove(entry);
        _champion = ReferenceEquals(entry, _champion) ? null : _champion; // or it would be kept alive
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

        for (int moves = 0; moves < MovesPerCall && _window.Weight + incoming > _windowMax && _window.Oldest is { } candidate; moves++)
        {
            if (MainWeight + candidate.Weight <= _capacity - _windowMax)
            {
                MoveToProbation(candidate);
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

            MoveToProbation(candidate);
            return victim;
        }

        // The window may have grown at the main space's expense, so that this one has to shrink.
        return mustEvict ? MainVictim() ?? _window.Oldest : null;
    }

    public void Clear()
    {
        _window.Clear();
        _probation.Clear();
        _protected.Clear();
        _champion = null;
    }

    private Entry<TKey, TValue>? MainVictim() => _probation.Oldest ?? _protected.Oldest;

    private void NoteWin(Entry<TKey, TValue> victim)
    {
        _wins = ReferenceEquals(victim, _champion) ? _wins + 1 : 1;
        _champion = victim;
        if (_wins == WindowTinyLfu.WinsInARow)
        {
            _champion = null;
            ListOf(victim.Region).MoveToNewest(victim);
        }
    }

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
        while (_protected.Weight > _protectedMax && _protected.Count > 1)
        {
            MoveToProbation(_protected.Oldest!);
        }
    }

    private void MoveToProbation(Entry<TKey, TValue> entry)
    {
        ListOf(entry.Region).Remove(entry);
        _probation.Add(entry);
    }

    private EntryList<TKey, TValue> ListOf(Region region) => region switch
    {
        Region.Window => _window,
        Region.Probation => _probation,
        Region.Protected => _protected,
        _ => throw new InvalidOperationException("The entry is in no list."),
    };
}
