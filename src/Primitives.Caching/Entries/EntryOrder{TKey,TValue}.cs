using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Lists of entries, one for each region, from the newest to the oldest.</summary>
/// <remarks>The links are numbers of slots and not references: a reference written into an object that outlived a collection
/// costs several times as much, and moving one entry writes six links. Not thread-safe: guarded by the cache's
/// lock.</remarks>
internal sealed class EntryOrder<TKey, TValue>
    where TKey : notnull
{
    private const int Lists = (int)Region.Protected + 1;
    private const int LeastSlots = 16;

    // The slots of an array that grows. Invariants:
    //   I1  Slot r < Lists holds no entry: it closes the list of region r into a ring, from its oldest entry (Newer) over
    //       the newest (Older) back to itself. So linking and unlinking have no special cases. Slot 0 is not used.
    //   I2  An entry is in slot entry.Slot, in the list of entry.Region; out of the order both are 0.
    //   I3  Every other slot below _unused is in the chain that begins with _free, linked by Older, and holds no entry, so
    //       that none is kept alive.
    private readonly Total[] _totals = new Total[Lists];
    private Slot[] _slots = new Slot[LeastSlots];
    private int _free; // 0 if the chain is empty
    private int _unused;
    private long _capacity = long.MaxValue;

    public EntryOrder() => Clear();

    public int Count { get; private set; }

    /// <summary>Tells how many entries there will be at most, so that no room is made for more.</summary>
    public void SetCapacity(long capacity) => _capacity = capacity;

    public Entry<TKey, TValue>? Newest(Region region) => _slots[_slots[(int)region].Older].Entry;

    public Entry<TKey, TValue>? Oldest(Region region) => _slots[_slots[(int)region].Newer].Entry;

    public int CountOf(Region region) => _totals[(int)region].Count;

    public long WeightOf(Region region) => _totals[(int)region].Weight;

    /// <summary>Adds an entry as the newest of a region.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Entry<TKey, TValue> entry, Region region)
    {
        Debug.Assert(entry.Region == Region.None && region != Region.None, "It is in a list already.");
        int slot = TakeSlot();
        _slots[slot].Entry = entry;
        entry.SetPlace(region, slot);
        Link(slot, region, entry.Weight);
        Count++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Entry<TKey, TValue> entry)
    {
        int slot = entry.Slot;
        Debug.Assert(ReferenceEquals(_slots[slot].Entry, entry), "It is in no list.");
        Unlink(slot, entry.Region, entry.Weight);
        entry.SetPlace(Region.None, 0);
        _slots[slot].Entry = null;
        _slots[slot].Older = _free;
        _free = slot;
        Count--;
    }

    /// <summary>Makes an entry the newest of a region, its own or another.</summary>
    public void Move(Entry<TKey, TValue> entry, Region region)
    {
        int slot = entry.Slot;
        Debug.Assert(ReferenceEquals(_slots[slot].Entry, entry), "It is in no list.");
        Unlink(slot, entry.Region, entry.Weight);
        entry.SetPlace(region, slot);
        Link(slot, region, entry.Weight);
    }

    /// <summary>Makes an entry the newest of the region it is in.</summary>
    public void Touch(Entry<TKey, TValue> entry)
    {
        Slot[] slots = _slots;
        int slot = entry.Slot;
        Debug.Assert(ReferenceEquals(slots[slot].Entry, entry), "It is in no list.");
        (int newer, int older) = (slots[slot].Newer, slots[slot].Older);
        slots[newer].Older = older;
        slots[older].Newer = newer;
        Link(slots, slot, (int)entry.Region);
    }

    public void Clear()
    {
        foreach (ref Slot slot in _slots.AsSpan(0, Math.Max(_unused, Lists)))
        {
            slot.Entry?.SetPlace(Region.None, 0);
        }

        Array.Clear(_totals);
        _slots = new Slot[LeastSlots];
        for (int list = 0; list < Lists; list++)
        {
            _slots[list] = new Slot { Newer = list, Older = list };
        }

        _free = 0;
        _unused = Lists;
        Count = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TakeSlot()
    {
        int slot = _free;
        if (slot != 0)
        {
            _free = _slots[slot].Older;
            return slot;
        }

        return TakeUnusedSlot();
    }

    private int TakeUnusedSlot()
    {
        if (_unused == _slots.Length)
        {
            long length = Math.Min(_slots.Length * 2L, _capacity + Lists);
            Array.Resize(ref _slots, (int)Math.Max(length, _unused + 1L));
        }

        return _unused++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Link(int slot, Region region, int weight)
    {
        Link(_slots, slot, (int)region);
        ref Total total = ref _totals[(int)region];
        total.Count++;
        total.Weight += weight;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Link(Slot[] slots, int slot, int list)
    {
        int newest = slots[list].Older;
        slots[slot].Newer = list;
        slots[slot].Older = newest;
        slots[newest].Newer = slot;
        slots[list].Older = slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unlink(int slot, Region region, int weight)
    {
        Slot[] slots = _slots;
        (int newer, int older) = (slots[slot].Newer, slots[slot].Older);
        slots[newer].Older = older;
        slots[older].Newer = newer;
        ref Total total = ref _totals[(int)region];
        total.Count--;
        total.Weight -= weight;
    }

    private struct Slot
    {
        public Entry<TKey, TValue>? Entry;
        public int Newer;
        public int Older;
    }

    private struct Total
    {
        public long Weight;
        public int Count;
    }
}
