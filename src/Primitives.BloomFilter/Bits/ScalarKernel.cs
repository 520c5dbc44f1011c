using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Split blocks without vectors, on any processor and in either byte order.</summary>
internal readonly struct ScalarKernel : IBlockKernel
{
    private static ReadOnlySpan<uint> Salts =>
        [SplitBlock.Salt0, SplitBlock.Salt1, SplitBlock.Salt2, SplitBlock.Salt3, SplitBlock.Salt4, SplitBlock.Salt5, SplitBlock.Salt6, SplitBlock.Salt7];

    public static bool IsSupported => true;

    public static bool Contains(nint first, ulong blocks, ulong hash)
    {
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        ulong missing = 0;
        for (int i = 0; i < SplitBlock.Words; i++)
        {
            missing |= Mask(i, (uint)hash) & ~Volatile.Read(ref Unsafe.Add(ref block, i));
        }

        return missing == 0;
    }

    public static bool Add(nint first, ulong blocks, ulong hash)
    {
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        bool isNew = false;
        for (int i = 0; i < SplitBlock.Words; i++)
        {
            isNew |= BitTable.SetShared(ref Unsafe.Add(ref block, i), Mask(i, (uint)hash));
        }

        return isNew;
    }

    public static bool AddAlone(nint first, ulong blocks, ulong hash)
    {
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        bool isNew = false;
        for (int i = 0; i < SplitBlock.Words; i++)
        {
            isNew |= BitTable.SetAlone(ref Unsafe.Add(ref block, i), Mask(i, (uint)hash));
        }

        return isNew;
    }

    // Lane 2i is the low half of word i, lane 2i + 1 the high half.
    private static ulong Mask(int i, uint key) =>
        (1UL << (int)((key * Salts[2 * i]) >> 27)) | (1UL << (32 + (int)((key * Salts[(2 * i) + 1]) >> 27)));
}
