using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Converts between numbers and the units of text: <see cref="char"/> (UTF-16) and <see cref="byte"/> (UTF-8).
/// Generic mathematics would read better, but boxes until the compiler has optimised the code, and so would allocate in
/// the first calls of a process.</summary>
internal static class TextUnit
{
    /// <summary>Gives the code of a unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ToCode<TChar>(TChar unit)
        where TChar : unmanaged =>
        typeof(TChar) == typeof(char) ? Unsafe.BitCast<TChar, char>(unit) : Unsafe.BitCast<TChar, byte>(unit);

    /// <summary>Gives the unit of an ASCII code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TChar FromAscii<TChar>(uint code)
        where TChar : unmanaged =>
        typeof(TChar) == typeof(char)
            ? Unsafe.BitCast<char, TChar>((char)code)
            : Unsafe.BitCast<byte, TChar>((byte)code);
}
