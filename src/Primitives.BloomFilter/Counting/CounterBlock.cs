using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>A split block whose bits are counters of four bits: 256 of them, in 16 words.</summary>
/// <remarks>The counter of a block's bit <c>i</c> is the nibble <c>i % 16</c>, from the low end, of word <c>i / 16</c>.
/// A counter that reaches 15 has lost count, and stays.</remarks>
internal static class CounterBlock
{
    public const int Words = SplitBlock.Bits / CountersPerWord;
    public const int CountersPerWord = 16;
    public const ulong Stuck = 15;

    private const int CounterBits = 4;
    private const ulong LowestOfEach = 0x1111_1111_1111_1111;

    /// <summary>Tells whether none of a key's eight counters is zero.</summary>
    public static bool Contains(ref ulong block, uint key)
    {
        Vector256<uint> bits = SplitBlock.BitsOf(key);
        for (int lane = 0; lane < SplitBlock.Lanes; lane++)
        {
            if (Counter(Volatile.Read(ref Word(ref block, lane, bits, out int shift)), shift) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Counts a key in. One writer at a time; readers may be under way.</summary>
    /// <returns>Whether one of its counters was zero.</returns>
    public static bool Add(ref ulong block, uint key)
    {
        Vector256<uint> bits = SplitBlock.BitsOf(key);
        bool isNew = false;
        for (int lane = 0; lane < SplitBlock.Lanes; lane++)
        {
            ref ulong word = ref Word(ref block, lane, bits, out int shift);
            ulong count = Counter(word, shift);
            isNew |= count == 0;
            if (count != Stuck)
            {
                Volatile.Write(ref word, word + (1UL << shift));
            }
        }

        return isNew;
    }

    /// <summary>Counts a key out if none of its counters is zero. One writer at a time; readers may be under way, and
    /// a counter that another key needs is not zero at any moment.</summary>
    /// <returns>Whether it was.</returns>
    public static bool Remove(ref ulong block, uint key)
    {
        if (!Contains(ref block, key))
        {
            return false;
        }

        Vector256<uint> bits = SplitBlock.BitsOf(key);
        for (int lane = 0; lane < SplitBlock.Lanes; lane++)
        {
            ref ulong word = ref Word(ref block, lane, bits, out int shift);
            if (Counter(word, shift) != Stuck)
            {
                Volatile.Write(ref word, word - (1UL << shift));
            }
        }

        return true;
    }

    /// <summary>Gives 16 bits that tell which of a word's counters are not zero.</summary>
    public static ulong NotZero(ulong counters)
    {
        counters |= counters >> 1;
        counters |= counters >> 2;
        counters &= LowestOfEach;

        // The 16 lowest bits move together: pairs, then fours, eights, sixteens.
        counters = (counters | (counters >> 3)) & 0x0303_0303_0303_0303;
        counters = (counters | (counters >> 6)) & 0x000F_000F_000F_000F;
        counters = (counters | (counters >> 12)) & 0x0000_00FF_0000_00FF;
        return (counters | (counters >> 24)) & 0xFFFF;
    }

    /// <summary>Counts the counters of a word that are stuck.</summary>
    public static int StuckCounters(ulong counters)
    {
        counters &= counters >> 1;
        counters &= counters >> 2;
        return BitOperations.PopCount(counters & LowestOfEach);
    }

    /// <summary>Gives the split block of the keys that are counted in: a bit for each counter that is not zero.</summary>
    public static void Collapse(ref ulong block, Span<ulong> bits)
    {
        bits.Clear();
        for (int i = 0; i < Words; i++)
        {
            bits[i / CounterBits] |= NotZero(Volatile.Read(ref Unsafe.Add(ref block, i))) << (i % CounterBits * CountersPerWord);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong Word(ref ulong block, int lane, Vector256<uint> bits, out int shift)
    {
        int bit = (lane * SplitBlock.LaneBits) + (int)bits[lane];
        shift = bit % CountersPerWord * CounterBits;
        return ref Unsafe.Add(ref block, bit / CountersPerWord);
    }

    private static ulong Counter(ulong word, int shift) => (word >> shift) & Stuck;
}
