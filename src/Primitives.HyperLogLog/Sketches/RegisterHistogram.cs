using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>Counts how many registers have each value.</summary>
internal static class RegisterHistogram
{
    public const int Values = 256;

    private const int Lanes = 4;

    /// <summary>Counts into <paramref name="histogram"/>, of <see cref="Values"/> elements, all of which are set.</summary>
    public static void Count(ReadOnlySpan<byte> registers, Span<int> histogram)
    {
        // Neighbours often have the same value; with one table each increment would wait for the one before.
        Span<int> lanes = stackalloc int[Lanes * Values];
        Span<int> first = lanes[..Values];
        Span<int> second = lanes.Slice(Values, Values);
        Span<int> third = lanes.Slice(2 * Values, Values);
        Span<int> fourth = lanes.Slice(3 * Values, Values);

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(registers);
        foreach (ulong word in words)
        {
            first[(byte)word]++;
            second[(byte)(word >> 8)]++;
            third[(byte)(word >> 16)]++;
            fourth[(byte)(word >> 24)]++;
            first[(byte)(word >> 32)]++;
            second[(byte)(word >> 40)]++;
            third[(byte)(word >> 48)]++;
            fourth[(byte)(word >> 56)]++;
        }

        for (int value = 0; value < histogram.Length; value++)
        {
            histogram[value] = first[value] + second[value] + third[value] + fourth[value];
        }
    }
}
