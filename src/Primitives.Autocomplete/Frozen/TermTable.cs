using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Primitives;

/// <summary>Collects terms in any order and makes an index of them. For one thread.</summary>
internal sealed class TermTable(IndexSettings settings, ScoreScale scale)
{
    /// <summary>The longest text, and the longest key, in bytes of UTF-8.</summary>
    public const int MaxTermBytes = 2_048;

    private const int WordLength = sizeof(ulong);

    private readonly ArrayBufferWriter<byte> _keys = new();
    private readonly ArrayBufferWriter<byte> _texts = new(); // of terms whose text is not their key
    private readonly List<Row> _rows = [];

    public int Count => _rows.Count;

    /// <summary>Checks and encodes a text and folds its key.</summary>
    /// <param name="folding">How to fold.</param>
    /// <param name="term">The text.</param>
    /// <param name="key">Takes the key; <see cref="MaxTermBytes"/> long.</param>
    /// <param name="keyLength">The key's length.</param>
    /// <param name="text">Takes the text in UTF-8; <see cref="MaxTermBytes"/> long.</param>
    /// <param name="textLength">The text's length.</param>
    /// <returns>What is wrong with the text, or <see langword="null"/>.</returns>
    public static string? Encode(
        TextFolding folding, ReadOnlySpan<char> term, Span<byte> key, out int keyLength, Span<byte> text, out int textLength)
    {
        keyLength = 0;
        OperationStatus status = Utf8.FromUtf16(term, text, out _, out textLength, replaceInvalidSequences: false);
        return term.IsEmpty ? "A term is not empty."
            : status is OperationStatus.InvalidData or OperationStatus.NeedMoreData ? "A term is well-formed text; this one has half a surrogate pair."
            : status != OperationStatus.Done || !KeyFolder.TryFold(folding, term, key, out keyLength)
                ? $"A term has at most {MaxTermBytes} bytes of UTF-8, before and after folding; this one of {term.Length} characters has more."
            : null;
    }

