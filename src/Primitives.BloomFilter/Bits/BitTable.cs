using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Primitives;

/// <summary>
/// The words of a filter: up to 2^37 bits of managed memory that never moves and begins on a 32-byte boundary, so that
/// a block of 256 bits lies within one cache line.
/// </summary>
/// <remarks>
/// An array in the pinned object heap rather than native memory: it lives exactly as long as someone reads it, without
/// a finaliser that could free it under a running lookup, and it counts against the process's heap limit.
/// Bit <c>i</c> is bit <c>i % 64</c> of word <c>i / 64</c>.
/// </remarks>
internal readonly partial struct BitTable
{
    public const int WordBits = 64;

    private const int Alignment = 32;
    private const int Padding = (Alignment / sizeof(ulong)) - 1; // an array's data begins on a word boundary

    private readonly ulong[] _array;
    private readonly int _first;

    /// <summary>Allocates words that are zero.</summary>
    /// <param name="wordCount">1 to <see cref="MaxWords"/>.</param>
    public BitTable(long wordCount)
    {
        _array = GC.AllocateArray<ulong>(checked((int)(wordCount + Padding)), pinned: true);
        nint address = AddressOf(ref MemoryMarshal.GetArrayDataReference(_array));
        _first = (int)(-address & (Alignment - 1)) / sizeof(ulong);
        WordCount = wordCount;
    }

    /// <summary>Gets the most words a table can have; the runtime's limit for an array.</summary>
    public static long MaxWords => Array.MaxLength - Padding;

    public long WordCount { get; }

    /// <summary>Gets what must be kept alive while <see cref="Address"/> is in use.</summary>
    public object Owner => _array;

    /// <summary>Gets the address of the first word, which is true for as long as someone holds this table.</summary>
    public nint Address => AddressOf(ref Word(0));

    public Span<ulong> Words => _array.AsSpan(_first, (int)WordCount);

    /// <summary>Gives a word without a bounds check: <paramref name="index"/> is below <see cref="WordCount"/>, which
    /// callers get by construction, as the high half of a product with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong Word(ulong index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_array), (nuint)(uint)_first + (nuint)index);

    /// <summary>Asks the processor to bring a word's cache line; does nothing where that cannot be asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(ref ulong word)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1((void*)AddressOf(ref word));
        }
    }

    /// <summary>Sets the bits of a mask that a word lacks; writes nothing if it lacks none, so that re-adding leaves
    /// the cache line shared between cores.</summary>
    /// <returns>Whether any was missing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool SetShared(ref ulong word, ulong mask)
    {
        if ((mask & ~Volatile.Read(ref word)) == 0)
        {
            return false;
        }

        // An atomic OR needs no retry, and whatever other writers set meanwhile stays set.
        Interlocked.Or(ref word, mask);
        return true;
    }

    /// <summary>Sets the bits of a mask as the only writer, among readers.</summary>
    /// <returns>Whether any was missing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool SetAlone(ref ulong word, ulong mask)
    {
        ulong before = word;
        Volatile.Write(ref word, before | mask);
        return (mask & ~before) != 0;
    }

    /// <summary>Counts the set bits.</summary>
    public long CountBits()
    {
        long count = 0;
        foreach (ref readonly ulong word in Words)
        {
            count += BitOperations.PopCount(Volatile.Read(in word));
        }

        return count;
    }

    private static unsafe nint AddressOf(ref ulong word) => (nint)Unsafe.AsPointer(ref word);
}
