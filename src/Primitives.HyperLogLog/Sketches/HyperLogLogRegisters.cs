using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>
/// HyperLogLog: a register is the highest rank seen, 1 + the zeros behind the index, and 0 before the first hash.
/// </summary>
/// <remarks>Source: Flajolet, Fusy, Gandouet and Meunier, 2007, with the estimator of O. Ertl, see
/// <see cref="ImprovedEstimator"/>.</remarks>
internal readonly struct HyperLogLogRegisters : IRegisters
{
    public static PersistedKind Kind => PersistedKind.HyperLogLog;

    // sqrt(3 ln 2 - 1) = 1.0390 in the limit, given as 1.04 since the original paper.
    public static double ErrorFactor => 1.04;

    public static bool Covers(byte register, int zeros, int precision) => register > zeros;

    public static byte With(byte register, int zeros, int precision) => (byte)Math.Max(register, zeros + 1);

    public static void Merge(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Debug.Assert(source.Length == target.Length, "Registers of one precision.");
        if (target.Length < Vector512<byte>.Count)
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = Math.Max(target[i], source[i]);
            }

            return;
        }

        ReadOnlySpan<Vector512<byte>> from = MemoryMarshal.Cast<byte, Vector512<byte>>(source);
        Span<Vector512<byte>> to = MemoryMarshal.Cast<byte, Vector512<byte>>(target);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Vector512.Max(to[i], from[i]);
        }
    }

    public static byte Reduce(ReadOnlySpan<byte> group, int precision)
    {
        // The bits that told the group's registers apart now precede the zeros that were counted.
        int bits = BitOperations.Log2((uint)group.Length);
        int rank = group[0] == 0 ? 0 : group[0] + bits;
        for (int i = 1; i < group.Length; i++)
        {
            if (group[i] != 0)
            {
                rank = Math.Max(rank, bits - BitOperations.Log2((uint)i));
            }
        }

        return (byte)rank;
    }

    public static double ChangeProbability(byte register, int precision) =>
        register == MaxRank(precision) ? 0 : Math.ScaleB(1, -register);

    public static double Estimate(ReadOnlySpan<int> histogram, int precision) =>
        ImprovedEstimator.Estimate(histogram[..(MaxRank(precision) + 1)]);

    public static bool IsPossible(byte register, int precision) => register <= MaxRank(precision);

    public static int PackedLength(int precision) => SixBits.PackedLength(1 << precision);

    public static void Pack(ReadOnlySpan<byte> registers, Span<byte> packed) => SixBits.Pack(registers, packed);

    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> registers) => SixBits.Unpack(packed, registers);

    private static int MaxRank(int precision) => 65 - precision;
}
