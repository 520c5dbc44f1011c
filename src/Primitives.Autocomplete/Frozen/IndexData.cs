using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>The sections of an index, in one block of memory: a pinned array or a mapped file. Immutable once filled.
/// </summary>
/// <remarks>
/// The one class with pointers. They are turned into spans of checked lengths here and nowhere else, so that what reads
/// them is bounds-checked. The block lives as long as this object; a method that reads spans ends in
/// <see cref="GC.KeepAlive"/> of something that refers to it.
/// </remarks>
internal sealed unsafe class IndexData
{
    private readonly object _block; // what the pointers point into
    private readonly byte* _start;
    private readonly long* _ranks;
    private readonly long* _payloads;
    private readonly TrieNode* _nodes;
    private readonly long* _listRanks;
    private readonly int* _lists;
    private readonly int* _offsets;
    private readonly int* _starts;
    private readonly int* _entryTerms;
    private readonly int* _alteredTerms;
    private readonly int* _alteredOffsets;
    private readonly byte* _labels;
    private readonly byte* _keys;
    private readonly byte* _texts;
    private readonly IndexLayout _layout;

    /// <summary>Views memory that stays where it is as long as <paramref name="block"/> is alive.</summary>
    private IndexData(in IndexLayout layout, object block, byte* start)
    {
        _layout = layout;
        _block = block;
        _start = start;
        _ranks = (long*)(start + IndexLayout.RanksAt);
        _payloads = (long*)(start + layout.PayloadsAt);
        _nodes = (TrieNode*)(start + layout.NodesAt);
        _listRanks = (long*)(start + layout.ListRanksAt);
        _lists = (int*)(start + layout.ListsAt);
        _offsets = (int*)(start + layout.OffsetsAt);
        _starts = (int*)(start + layout.StartsAt);
        _entryTerms = (int*)(start + layout.EntryTermsAt);
        _alteredTerms = (int*)(start + layout.AlteredTermsAt);
        _alteredOffsets = (int*)(start + layout.AlteredOffsetsAt);
        _labels = start + layout.LabelsAt;
        _keys = start + layout.KeysAt;
        _texts = start + layout.TextsAt;
        ListLength = layout.Settings.CachedResults;
        Debug.Assert(Unsafe.SizeOf<TrieNode>() == 16, "Nodes are persisted as they are.");
    }

    public ref readonly IndexLayout Layout => ref _layout;

    /// <summary>Gets the number of terms that a node's list can hold.</summary>
    public int ListLength { get; }

    public int Terms => _layout.Terms;

    public ReadOnlySpan<long> Ranks => new(_ranks, _layout.Terms);

    public ReadOnlySpan<TrieNode> Nodes => new(_nodes, _layout.Nodes);

    public ReadOnlySpan<int> Lists => new(_lists, _layout.Lists * ListLength);

    public ReadOnlySpan<int> Offsets => new(_offsets, _layout.Terms + 1);

    public ReadOnlySpan<int> Starts => new(_starts, _layout.Entries);

    public ReadOnlySpan<int> EntryTerms => new(_entryTerms, _layout.Entries);

    public ReadOnlySpan<int> AlteredTerms => new(_alteredTerms, _layout.Altered);

    public ReadOnlySpan<int> AlteredOffsets => new(_alteredOffsets, _layout.Altered + 1);

    public ReadOnlySpan<byte> Labels => new(_labels, _layout.Nodes);

    public ReadOnlySpan<byte> Keys => new(_keys, _layout.KeyBytes);

    public ReadOnlySpan<byte> Texts => new(_texts, _layout.TextBytes);

    public TermKeys Entries => new(Keys, Offsets, Starts, EntryTerms);

    /// <summary>Gets the whole payload, as it is persisted.</summary>
    public ReadOnlySpan<byte> Bytes => new(_start, checked((int)_layout.Length));

    public ReadOnlySpan<long> ListRanks => new(_listRanks, _layout.Lists * ListLength);

    /// <summary>Gets the ranks of the terms of a node's list, so that they need not be looked up one by one.</summary>
    public ReadOnlySpan<long> RanksOfList(int list) => ListRanks.Slice(list * ListLength, ListLength);

    /// <summary>Gets the list of a node.</summary>
    public ReadOnlySpan<int> List(int list) => Lists.Slice(list * ListLength, ListLength);

    /// <summary>Gets the key of a term.</summary>
    public ReadOnlySpan<byte> Key(int term) => Keys[Offsets[term]..Offsets[term + 1]];

