using System.Numerics;

namespace Primitives;

/// <summary>
/// What a register needs to know of a 64-bit hash, at any precision up to <see cref="Precision"/>: its first 26 bits,
/// and how many zeros follow them. Nothing that a sketch of lower precision would have used is lost.
/// </summary>
internal static class Token
{
    // A token is the index at precision 26 in its upper 26 bits and 1 + the zeros behind it, 1 to 39, in its lower 6. It
    // is neither 0 nor uint.MaxValue, which SparseTokens uses for its own purposes.
    public const int Precision = 26;

    private const int RankBits = 6;
    private const uint RankMask = (1 << RankBits) - 1;
    private const int MaxRank = 64 - Precision + 1;

    /// <summary>The probability that two different hashes have the same token: the sum over all tokens of their squared
    /// probability, 2^26 * sum(2^-2(26 + k), k = 1 ...) = 2^-26 / 3.</summary>
    public const double CollisionProbability = 1.0 / (1 << Precision) / 3;

    public static uint Of(ulong hash) =>
        ((uint)(hash >> (64 - Precision)) << RankBits) | (uint)(ZerosAfter(hash, Precision) + 1);

    public static bool IsValid(uint token) => (token & RankMask) is >= 1 and <= MaxRank;

    /// <summary>Gives a hash that has this token.</summary>
    public static ulong Hash(uint token) => Hash(token >> RankBits, (int)(token & RankMask) - 1, Precision);

    /// <summary>Gives a hash with this index in its first <paramref name="precision"/> bits and this many zeros, at most
    /// 64 - <paramref name="precision"/>, behind them.</summary>
    public static ulong Hash(uint index, int zeros, int precision)
    {
        ulong prefix = (ulong)index << (64 - precision);
        return zeros == 64 - precision ? prefix : prefix | (1UL << (63 - precision - zeros));
    }

    /// <summary>Counts the zeros behind the first <paramref name="precision"/> bits: 0 to 64 -
    /// <paramref name="precision"/>.</summary>
    public static int ZerosAfter(ulong hash, int precision) =>
        // The index bits are shifted out and ones shifted in, which end the count when all other bits are zero.
        BitOperations.LeadingZeroCount(~(~hash << precision));
}
