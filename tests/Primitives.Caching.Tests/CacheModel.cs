namespace Primitives.Tests;

/// <summary>What a cache that is never full should do, in the plainest words: the reference for random schedules of sets,
/// reads, loads, refreshes, cancellations, removals and a manual clock. Times are in ticks of that clock.</summary>
internal sealed class CacheModel(long? write, long? idle, long? refresh, long stale, long? missing, long second)
{
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly Dictionary<int, Load> _loads = []; // those that may yet be stored

    public long Now { get; private set; }

    public long Hits { get; private set; }

    public long Misses { get; private set; }

    public long Refreshes { get; private set; }

    public int Count => _entries.Count;

    public List<(int Key, int Value, CacheRemovalReason Reason)> Removals { get; } = [];

    public IEnumerable<KeyValuePair<int, int>> Live =>
        _entries.Where(pair => pair.Value.Value is not null && pair.Value.IsLive(Now)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Value!.Value));

    public void Advance(long ticks)
    {
        Now += ticks;
        foreach ((int key, Entry entry) in _entries.Where(pair => pair.Value.Deadline + (pair.Value.Value is null ? 0 : stale) <= Now).ToArray())
        {
            Leave(key, entry, CacheRemovalReason.Expired);
        }
    }

    public void Set(int key, int value, long? ownWrite, long? ownIdle, long? ownRefresh)
    {
        Detach(key);
        Store(key, value, ownWrite, ownIdle, ownRefresh);
    }

    /// <summary>Reads without loading.</summary>
    public (bool HasValue, bool IsMissing, int Value) Read(int key)
    {
        Entry? entry = Live1(key);
        if (entry?.Value is { } value)
        {
            Hits++;
            entry.LastAccess = Now;
            return (true, false, value);
        }

        Misses++;
        return (false, entry is not null, 0);
    }

    /// <summary>Reads; the answer is <see langword="null"/> if a load is waited for, which is new if <paramref name="begun"/>.
    /// With an answer, <paramref name="begun"/> is a refresh, if one begins.</summary>
    public (bool HasValue, int Value)? ReadOrLoad(int key, out Load? load, out bool begun)
    {
        load = null;
        begun = false;
        (bool hasValue, bool isMissing, int value) = Read(key);
        if (hasValue)
        {
            Entry entry = _entries[key];
            Load? running = _loads.GetValueOrDefault(key);
            if (Now >= entry.RefreshAt
                && Now >= entry.NoRefreshBefore
                && (running is null || (running.IsRefresh && Now - running.Started >= entry.Refresh)))
            {
                Detach(key);
                load = Begin(key, isRefresh: true);
                begun = true;
                Refreshes++;
            }

            return (true, value);
        }

        if (isMissing)
        {
            return (false, 0);
        }

        (load, begun) = JoinOrBegin(key);
        return null;
    }

    public (Load Load, bool IsNew) JoinOrBegin(int key)
    {
        if (_loads.TryGetValue(key, out Load? running) && !running.IsRefresh)
        {
            running.Waiters++;
            return (running, false);
        }

        Detach(key);
        Load load = Begin(key, isRefresh: false);
        load.Waiters = 1;
        return (load, true);
    }

    /// <summary>One caller cancels.</summary>
    public void Leave(Load load)
    {
        if (--load.Waiters == 0)
        {
            load.IsAbandoned = true;
            if (_loads.GetValueOrDefault(load.Key) == load)
            {
                _loads.Remove(load.Key);
            }
        }
    }

    /// <summary>Ends a load by a value that is to be stored.</summary>
    public void Store(Load load, int value, long? ownWrite)
    {
        if (End(load))
        {
            Store(load.Key, value, ownWrite, null, null);
        }
    }

    /// <summary>Ends a load by a value that is not to be stored.</summary>
    public void DoNotStore(Load load)
    {
        if (End(load) && _entries.TryGetValue(load.Key, out Entry? outdated))
        {
            Leave(load.Key, outdated, outdated.IsLive(Now) ? CacheRemovalReason.Replaced : CacheRemovalReason.Expired);
        }
    }

    /// <summary>Ends a load by "there is none".</summary>
    public void Missing(Load load, long? own)
    {
        if ((own ?? missing) is not { } lifetime)
        {
            DoNotStore(load);
        }
        else if (End(load))
        {
            Put(load.Key, new Entry { Value = null, Expires = Now + lifetime, LastAccess = Now });
        }
    }

    /// <summary>Ends a load by a failure.</summary>
    /// <returns>The stale value that is served instead, if there is one.</returns>
    public int? Fail(Load load)
    {
        if (!End(load) || _entries.GetValueOrDefault(load.Key) is not { Value: { } value } entry)
        {
            return null;
        }

        if (load.IsRefresh)
        {
            entry.NoRefreshBefore = Now + Math.Min(second, entry.Refresh);
            return null;
        }

        return value;
    }

    public (bool, int) Remove(int key)
    {
        Detach(key);
        if (!_entries.TryGetValue(key, out Entry? entry))
        {
            return (false, 0);
        }

        bool isLive = entry.IsLive(Now);
        Leave(key, entry, isLive ? CacheRemovalReason.Removed : CacheRemovalReason.Expired);
        return (isLive && entry.Value is not null, isLive ? entry.Value ?? 0 : 0);
    }

    public void Clear()
    {
        foreach (int key in _loads.Keys.ToArray())
        {
            Detach(key);
        }

        foreach ((int key, Entry entry) in _entries.ToArray())
        {
            Leave(key, entry, CacheRemovalReason.Cleared);
        }
    }

    private Entry? Live1(int key) => _entries.TryGetValue(key, out Entry? entry) && entry.IsLive(Now) ? entry : null;

    private void Store(int key, int value, long? ownWrite, long? ownIdle, long? ownRefresh) => Put(key, new Entry
    {
        Value = value,
        Expires = Now + (ownWrite ?? write ?? Entry.Never),
        Idle = ownIdle ?? idle ?? Entry.Never,
        Refresh = ownRefresh ?? refresh ?? Entry.Never,
        RefreshAt = Now + (ownRefresh ?? refresh ?? Entry.Never),
        LastAccess = Now,
    });

    private void Put(int key, Entry entry)
    {
        if (_entries.TryGetValue(key, out Entry? old))
        {
            Leave(key, old, old.IsLive(Now) ? CacheRemovalReason.Replaced : CacheRemovalReason.Expired);
        }

        _entries.Add(key, entry);
    }

    private void Leave(int key, Entry entry, CacheRemovalReason reason)
    {
        _entries.Remove(key);
        if (entry.Value is { } value)
        {
            Removals.Add((key, value, reason));
        }
    }

    private Load Begin(int key, bool isRefresh) => _loads[key] = new Load { Key = key, Started = Now, IsRefresh = isRefresh };

    private bool End(Load load) => _loads.GetValueOrDefault(load.Key) == load && _loads.Remove(load.Key);

    private void Detach(int key)
    {
        if (_loads.Remove(key, out Load? load) && load.IsRefresh)
        {
            load.IsAbandoned = true;
        }
    }

    /// <summary>One load of one key.</summary>
    internal sealed class Load
    {
        public required int Key { get; init; }

        public required long Started { get; init; }

        public required bool IsRefresh { get; init; }

        public int Waiters { get; set; }

        /// <summary>Whether nobody wants it any more, so that its token is cancelled.</summary>
        public bool IsAbandoned { get; set; }
    }

    private sealed class Entry
    {
        public const long Never = long.MaxValue / 8;

        public int? Value { get; init; } // null: known to be missing

        public long Expires { get; init; }

        public long Idle { get; init; } = Never;

        public long Refresh { get; init; } = Never;

        public long RefreshAt { get; init; } = Never;

        public long LastAccess { get; set; }

        public long NoRefreshBefore { get; set; } = long.MinValue;

        public long Deadline => Math.Min(Expires, LastAccess + Idle);

        public bool IsLive(long now) => now < Deadline;
    }
}
