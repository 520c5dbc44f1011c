namespace Primitives;

/// <summary>
/// The sorted keys of an index. Each entry is a key with the term it leads to: the term's whole key, and with matching at
/// word starts also what follows each of these. Without, entry and term are one number.
/// </summary>
internal readonly ref struct TermKeys
{
    private readonly ReadOnlySpan<byte> _slab;   // the terms' keys, one after the other
    private readonly ReadOnlySpan<int> _offsets; // of each term's key, and the end
    private readonly ReadOnlySpan<int> _starts;  // of each entry's key in the slab; it ends with its term's
    private readonly ReadOnlySpan<int> _terms;   // of each entry

    public TermKeys(ReadOnlySpan<byte> slab, ReadOnlySpan<int> offsets, ReadOnlySpan<int> starts, ReadOnlySpan<int> terms)
    {
        _slab = slab;
        _offsets = offsets;
        _starts = starts;
        _terms = terms;
    }

    public int Count => _terms.IsEmpty ? _offsets.Length - 1 : _terms.Length;

    public int Term(int entry) => _terms.IsEmpty ? entry : _terms[entry];

    public ReadOnlySpan<byte> Key(int entry) =>
        _terms.IsEmpty ? _slab[_offsets[entry].._offsets[entry + 1]] : _slab[_starts[entry].._offsets[_terms[entry] + 1]];
}
