using System.Buffers.Binary;

namespace Primitives;

/// <summary>Code points that fold to something else, and to what. Immutable; the data is that of make_folding.py.</summary>
internal sealed class FoldingTable
{
    private static readonly FoldingTable[] Both = Load();

    private readonly int[] _runes;   // ascending
    private readonly int[] _offsets; // of _runes[i]'s folding in _data, and the end
    private readonly byte[] _data;

    private FoldingTable(ref ReadOnlySpan<byte> bytes)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bytes = bytes[sizeof(int)..];
        _runes = new int[count];
        _offsets = new int[count + 1];
        for (int i = 0; i < count; i++)
        {
            uint entry = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
            _runes[i] = (int)(entry >> 8);
            _offsets[i + 1] = _offsets[i] + (byte)entry;
        }

        bytes = bytes[(count * sizeof(uint))..];
        _data = bytes[.._offsets[count]].ToArray();
        bytes = bytes[_offsets[count]..];
    }

    public static FoldingTable Case => Both[0];

    public static FoldingTable CaseAndDiacritics => Both[1];

    /// <summary>Finds what a code point folds to, in UTF-8, possibly nothing.</summary>
    /// <returns>Whether it folds to anything but itself.</returns>
    public bool TryFold(int rune, out ReadOnlySpan<byte> folded)
    {
        int i = Array.BinarySearch(_runes, rune);
        folded = i < 0 ? default : _data.AsSpan(_offsets[i], _offsets[i + 1] - _offsets[i]);
        return i >= 0;
    }

    // One resource holds both tables, one behind the other.
    private static FoldingTable[] Load()
    {
        using Stream stream = typeof(FoldingTable).Assembly.GetManifestResourceStream("folding.bin")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        ReadOnlySpan<byte> rest = bytes;
        return [new FoldingTable(ref rest), new FoldingTable(ref rest)];
    }
}
