using System.Diagnostics;

namespace Primitives;

/// <summary>Places keys so that each has a slot in which no later one of the order has anything: peeling.</summary>
/// <remarks>A slot in which one key is alone is that key's; take the key out of its other slots, and more become alone.
/// If this ends with no key left, fingerprints can be filled in, in the reverse order.</remarks>
internal sealed class FuseBuilder
{
    private readonly FuseShape _shape;
    private readonly ulong[] _placed; // hashes, in the order in which they were taken out
    private readonly int[] _slots;    // the slot of each
    private readonly ulong[] _sums;   // per slot: all hashes in it, combined by XOR
    private readonly byte[] _counts;  // per slot: how many

    public FuseBuilder(FuseShape shape, int keys)
    {
        _shape = shape;
        _placed = new ulong[keys];
        _slots = new int[keys];
        _sums = new ulong[shape.SlotCount];
        _counts = new byte[shape.SlotCount];
    }

    /// <summary>Tries to place hashes, all different.</summary>
    /// <returns>Whether all were placed; otherwise try others.</returns>
    public bool TryPlace(ReadOnlySpan<ulong> hashes)
    {
        Array.Clear(_sums);
        Array.Clear(_counts);
        foreach (ulong hash in hashes)
        {
            (int first, int second, int third) = _shape.Slots(hash);
            if (!TryPut(first, hash) | !TryPut(second, hash) | !TryPut(third, hash))
            {
                return false; // 255 keys in one slot, where three are usual
            }
        }

        return Peel() == hashes.Length;
    }

    /// <summary>Fills in fingerprints, so that those of a key's slots combine to its own.</summary>
    public void Fill<TFingerprint>(TFingerprint[] table, Func<ulong, TFingerprint> fingerprint)
        where TFingerprint : struct, System.Numerics.IBinaryInteger<TFingerprint>
    {
        for (int i = _placed.Length - 1; i >= 0; i--)
        {
            // The key's own slot is still zero: no key that came out after this one has it.
            (int first, int second, int third) = _shape.Slots(_placed[i]);
            Debug.Assert(table[_slots[i]] == TFingerprint.Zero, "A slot belongs to one key.");
            table[_slots[i]] = fingerprint(_placed[i]) ^ table[first] ^ table[second] ^ table[third];
        }
    }

    private bool TryPut(int slot, ulong hash)
    {
        _sums[slot] ^= hash;
        return ++_counts[slot] != 0;
    }

    private int Peel()
    {
        var alone = new Stack<int>();
        int placed = 0;

        // Where one key was taken out, its other slots are looked at before the scan goes on: they are in the cache.
        for (int start = 0; start < _counts.Length; start++)
        {
            PushIfAlone(alone, start);
            while (alone.TryPop(out int slot))
            {
                if (_counts[slot] != 1)
                {
                    continue; // its key was taken out by way of another slot
                }

                ulong hash = _sums[slot];
                _placed[placed] = hash;
                _slots[placed++] = slot;
                (int first, int second, int third) = _shape.Slots(hash);
                TakeOut(first, hash, alone);
                TakeOut(second, hash, alone);
                TakeOut(third, hash, alone);
            }
        }

        return placed;
    }

    private void TakeOut(int slot, ulong hash, Stack<int> alone)
    {
        _counts[slot]--;
        _sums[slot] ^= hash;
        PushIfAlone(alone, slot);
    }

    private void PushIfAlone(Stack<int> alone, int slot)
    {
        if (_counts[slot] == 1)
        {
            alone.Push(slot);
        }
    }
}
