using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>
/// UltraLogLog: a register knows, besides the highest rank seen, whether each of the two ranks below was seen as well.
/// </summary>
/// <remarks>
/// <para>A set of ranks is a word of bits, bit rank + precision - 2, of which a register keeps the highest in its upper
/// six bits and the two below it in its lower two. In that position a bit does not move when the precision is
/// lowered.</para>
/// <para>Source: O. Ertl, UltraLogLog: A Practical and More Space-Efficient Alternative to HyperLogLog for Approximate
/// Distinct Counting, arXiv:2308.16862, 2023, with its maximum-likelihood estimator.</para>
/// </remarks>
internal readonly struct UltraLogLogRegisters : IRegisters
{
    // Of the second order in 1/m, as published: (3 ln 2 / 2) * zeta(3, 5/4) / zeta(2, 5/4)^2.
    private const double Bias = 0.48147376527720065;

    public static PersistedKind Kind => PersistedKind.UltraLogLog;

    // sqrt(ln 2 / zeta(2, 5/4)), the square root of the inverse of the Fisher information.
    public static double ErrorFactor => 0.7609;

    public static bool Covers(byte register, int zeros, int precision)
    {
        int below = (register >> 2) - (zeros + precision - 1); // how far below the highest bit
        return below > 2 || (below >= 0 && (((4 | (register & 3)) >> (2 - below)) & 1) != 0);
    }

    public static byte With(byte register, int zeros, int precision) =>
        FromBits(ToBits(register) | (1UL << (zeros + precision - 1)));

    public static void Merge(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Debug.Assert(source.Length == target.Length, "Registers of one precision.");
        if (target.Length < Vector512<byte>.Count)
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = FromBits(ToBits(target[i]) | ToBits(source[i]));
            }

            return;
        }

        ReadOnlySpan<Vector512<byte>> from = MemoryMarshal.Cast<byte, Vector512<byte>>(source);
        Span<Vector512<byte>> to = MemoryMarshal.Cast<byte, Vector512<byte>>(target);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Merge(to[i], from[i]);
        }
    }

    public static byte Reduce(ReadOnlySpan<byte> group, int precision)
    {
        // The bits that told the group's registers apart are the rank of all but the first.
        int bits = BitOperations.Log2((uint)group.Length);
        ulong ranks = ToBits(group[0]);
        for (int i = 1; i < group.Length; i++)
        {
            if (group[i] != 0)
            {
                int zeros = bits - 1 - BitOperations.Log2((uint)i);
                ranks |= 1UL << (zeros + precision - bits - 1);
            }
        }

        return FromBits(ranks);
    }

    public static double ChangeProbability(byte register, int precision)
    {
        if (register == 0)
        {
            return 1;
        }

        int rank = RankOf(register, precision);
        double above = rank == MaxRank(precision) ? 0 : Math.ScaleB(1, -rank);
        double oneBelow = rank > 1 && (register & 2) == 0 ? RankProbability(rank - 1, precision) : 0;
        double twoBelow = rank > 2 && (register & 1) == 0 ? RankProbability(rank - 2, precision) : 0;
        return above + oneBelow + twoBelow;
    }

    public static double Estimate(ReadOnlySpan<int> histogram, int precision)
    {
        // With n hashes each rank is missing from a register with probability exp(-n/m * P(rank)), independently if n
        // is taken as Poisson distributed. So the likelihood needs the probability of all that is known to be missing,
        // which is that of a change, and how often each rank is known to be present.
        double missing = 0;
        Span<int> present = stackalloc int[64 - precision + 1];
        for (int value = 0; value < histogram.Length; value++)
        {
            int count = histogram[value];
            if (count == 0)
            {
                continue;
            }

            missing += count * ChangeProbability((byte)value, precision);
            if (value != 0)
            {
                int rank = RankOf((byte)value, precision);
                AddRank(present, rank, count);
                AddRank(present, rank - 1, count * ((value >> 1) & 1));
                AddRank(present, rank - 2, count * (value & 1));
            }
        }

        double registers = 1 << precision;
        return MaximumLikelihood.Solve(missing, present) * registers / (1 + (Bias / registers));
    }

    public static bool IsPossible(byte register, int precision) =>
        register == 0 || (register >> 2 >= precision - 1 && (ToBits(register) & ((1UL << (precision - 1)) - 1)) == 0);

    public static int PackedLength(int precision) => 1 << precision;

    public static void Pack(ReadOnlySpan<byte> registers, Span<byte> packed) => registers.CopyTo(packed);

    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> registers) => packed.CopyTo(registers);

    // No register but 0 has its highest bit below precision - 1, so shifts of less than two do not occur; for 0 the
    // shift by -2 pushes the bit out.
    private static ulong ToBits(byte register) => (4UL | (register & 3U)) << ((register >> 2) - 2);

    private static byte FromBits(ulong bits)
    {
        if (bits == 0)
        {
            return 0;
        }

        int below = BitOperations.LeadingZeroCount(bits) + 1;
        return (byte)((-below << 2) | (int)((bits << below) >> 62));
    }

    private static Vector512<byte> Merge(Vector512<byte> left, Vector512<byte> right)
    {
        // The lower of two registers can only fill in the two lower bits of the higher: with its own two at the same
        // rank, with its highest bit and the one below at one less, with its highest bit at two less. A register of 0
        // is at least three below any other.
        Vector512<byte> higher = Vector512.Max(left, right);
        Vector512<byte> lower = Vector512.Min(left, right);
        Vector512<byte> below = (higher >>> 2) - (lower >>> 2);
        Vector512<byte> two = Vector512.Create((byte)2);
        Vector512<byte> seen =
            (Vector512.Equals(below, Vector512<byte>.Zero) & lower & Vector512.Create((byte)3))
            | (Vector512.Equals(below, Vector512<byte>.One) & (two | ((lower >>> 1) & Vector512<byte>.One)))
            | (Vector512.Equals(below, two) & Vector512<byte>.One);
        return higher | seen;
    }

    private static void AddRank(Span<int> present, int rank, int count)
    {
        // The two highest ranks have one probability and are one event for the estimate.
        if (count != 0)
        {
            present[Math.Min(rank, present.Length - 1)] += count;
        }
    }

    private static int RankOf(byte register, int precision) => (register >> 2) - precision + 2;

    private static double RankProbability(int rank, int precision) => Math.ScaleB(1, -Math.Min(rank, MaxRank(precision) - 1));

    private static int MaxRank(int precision) => 65 - precision;
}
