using System.Collections.Concurrent;

namespace Primitives;

/// <summary>
/// When each tag was last removed, and the clock that orders this against the beginnings of loads. Thread-safe.
/// </summary>
internal sealed class HybridTags(TimeProvider timeProvider)
{
    public const string Wildcard = "*";

    // More tags than this are folded into one removal of everything: right, though it costs loads, and bounded.
    private const int MostTags = 65_536;

    // Invariants:
    //   I1  No two readings of the clock are equal, so "removed before or after the load began" always has an answer.
    //   I2  Removal times only grow, also when one is learnt late from another server.
    private readonly ConcurrentDictionary<string, long> _removedAt = new(StringComparer.Ordinal);
    private readonly Lock _lock = new(); // taken to fold, and to learn a tag
    private long _allRemovedAt;
    private long _lastTime;

    /// <summary>Gets the last reading of the clock: all later ones are greater.</summary>
    public long LastTime => Volatile.Read(ref _lastTime);

    /// <summary>Reads the clock: UTC ticks, but later than every reading before.</summary>
    public long NextTime()
    {
        long now = timeProvider.GetUtcNow().UtcTicks;
        long last = Volatile.Read(ref _lastTime);
        while (true)
        {
            long next = Math.Max(now, last + 1);
            long seen = Interlocked.CompareExchange(ref _lastTime, next, last);
            if (seen == last)
            {
                return next;
            }

            last = seen; // somebody else's reading, which ours must be later than
        }
    }

    /// <summary>Notes that a tag, or everything, was removed at a time.</summary>
    public void Remove(string tag, long at)
    {
        lock (_lock)
        {
            if (tag == Wildcard)
            {
                RemoveAllLocked(at);
                return;
            }

            _removedAt.AddOrUpdate(tag, static (_, at) => at, static (_, known, at) => Math.Max(known, at), at);
            if (_removedAt.Count > MostTags)
            {
                RemoveAllLocked(_removedAt.Values.Max());
            }
        }
    }

    public bool IsValid(HybridEntry entry) => IsValid(entry.CreatedAt, entry.Tags);

    /// <summary>Tells whether, as far as is known here, nothing was removed since the load began.</summary>
    public bool IsValid(long createdAt, string[] tags)
    {
        if (createdAt <= Volatile.Read(ref _allRemovedAt))
        {
            return false;
        }

        foreach (string tag in tags)
        {
            if (_removedAt.TryGetValue(tag, out long removedAt) && createdAt <= removedAt)
            {
                return false;
            }
        }

        // Once more: tags may have been folded into the removal of everything between the two looks.
        return tags.Length == 0 || createdAt > Volatile.Read(ref _allRemovedAt);
    }

    private void RemoveAllLocked(long at)
    {
        at = Math.Max(at, _allRemovedAt);
        Volatile.Write(ref _allRemovedAt, at); // first, so that what is dropped below is covered
        foreach (KeyValuePair<string, long> tag in _removedAt.Where(tag => tag.Value <= at))
        {
            _removedAt.TryRemove(tag);
        }
    }
}
