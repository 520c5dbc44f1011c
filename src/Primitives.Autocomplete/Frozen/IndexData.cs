using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
    private const int LabelsAtOnce = 32;

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
    private readonly ushort* _order;
    private readonly byte* _keys;
    private readonly byte* _texts;
    private readonly IndexLayout _layout;
    private PairTable? _pairs; // set once, by Prepare
    private int _inWords;      // terms of whose keys every byte has another seven behind it, likewise

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
        _order = (ushort*)(start + layout.OrderAt);
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

    /// <summary>Gets for each bucket its entries, best first: in the low byte the entry, counted from the bucket's first,
    /// in the high byte what follows in its key on what the keys have in common.</summary>
    public ReadOnlySpan<ushort> Order => new(_order, _layout.Ordered);

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

    /// <summary>Makes what makes searches faster, once the sections are filled and known to be in order.</summary>
    public void Prepare()
    {
        _pairs = PairTable.Of(this, Entries.Count);
        ReadOnlySpan<int> ends = Offsets[1..];
        _inWords = ends.Length;
        while (_inWords > 0 && ends[_inWords - 1] + sizeof(ulong) > _layout.KeyBytes)
        {
            _inWords--;
        }
    }

    /// <summary>Finds the entries whose keys begin with a prefix.</summary>
    /// <param name="prefix">The folded prefix.</param>
    /// <param name="node">The node whose entries these are; -1 if they are a part of a bucket.</param>
    /// <param name="lo">The first entry.</param>
    /// <param name="hi">The end of the entries.</param>
    /// <returns>Whether there are any.</returns>
    public bool TryLocate(ReadOnlySpan<byte> prefix, out int node, out int lo, out int hi)
    {
        lo = 0;
        if (!TryDescend(prefix, out node, out hi, out int seen) || !BeginsWith(Nodes[node], prefix, seen))
        {
            return false;
        }

        TrieNode there = Nodes[node];
        lo = there.Lo;
        if (there.Depth >= prefix.Length)
        {
            return true;
        }

        // The keys of a bucket that begin with the prefix are neighbours.
        node = -1;
        while (lo < hi && !EntryKey(lo).StartsWith(prefix))
        {
            lo++;
        }

        int end = lo;
        while (end < hi && EntryKey(end).StartsWith(prefix))
        {
            end++;
        }

        hi = end;
        return lo < hi;
    }

    /// <summary>Finds the node that has the entries whose keys begin with a prefix, if there are such: the first whose keys
    /// have as much in common, or the bucket of which they are a part.</summary>
    /// <param name="prefix">The folded prefix.</param>
    /// <param name="node">The node.</param>
    /// <param name="hi">The end of its entries.</param>
    /// <param name="seen">How much of the prefix is known to be how all of them begin: on the way down only the branching
    /// bytes are looked at. As long as nothing is between them, that is all.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryDescend(ReadOnlySpan<byte> prefix, out int node, out int hi, out int seen)
    {
        ReadOnlySpan<TrieNode> nodes = Nodes;
        node = 0;
        seen = 0;
        hi = _layout.Entries == 0 ? _layout.Terms : _layout.Entries;
        if (hi == 0)
        {
            return false;
        }

        int after = -1; // the node that begins where this one ends
        if (prefix.Length >= 2 && _pairs is { } pairs && pairs.TryStep(prefix[0], prefix[1], out int second, out int end))
        {
            node = second;
            hi = end;
            seen = 2;
        }

        TrieNode current = nodes[node];
        while (current.Depth < prefix.Length && current.ChildCount != 0)
        {
            int child = FindLabel(current.FirstChild, current.ChildCount, prefix[current.Depth]);
            if (child < 0)
            {
                return false;
            }

            seen += seen == current.Depth ? 1 : 0;
            node = current.FirstChild + child;
            after = child + 1 < current.ChildCount ? node + 1 : after;
            current = nodes[node];
        }

        hi = after < 0 ? hi : nodes[after].Lo;
        return true;
    }

    /// <summary>Gets whether the keys of a node that was found begin with a prefix, or with as much of it as they have in
    /// common if the node is a bucket.</summary>
    public bool BeginsWith(in TrieNode node, ReadOnlySpan<byte> prefix, int seen)
    {
        int common = Math.Min(node.Depth, prefix.Length);
        return (seen >= common || EntryKey(node.Lo).StartsWith(prefix[..common]))
            && (common == prefix.Length || node.List < 0); // else all its keys end here
    }

    /// <summary>Finds the best entries of a bucket whose keys begin with a prefix. Only without word starts.</summary>
    /// <param name="prefix">The folded prefix, longer than what the keys have in common.</param>
    /// <param name="word">Its bytes from <paramref name="seen"/> on, and anything after its end.</param>
    /// <param name="seen">How much of it the keys are known to begin with.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="hi">The end of its entries.</param>
    /// <param name="found">Takes those that are found, counted from the bucket's first, best first; as long as the bucket.
    /// </param>
    /// <returns>How many there are.</returns>
    /// <remarks>Which keys match is not to be foretold, so hardly a branch depends on it, and the keys themselves, which
    /// are far away, are only read of entries whose next byte is right.</remarks>
    public int Match(ReadOnlySpan<byte> prefix, ulong word, int seen, in TrieNode bucket, int hi, Span<byte> found)
    {
        int lo = bucket.Lo;
        ReadOnlySpan<int> offsets = Offsets[lo..(hi + 1)];
        ReadOnlySpan<byte> keys = Keys[seen..];
        int end = Math.Min(prefix.Length, seen + sizeof(ulong));
        ulong mask = ulong.MaxValue >> (8 * (seen + sizeof(ulong) - end));
        bool inWords = hi <= _inWords;
        bool byLabel = seen == bucket.Depth && prefix.Length == bucket.Depth + 1;
        int count = 0;
        for (int first = lo; first < hi; first += LabelsAtOnce)
        {
            for (uint some = Labelled(prefix[bucket.Depth], first, hi); some != 0; some &= some - 1)
            {
                byte entry = (byte)Order[first + BitOperations.TrailingZeroCount(some)];
                found[count] = entry;
                if (byLabel || !inWords)
                {
                    count++;
                    continue;
                }

                int at = offsets[entry];
                ulong key = BinaryPrimitives.ReadUInt64LittleEndian(keys.Slice(at, sizeof(ulong)));
                count += (((key ^ word) & mask) == 0 ? 1 : 0) & (offsets[entry + 1] - at >= end ? 1 : 0);
            }
        }

        return byLabel || (inWords && end == prefix.Length) ? count : Filter(prefix, lo, found, count);
    }

    // Which of the next entries of a bucket, in their order, go on with a byte.
    private uint Labelled(byte label, int first, int hi)
    {
        ReadOnlySpan<ushort> order = Order[first..];
        uint found = 0;
        if (order.Length >= LabelsAtOnce)
        {
            Vector256<ushort> wanted = Vector256.Create((ushort)label);
            found = Vector256.Equals(Vector256.Create(order) >> 8, wanted).ExtractMostSignificantBits()
                | (Vector256.Equals(Vector256.Create(order[Vector256<ushort>.Count..]) >> 8, wanted).ExtractMostSignificantBits() << Vector256<ushort>.Count);
        }
        else
        {
            for (int i = 0; i < order.Length; i++)
            {
                found |= order[i] >> 8 == label ? 1u << i : 0;
            }
        }

        return found & (uint.MaxValue >> Math.Max(0, LabelsAtOnce - (hi - first)));
    }

    private int Filter(ReadOnlySpan<byte> prefix, int lo, Span<byte> found, int count)
    {
        int kept = 0;
        foreach (byte entry in found[..count])
        {
            if (Key(lo + entry).StartsWith(prefix))
            {
                found[kept++] = entry;
            }
        }

        return kept;
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

    // A branch for each label that is not the one would cost more than all of them at once.
    private int FindLabel(int first, int count, byte label)
    {
        ReadOnlySpan<byte> labels = Labels[first..];
        if (labels.Length < Vector256<byte>.Count || count > Vector256<byte>.Count)
        {
            return labels[..count].IndexOf(label);
        }

        uint found = Vector256.Equals(Vector256.Create(labels), Vector256.Create(label)).ExtractMostSignificantBits();
        int child = BitOperations.TrailingZeroCount(found);
        return child < count ? child : -1;
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
