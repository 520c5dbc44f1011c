using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>
/// The split-block layout: a key has one block of 256 bits, which is eight lanes of 32 bits, and one bit in each lane.
/// </summary>
/// <remarks>
/// Lane <c>i</c> takes bit <c>(key * salt i mod 2^32) / 2^27</c>. Lanes are little-endian halves of the block's four
/// words. <b>Source.</b> Apache Parquet format, BloomFilter.md, with its salts.
/// <para>Readers load a block with one plain vector load, not four volatile ones. That is enough: bits only go from 0
/// to 1, so a load that tears, or comes early, can only miss a bit whose <c>Add</c> has not returned to anyone this
/// reader has heard from. The barrier after it keeps the compiler from hoisting it out of a loop that waits for a
/// key, and later reads from moving before it.</para>
/// </remarks>
internal static class SplitBlock
{
    public const int Bits = 256;
    public const int Lanes = 8;
    public const int LaneBits = 32;
    public const int Words = Bits / BitTable.WordBits;

    public const uint Salt0 = 0x47b6137b;
    public const uint Salt1 = 0x44974d91;
    public const uint Salt2 = 0x8824ad5b;
    public const uint Salt3 = 0xa2b7289d;
    public const uint Salt4 = 0x705495c7;
    public const uint Salt5 = 0x2df1424b;
    public const uint Salt6 = 0x9efc4947;
    public const uint Salt7 = 0x5c6bfb31;

    /// <summary>Gives the bit of a key in each lane, 0 to 31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> BitsOf(uint key) =>
        (Vector256.Create(Salt0, Salt1, Salt2, Salt3, Salt4, Salt5, Salt6, Salt7) * Vector256.Create(key)) >>> 27;

    /// <inheritdoc cref="IBlockKernel.Contains"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(nint first, ulong blocks, ulong hash) =>
        Vector256Kernel.IsSupported ? Vector256Kernel.Contains(first, blocks, hash)
        : Vector128Kernel.IsSupported ? Vector128Kernel.Contains(first, blocks, hash)
        : ScalarKernel.Contains(first, blocks, hash);

    /// <inheritdoc cref="IBlockKernel.Add"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Add(nint first, ulong blocks, ulong hash) =>
        Vector256Kernel.IsSupported ? Vector256Kernel.Add(first, blocks, hash)
        : Vector128Kernel.IsSupported ? Vector128Kernel.Add(first, blocks, hash)
        : ScalarKernel.Add(first, blocks, hash);

    /// <inheritdoc cref="IBlockKernel.AddAlone"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AddAlone(nint first, ulong blocks, ulong hash) =>
        Vector256Kernel.IsSupported ? Vector256Kernel.AddAlone(first, blocks, hash)
        : Vector128Kernel.IsSupported ? Vector128Kernel.AddAlone(first, blocks, hash)
        : ScalarKernel.AddAlone(first, blocks, hash);

    /// <summary>Finds a key's block.</summary>
    /// <param name="first">The address of the first block, in memory that does not move and is kept alive.</param>
    /// <param name="blocks">The number of blocks. At least 1, which keeps the result among them.</param>
    /// <param name="hash">The key's hash.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ref ulong Find(nint first, ulong blocks, ulong hash) =>
        ref *(ulong*)(first + (nint)(HighProduct.Of(hash, blocks) * (Bits / 8)));

    /// <summary>Gives the probability that a block answers yes for a key that was not added.</summary>
    public static double HitProbability(ref ulong block)
    {
        double probability = 1;
        for (int i = 0; i < Words; i++)
        {
            ulong word = Volatile.Read(ref Unsafe.Add(ref block, i));
            probability *= BitOperations.PopCount((uint)word) * BitOperations.PopCount((uint)(word >> LaneBits)) / (double)(LaneBits * LaneBits);
        }

        return probability;
    }
}
