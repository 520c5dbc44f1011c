using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>Maps a hash to a range without a division.</summary>
internal static class HighProduct
{
    /// <summary>Gives <c>floor(hash * range / 2^64)</c>: the same as <see cref="StableHash.Range"/>, but for its check,
    /// and without the store of the low half that <see cref="Math.BigMul(ulong, ulong, out ulong)"/> makes on x64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ulong hash, ulong range) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(hash, range) : Math.BigMul(hash, range, out _);
}
