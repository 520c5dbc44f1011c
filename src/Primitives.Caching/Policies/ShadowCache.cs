using System.Diagnostics;

namespace Primitives;

/// <summary>A windowed TinyLFU in miniature that holds hashes in place of entries: it tells how a given window would do.
/// See <see cref="WindowTuner"/>.</summary>
/// <remarks>Not thread-safe: guarded by the cache's lock.</remarks>
internal sealed class ShadowCache
{
    private const byte None = byte.MaxValue;
    private const int Window = 0;
    private const int Probation = 1;
    private const int Protected = 2;

    private readonly FrequencySketch _sketch;
    private readonly int _capacity;
    private readonly int _windowMax;
    private readonly int _protectedMax;
    private readonly uint[] _hashes;
    private readonly byte[] _newer;
    private readonly byte[] _older;
    private readonly byte[] _region;
    private readonly byte[] _slots; // open addressing with linear probing: the number of a node, or None
    private readonly byte[] _newest = [None, None, None];
    private readonly byte[] _oldest = [None, None, None];
    private readonly int[] _counts = new int[3];
    private byte _free;
    private byte _champion = None;
    private int _wins;

    public ShadowCache(int capacity, double windowShare, FrequencySketch sketch)
    {
        Debug.Assert(capacity is > 0 and < None, "Nodes are numbered by bytes.");
        _sketch = sketch;
        _capacity = capacity;
        _windowMax = Math.Max(1, (int)(capacity * windowShare));
        _protectedMax = (int)((capacity - _windowMax) * WindowTinyLfu.ProtectedShare);
        _hashes = new uint[capacity];
        _newer = new byte[capacity];
        _older = new byte[capacity];
        _region = new byte[capacity];
        _slots = new byte[512];
        Array.Fill(_slots, None);
        for (int node = 0; node < capacity; node++)
        {
            _older[node] = node + 1 < capacity ? (byte)(node + 1) : None;
        }
    }

    public int Hits { get; private set; }

    public int TakeHits()
    {
        int hits = Hits;
        Hits = 0;
        return hits;
    }

    public void Access(uint hash)
    {
        int slot = Find(hash);
        if (_slots[slot] != None)
        {
            Hits++;
            Touch(_slots[slot]);
            return;
        }

        MakeRoom();
        byte node = _free;
        _free = _older[node];
        _hashes[node] = hash;
        _slots[Find(hash)] = node; // again: making room may have moved slots
        Link(node, Window);
    }

    private void Touch(byte node)
    {
        int region = _region[node];
        Unlink(node);
        Link(node, region == Window ? Window : Protected);
        while (_counts[Protected] > _protectedMax && _counts[Protected] > 1)
        {
            Move(_oldest[Protected], Probation);
        }
    }

    private void MakeRoom()
    {
        while (_counts[Window] + 1 > _windowMax && _counts[Window] > 0)
        {
            byte candidate = _oldest[Window];
            if (_counts[Probation] + _counts[Protected] < _capacity - _windowMax)
            {
                Move(candidate, Probation);
                continue;
            }

            byte victim = MainVictim();
            if (victim != None && WindowTinyLfu.Admits(_sketch, _hashes[candidate], _hashes[victim]))
            {
                Evict(victim);
                Move(candidate, Probation);
            }
            else
            {
                Evict(candidate);
                NoteWin(victim);
            }
        }

        Debug.Assert(_counts[Window] + _counts[Probation] + _counts[Protected] < _capacity, "There is room.");
    }

    private void NoteWin(byte victim)
    {
        _wins = victim == _champion ? _wins + 1 : 1;
        _champion = victim;
        if (victim != None && _wins == WindowTinyLfu.WinsInARow)
        {
            _champion = None;
            Move(victim, _region[victim]);
        }
    }

    private byte MainVictim() => _oldest[Probation] != None ? _oldest[Probation] : _oldest[Protected];

    private void Move(byte node, int region)
    {
        Unlink(node);
        Link(node, region);
    }

    private void Link(byte node, int region)
    {
        _region[node] = (byte)region;
        _newer[node] = None;
        _older[node] = _newest[region];
        if (_newest[region] == None)
        {
            _oldest[region] = node;
        }
        else
        {
            _newer[_newest[region]] = node;
        }

        _newest[region] = node;
        _counts[region]++;
    }

    private void Unlink(byte node)
    {
        int region = _region[node];
        if (_newer[node] == None)
        {
            _newest[region] = _older[node];
        }
        else
        {
            _older[_newer[node]] = _older[node];
        }

        if (_older[node] == None)
        {
            _oldest[region] = _newer[node];
        }
        else
        {
            _newer[_older[node]] = _newer[node];
        }

        _counts[region]--;
    }

    private void Evict(byte node)
    {
        Unlink(node);
        _champion = node == _champion ? None : _champion;
        Forget(Find(_hashes[node]));
        _older[node] = _free;
        _free = node;
    }

    private int Find(uint hash)
    {
        int mask = _slots.Length - 1;
        int slot = Home(hash);
        while (_slots[slot] != None && _hashes[_slots[slot]] != hash)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    // Deleting from a linear probe: what comes after moves up unless that would put it before its home.
    private void Forget(int hole)
    {
        int mask = _slots.Length - 1;
        for (int slot = (hole + 1) & mask; _slots[slot] != None; slot = (slot + 1) & mask)
        {
            int home = Home(_hashes[_slots[slot]]);
            if (((slot - home) & mask) >= ((slot - hole) & mask))
            {
                _slots[hole] = _slots[slot];
                hole = slot;
            }
        }

        _slots[hole] = None;
    }

    private static int Home(uint hash) => (int)((hash * 0x9E3779B9u) >> 23);
}
