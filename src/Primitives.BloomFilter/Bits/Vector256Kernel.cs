using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>Split blocks in one 256-bit register: x64 with AVX2.</summary>
internal readonly struct Vector256Kernel : IBlockKernel
{
    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx2.IsSupported;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(nint first, ulong blocks, ulong hash)
    {
        Vector256<ulong> mask = Mask((uint)hash);
        Vector256<ulong> present = Vector256.LoadUnsafe(ref SplitBlock.Find(first, blocks, hash));
        Volatile.ReadBarrier();
        return Avx.TestC(present, mask); // one flag: hits and misses cost the same
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Add(nint first, ulong blocks, ulong hash)
    {
        Vector256<ulong> mask = Mask((uint)hash);
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        Vector256<ulong> present = Vector256.LoadUnsafe(ref block);
        Volatile.ReadBarrier();
        if (Avx.TestC(present, mask))
        {
            return false;
        }

        Vector256<ulong> missing = Vector256.AndNot(mask, present);
        SetMissing(ref block, missing.GetElement(0));
        SetMissing(ref Unsafe.Add(ref block, 1), missing.GetElement(1));
        SetMissing(ref Unsafe.Add(ref block, 2), missing.GetElement(2));
        SetMissing(ref Unsafe.Add(ref block, 3), missing.GetElement(3));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AddAlone(nint first, ulong blocks, ulong hash)
    {
        Vector256<ulong> mask = Mask((uint)hash);
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        Vector256<ulong> present = Vector256.LoadUnsafe(ref block);
        (present | mask).StoreUnsafe(ref block);
        return !Avx.TestC(present, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetMissing(ref ulong word, ulong bits)
    {
        if (bits != 0)
        {
            Interlocked.Or(ref word, bits); // see BitTable.SetShared
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mask(uint key) =>
        Avx2.ShiftLeftLogicalVariable(Vector256<uint>.One, SplitBlock.BitsOf(key)).AsUInt64();
}
