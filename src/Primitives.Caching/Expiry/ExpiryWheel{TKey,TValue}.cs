using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>Puts entries off until a time: levels of 64 slots, each level 64 times as coarse as the one below.</summary>
/// <remarks>
/// <para>Scheduling and removing are O(1); an entry moves down at most once a level. An entry is due at most one tick
/// (1/64 s) after its time, and never before.</para>
/// <para>Not thread-safe: guarded by the cache's lock. Source: Varghese and Lauck, Hashed and Hierarchical Timing Wheels,
/// IEEE/ACM Transactions on Networking 5(6), 1997.</para>
/// </remarks>
internal sealed class ExpiryWheel<TKey, TValue>
    where TKey : notnull
{
    private const int BitsPerLevel = 6;
    private const int SlotsPerLevel = 1 << BitsPerLevel;
    private const int Levels = 7; // 2^42 ticks, some 2,000 years
    private const int DueSlot = Levels * SlotsPerLevel;
    private const long TicksPerSecond = 64;
    private const long Farthest = (1L << (BitsPerLevel * Levels)) - 1;

    // Invariants, with distance(level, slot) = how many slots of its level lie between _current and the slot:
    //   I1  An entry for tick t is in a slot of level L with 1 <= (t >> 6L) - (_current >> 6L) <= 64, so that the slots of
    //       a level stand for different times.
    //   I2  Bit s of _occupied[L] is set exactly if slot s of level L has entries.
    //   I3  Nothing is in a slot whose time is at or before _current, other than the due slot.
    private readonly RichEntry<TKey, TValue>?[] _slots = new RichEntry<TKey, TValue>?[DueSlot + 1];
    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly long _clockTicksPerTick;
    private long _current;

    public ExpiryWheel(long clockFrequency, long now)
    {
        _clockTicksPerTick = Math.Max(1, clockFrequency / TicksPerSecond);
        _current = ToTick(now);
    }

    public int Count { get; private set; }

    /// <summary>Gets the instant at which something has to be looked at; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue
    {
        get
        {
            if (_slots[DueSlot] is not null)
            {
                return _current * _clockTicksPerTick;
            }

            long tick = NextTick();
            return tick == long.MaxValue ? tick : tick * _clockTicksPerTick;
        }
    }

    /// <summary>Puts an entry off until a time.</summary>
    public void Schedule(RichEntry<TKey, TValue> entry, long until, long now)
    {
        Debug.Assert(entry.WheelSlot == -1, "It is scheduled already.");
        if (until == long.MaxValue)
        {
            return;
        }

        if (Count == 0)
        {
            _current = Math.Max(_current, ToTick(now));
        }

        // The tick that begins at or after the time, so that nothing is due before it.
        long tick = (until / _clockTicksPerTick) + (until % _clockTicksPerTick > 0 ? 1 : 0);
        long distance = Math.Clamp(tick - _current, 1, Farthest);
        int level = BitOperations.Log2((ulong)distance) / BitsPerLevel;
        int slot = (int)((_current + distance) >> (level * BitsPerLevel)) & (SlotsPerLevel - 1);
        _occupied[level] |= 1UL << slot;
        Link(entry, (level * SlotsPerLevel) + slot);
        Count++;
    }

    public void Remove(RichEntry<TKey, TValue> entry)
    {
        if (entry.WheelSlot >= 0)
        {
            Unlink(entry);
            Count--;
        }
    }

    /// <summary>Takes out an entry whose time has come, or may have: the caller checks, and schedules it again if not.</summary>
    public RichEntry<TKey, TValue>? TakeDue(long now)
    {
        while (_slots[DueSlot] is null)
        {
            long tick = NextTick();
            long nowTick = ToTick(now);
            if (tick > nowTick)
            {
                _current = Math.Max(_current, nowTick);
                return null;
            }

            _current = tick;
            for (int level = 0; level < Levels && (tick & ((1L << (level * BitsPerLevel)) - 1)) == 0; level++)
            {
                MakeDue(level, (int)(tick >> (level * BitsPerLevel)) & (SlotsPerLevel - 1));
            }
        }

        RichEntry<TKey, TValue> due = _slots[DueSlot]!;
        Remove(due);
        return due;
    }

    public void Clear()
    {
        Array.Clear(_slots);
        Array.Clear(_occupied);
        Count = 0;
    }

    private long ToTick(long instant) => instant / _clockTicksPerTick;

    private long NextTick()
    {
        long next = long.MaxValue;
        for (int level = 0; level < Levels; level++)
        {
            if (_occupied[level] != 0)
            {
                long position = _current >> (level * BitsPerLevel);
                int ahead = BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[level], ((int)position + 1) & (SlotsPerLevel - 1)));
                next = Math.Min(next, (position + ahead + 1) << (level * BitsPerLevel));
            }
        }

        return next;
    }

    private void MakeDue(int level, int slot)
    {
        while (_slots[(level * SlotsPerLevel) + slot] is { } entry)
        {
            Unlink(entry);
            Link(entry, DueSlot);
        }
    }

    private void Link(RichEntry<TKey, TValue> entry, int slot)
    {
        entry.WheelSlot = slot;
        entry.WheelNext = _slots[slot];
        if (entry.WheelNext is not null)
        {
            entry.WheelNext.WheelPrevious = entry;
        }

        _slots[slot] = entry;
    }

    private void Unlink(RichEntry<TKey, TValue> entry)
    {
        int slot = entry.WheelSlot;
        if (entry.WheelPrevious is null)
        {
            _slots[slot] = entry.WheelNext;
        }
        else
        {
            entry.WheelPrevious.WheelNext = entry.WheelNext;
        }

        if (entry.WheelNext is not null)
        {
            entry.WheelNext.WheelPrevious = entry.WheelPrevious;
        }

        entry.WheelNext = null;
        entry.WheelPrevious = null;
        entry.WheelSlot = -1;
        if (_slots[slot] is null && slot != DueSlot)
        {
            _occupied[slot / SlotsPerLevel] &= ~(1UL << (slot % SlotsPerLevel));
        }
    }
}