    /// <exception cref="ArgumentException">The text is empty, ill-formed or too long.</exception>
    [SkipLocalsInit]
    public void Add(ReadOnlySpan<char> term, long rank, long payload)
    {
        Span<byte> key = stackalloc byte[MaxTermBytes];
        Span<byte> text = stackalloc byte[MaxTermBytes];
        if (Encode(settings.Folding, term, key, out int keyLength, text, out int textLength) is { } reason)
        {
            throw new ArgumentException(reason, nameof(term));
        }

        Add(key[..keyLength], text[..textLength], rank, payload);
    }

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text, long rank, long payload)
    {
        bool altered = !text.SequenceEqual(key);
        if (_keys.WrittenCount > Array.MaxLength - MaxTermBytes || _texts.WrittenCount > Array.MaxLength - MaxTermBytes)
        {
            throw new InvalidOperationException("The keys or the texts of an index have at most 2 GB.");
        }

        _rows.Add(new Row(_keys.WrittenCount, key.Length, altered ? _texts.WrittenCount : -1, text.Length, rank, payload));
        _keys.Write(key);
        if (altered)
        {
            _texts.Write(text);
        }
    }

    /// <summary>Makes the index. The table is not changed.</summary>
    /// <exception cref="InvalidOperationException">A term is there twice and must not be, or the index would exceed 2 GB.
    /// </exception>
    /// <exception cref="OverflowException">Scores of one term add up to more than there is.</exception>
    public IndexData Build()
    {
        List<Row> rows = Merge(Sort());
        int[] offsets = new int[rows.Count + 1];
        long[] ranks = new long[rows.Count];
        byte[] keys = new byte[rows.Sum(row => row.KeyLength)];
        int altered = 0;
        int textBytes = 0;
        bool hasPayloads = false;
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            Key(row).CopyTo(keys.AsSpan(offsets[i]));
            offsets[i + 1] = offsets[i] + row.KeyLength;
            ranks[i] = row.Rank;
            hasPayloads |= row.Payload != 0;
            if (row.TextStart >= 0)
            {
                altered++;
                textBytes += row.TextLength;
            }
        }

        (int[] starts, int[] terms) = settings.MatchWordStarts ? WordEntries(rows, keys, offsets) : ([], []);
        var trie = new TrieBuilder(new TermKeys(keys, offsets, starts, terms), ranks, settings);
        int[] lists = trie.Build();
        var layout = new IndexLayout
        {
            Settings = settings,
            HasPayloads = hasPayloads,
            Terms = rows.Count,
            Entries = terms.Length,
            Nodes = trie.Nodes.Length,
            Lists = lists.Length / settings.CachedResults,
            KeyBytes = keys.Length,
            Altered = altered,
            TextBytes = textBytes,
        };
        if (layout.Length > Array.MaxLength - PersistedForm.Overhead)
        {
            throw new InvalidOperationException($"The index would have {layout.Length} bytes; it can have 2 GB.");
        }

        IndexData data = IndexData.Allocate(layout, out Span<byte> bytes);
        IndexForm.WriteHeader(layout, bytes);
        ranks.CopyTo(Section<long>(bytes, IndexLayout.RanksAt));
        trie.Nodes.CopyTo(Section<TrieNode>(bytes, layout.NodesAt));
        lists.CopyTo(Section<int>(bytes, layout.ListsAt));
        TrieBuilder.Look(ranks, lists, Section<long>(bytes, layout.ListRanksAt));
        offsets.CopyTo(Section<int>(bytes, layout.OffsetsAt));
        starts.CopyTo(Section<int>(bytes, layout.StartsAt));
        terms.CopyTo(Section<int>(bytes, layout.EntryTermsAt));
        trie.Labels.CopyTo(bytes[(int)layout.LabelsAt..]);
        trie.Order(Section<ushort>(bytes, layout.OrderAt)[..layout.Ordered]);
        keys.CopyTo(bytes[(int)layout.KeysAt..]);
        FillTextsAndPayloads(rows, layout, bytes);
        return data;
    }

    private static Span<T> Section<T>(Span<byte> bytes, long start) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(bytes[(int)start..]);

    private void FillTextsAndPayloads(List<Row> rows, in IndexLayout layout, Span<byte> bytes)
    {
        Span<long> payloads = Section<long>(bytes, layout.PayloadsAt);
        Span<int> alteredTerms = Section<int>(bytes, layout.AlteredTermsAt);
        Span<int> alteredOffsets = Section<int>(bytes, layout.AlteredOffsetsAt);
        Span<byte> texts = bytes[(int)layout.TextsAt..];
        int altered = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            if (layout.HasPayloads)
            {
                payloads[i] = rows[i].Payload;
            }

            if (rows[i].TextStart >= 0)
            {
                alteredTerms[altered] = i;
                Text(rows[i]).CopyTo(texts[alteredOffsets[altered]..]);
                alteredOffsets[altered + 1] = alteredOffsets[altered] + rows[i].TextLength;
                altered++;
            }
        }
    }

    private ReadOnlySpan<byte> Key(in Row row) => _keys.WrittenSpan.Slice(row.KeyStart, row.KeyLength);

    private ReadOnlySpan<byte> Text(in Row row) =>
        row.TextStart < 0 ? Key(row) : _texts.WrittenSpan.Slice(row.TextStart, row.TextLength);

    // By the first 8 bytes as a number, which most comparisons need no more than; then what is equal in these.
    private int[] Sort()
    {
        ulong[] words = new ulong[_rows.Count];
        int[] order = new int[_rows.Count];
        for (int i = 0; i < order.Length; i++)
        {
            words[i] = FirstWord(Key(_rows[i]));
            order[i] = i;
        }

        words.AsSpan().Sort(order.AsSpan());
        Comparison<int> compare = Compare;
        for (int lo = 0; lo < order.Length;)
        {
            int end = lo + 1;
            while (end < order.Length && words[end] == words[lo])
            {
                end++;
            }

            if (end - lo > 1)
            {
                order.AsSpan(lo, end - lo).Sort(compare);
            }

            lo = end;
        }

        return order;
    }

    private static ulong FirstWord(ReadOnlySpan<byte> key)
    {
        if (key.Length >= WordLength)
        {
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        }

        ulong word = 0;
        foreach (byte b in key)
        {
            word = (word << 8) | b;
        }

        return key.IsEmpty ? 0 : word << (8 * (WordLength - key.Length));
    }

    private int Compare(int first, int second)
    {
        int order = Key(_rows[first]).SequenceCompareTo(Key(_rows[second]));
        if (order == 0)
        {
            order = Text(_rows[first]).SequenceCompareTo(Text(_rows[second]));
        }

        return order != 0 ? order : first.CompareTo(second); // terms added twice, in the order of being added
    }

    private List<Row> Merge(int[] order)
    {
        var rows = new List<Row>(order.Length);
        foreach (int i in order)
        {
            Row row = _rows[i];
            if (rows.Count > 0 && Key(rows[^1]).SequenceEqual(Key(row)) && Text(rows[^1]).SequenceEqual(Text(row)))
            {
                rows[^1] = Merge(rows[^1], row);
            }
            else
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    private Row Merge(in Row first, in Row second) => settings.Duplicates switch
    {
        DuplicateTerms.Sum => second with { Rank = scale.SumOfRanks(first.Rank, second.Rank) },
        DuplicateTerms.Max => first.Rank >= second.Rank ? first : second,
        DuplicateTerms.Replace => second,
        _ => throw new InvalidOperationException($"The term '{Encoding.UTF8.GetString(Text(first))}' was added twice."),
    };

    private (int[] Starts, int[] Terms) WordEntries(List<Row> rows, byte[] keys, int[] offsets)
    {
        var entries = new List<(int Start, int Term)>(rows.Count * 2);
        Span<int> words = stackalloc int[MaxTermBytes];
        for (int term = 0; term < rows.Count; term++)
        {
            entries.Add((offsets[term], term));
            int count = WordOffsets(settings.Folding, Text(rows[term]), words);
            foreach (int offset in words[..count])
            {
                entries.Add((offsets[term] + offset, term));
            }
        }

        entries.Sort((first, second) =>
        {
            int order = keys.AsSpan(first.Start..offsets[first.Term + 1]).SequenceCompareTo(keys.AsSpan(second.Start..offsets[second.Term + 1]));
            return order != 0 ? order : first.Term != second.Term ? first.Term.CompareTo(second.Term) : first.Start.CompareTo(second.Start);
        });
        return ([.. entries.Select(entry => entry.Start)], [.. entries.Select(entry => entry.Term)]);
    }

    /// <summary>Finds where the words after the first begin in a key.</summary>
    /// <param name="folding">How the key was folded.</param>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="offsets">Takes the offsets into the key, ascending; <see cref="MaxTermBytes"/> long.</param>
    /// <returns>How many there are.</returns>
    [SkipLocalsInit]
    public static int WordOffsets(TextFolding folding, ReadOnlySpan<byte> text, Span<int> offsets)
    {
        Span<char> chars = stackalloc char[MaxTermBytes];
        chars = chars[..Encoding.UTF8.GetChars(text, chars)];
        Span<byte> key = stackalloc byte[MaxTermBytes];
        var words = new WordStarts(chars);
        int count = 0;
        int done = 0; // characters whose folding ends at offset
        int offset = 0;
        while (words.MoveNext(out int start))
        {
            // The key of a concatenation is the concatenation of the keys.
            _ = KeyFolder.TryFold(folding, chars[done..start], key, out int length);
            offset += length;
            done = start;
            if (offset > 0 && (count == 0 || offsets[count - 1] != offset))
            {
                offsets[count++] = offset;
            }
        }

        return count;
    }

    private readonly record struct Row(int KeyStart, int KeyLength, int TextStart, int TextLength, long Rank, long Payload);
}