    /// <summary>Gets the text of a term, in UTF-8.</summary>
    public ReadOnlySpan<byte> Text(int term)
    {
        int altered = AlteredTerms.BinarySearch(term);
        return altered < 0 ? Key(term) : Texts[AlteredOffsets[altered]..AlteredOffsets[altered + 1]];
    }

    public long Payload(int term) => _layout.HasPayloads ? new ReadOnlySpan<long>(_payloads, _layout.Terms)[term] : 0;

    /// <summary>Finds the entries whose keys begin with a prefix.</summary>
    /// <param name="prefix">The folded prefix.</param>
    /// <param name="node">The node whose entries these are; -1 if they are a part of a bucket.</param>
    /// <param name="lo">The first entry.</param>
    /// <param name="hi">The end of the entries.</param>
    /// <returns>Whether there are any.</returns>
    public bool TryLocate(ReadOnlySpan<byte> prefix, out int node, out int lo, out int hi)
    {
        ReadOnlySpan<TrieNode> nodes = Nodes;
        node = 0;
        lo = 0;
        hi = _layout.Entries == 0 ? _layout.Terms : _layout.Entries;
        if (hi == 0)
        {
            return false;
        }

        while (true)
        {
            ref readonly TrieNode current = ref nodes[node];
            lo = current.Lo;
            if (current.Depth >= prefix.Length)
            {
                // On the way down only the branching bytes were looked at; here are the others.
                return EntryKey(lo).StartsWith(prefix);
            }

            if (current.ChildCount == 0)
            {
                node = -1;
                return TryNarrow(prefix, current.Depth, ref lo, ref hi);
            }

            int child = Labels.Slice(current.FirstChild, current.ChildCount).IndexOf(prefix[current.Depth]);
            if (child < 0)
            {
                return false;
            }

            node = current.FirstChild + child;
            if (child + 1 < current.ChildCount)
            {
                hi = nodes[node + 1].Lo;
            }
        }
    }

    /// <summary>Finds a term by its key and text.</summary>
    public int Find(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        int lo = 0;
        int hi = Terms - 1;
        while (lo <= hi)
        {
            int middle = lo + ((hi - lo) / 2);
            int order = Key(middle).SequenceCompareTo(key);
            if (order == 0)
            {
                order = Text(middle).SequenceCompareTo(text);
            }

            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                lo = middle + 1;
            }
            else
            {
                hi = middle - 1;
            }
        }

        return -1;
    }

    private ReadOnlySpan<byte> EntryKey(int entry) => _layout.Entries == 0 ? Key(entry) : Entries.Key(entry);

    // The keys of a bucket have their first bytes in common, and those that begin with the prefix are neighbours.
    private bool TryNarrow(ReadOnlySpan<byte> prefix, int depth, ref int lo, ref int hi)
    {
        if (!EntryKey(lo).StartsWith(prefix[..depth]))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = prefix[depth..];
        if (_layout.Entries == 0)
        {
            lo = SkipBefore(rest[0], depth, lo, hi);
        }

        while (lo < hi && !EntryKey(lo)[depth..].StartsWith(rest))
        {
            lo++;
        }

        int end = lo;
        while (end < hi && EntryKey(end)[depth..].StartsWith(rest))
        {
            end++;
        }

        hi = end;
        return lo < hi;
    }

    // Most keys of a bucket are told by a byte.
    private int SkipBefore(byte first, int depth, int lo, int hi)
    {
        ReadOnlySpan<int> offsets = Offsets;
        ReadOnlySpan<byte> keys = Keys;
        for (; lo < hi; lo++)
        {
            int at = offsets[lo] + depth;
            if (at < offsets[lo + 1] && keys[at] >= first)
            {
                return keys[at] == first ? lo : hi; // later ones are higher still
            }
        }

        return hi;
    }

    /// <summary>Allocates zeroed memory of a layout.</summary>
    /// <param name="layout">The layout; at most <see cref="Array.MaxLength"/> bytes long.</param>
    /// <param name="bytes">The memory, to be filled before anyone reads it.</param>
    public static IndexData Allocate(in IndexLayout layout, out Span<byte> bytes)
    {
        byte[] array = GC.AllocateArray<byte>(checked((int)layout.Length), pinned: true);
        bytes = array;
        return new IndexData(layout, array, (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array)));
    }

    /// <summary>Views a mapped payload.</summary>
    public static IndexData View(in IndexLayout layout, MappedIndex mapped, byte* payload) => new(layout, mapped, payload);
}
