using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>Split blocks in two 128-bit registers: ARM64, and x64 for its tests.</summary>
internal readonly struct Vector128Kernel : IBlockKernel
{
    // On x64 the one instruction that is missing below AVX2 is the shift by a count for each lane.
    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (AdvSimd.IsSupported || Avx2.IsSupported) && BitConverter.IsLittleEndian;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(nint first, ulong blocks, ulong hash)
    {
        Vector128<ulong> lowMask = LowMask((uint)hash);
        Vector128<ulong> highMask = HighMask((uint)hash);
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        Vector128<ulong> low = Vector128.LoadUnsafe(ref block);
        Vector128<ulong> high = Vector128.LoadUnsafe(ref block, 2);
        Volatile.ReadBarrier();
        return (Vector128.AndNot(lowMask, low) | Vector128.AndNot(highMask, high)) == Vector128<ulong>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Add(nint first, ulong blocks, ulong hash)
    {
        Vector128<ulong> low = LowMask((uint)hash);
        Vector128<ulong> high = HighMask((uint)hash);
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        return BitTable.SetShared(ref block, low.GetElement(0))
            | BitTable.SetShared(ref Unsafe.Add(ref block, 1), low.GetElement(1))
            | BitTable.SetShared(ref Unsafe.Add(ref block, 2), high.GetElement(0))
            | BitTable.SetShared(ref Unsafe.Add(ref block, 3), high.GetElement(1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AddAlone(nint first, ulong blocks, ulong hash)
    {
        Vector128<ulong> lowMask = LowMask((uint)hash);
        Vector128<ulong> highMask = HighMask((uint)hash);
        ref ulong block = ref SplitBlock.Find(first, blocks, hash);
        Vector128<ulong> low = Vector128.LoadUnsafe(ref block);
        Vector128<ulong> high = Vector128.LoadUnsafe(ref block, 2);
        (low | lowMask).StoreUnsafe(ref block);
        (high | highMask).StoreUnsafe(ref block, 2);
        return (Vector128.AndNot(lowMask, low) | Vector128.AndNot(highMask, high)) != Vector128<ulong>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> LowMask(uint key) =>
        Mask(Vector128.Create(SplitBlock.Salt0, SplitBlock.Salt1, SplitBlock.Salt2, SplitBlock.Salt3), key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> HighMask(uint key) =>
        Mask(Vector128.Create(SplitBlock.Salt4, SplitBlock.Salt5, SplitBlock.Salt6, SplitBlock.Salt7), key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Mask(Vector128<uint> salts, uint key)
    {
        Vector128<uint> bits = (salts * Vector128.Create(key)) >>> 27;
        return (AdvSimd.IsSupported
            ? AdvSimd.ShiftLogical(Vector128<uint>.One, bits.AsInt32())
            : Avx2.ShiftLeftLogicalVariable(Vector128<uint>.One, bits)).AsUInt64();
    }
}
