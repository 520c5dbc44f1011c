using System.Diagnostics;

namespace Primitives;

/// <summary>A list of entries from the newest to the oldest, linked through the entries themselves.</summary>
/// <remarks>Not thread-safe: guarded by the cache's lock.</remarks>
internal sealed class EntryList<TKey, TValue>(Region region)
    where TKey : notnull
{
    public Entry<TKey, TValue>? Newest { get; private set; }

    public Entry<TKey, TValue>? Oldest { get; private set; }

    public long Weight { get; private set; }

    public int Count { get; private set; }

    public void Add(Entry<TKey, TValue> entry)
    {
        Debug.Assert(entry.Region == Region.None, "It is in a list already.");
        entry.Region = region;
        entry.Older = Newest;
        if (Newest is null)
        {
            Oldest = entry;
        }
        else
        {
            Newest.Newer = entry;
        }

        Newest = entry;
        Weight += entry.Weight;
        Count++;
    }

    public void Remove(Entry<TKey, TValue> entry)
    {
        Debug.Assert(entry.Region == region, "It is in another list.");
        if (entry.Newer is null)
        {
            Newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        if (entry.Older is null)
        {
            Oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        // Not left dangling: a dead entry that an old generation holds would keep its neighbours alive.
        entry.Newer = null;
        entry.Older = null;
        entry.Region = Region.None;
        Weight -= entry.Weight;
        Count--;
    }

    public void MoveToNewest(Entry<TKey, TValue> entry)
    {
        Debug.Assert(entry.Region == region, "It is in another list.");
        if (entry.Newer is not { } newer)
        {
            return; // it is the newest
        }

        // In one go and not by removing and adding, as each reference written costs a note to the garbage collector.
        newer.Older = entry.Older;
        if (entry.Older is null)
        {
            Oldest = newer;
        }
        else
        {
            entry.Older.Newer = newer;
        }

        entry.Newer = null;
        entry.Older = Newest;
        Newest!.Newer = entry;
        Newest = entry;
    }

    public void Clear()
    {
        for (Entry<TKey, TValue>? entry = Newest; entry is not null;)
        {
            Entry<TKey, TValue>? older = entry.Older;
            entry.Newer = null;
            entry.Older = null;
            entry.Region = Region.None;
            entry = older;
        }

        Newest = null;
        Oldest = null;
        Weight = 0;
        Count = 0;
    }
}
