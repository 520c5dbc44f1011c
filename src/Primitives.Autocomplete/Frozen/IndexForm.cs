using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Primitives;

/// <summary>Writes and checks what <see cref="IndexLayout"/> describes.</summary>
/// <remarks>
/// The checksum shows that bytes are as they were written. That they were written by this package is checked as well,
/// completely: the terms are well-formed and in order, and the trie is built again and compared. So no bytes whatever lead
/// to a search outside its sections or to other results than those of the terms.
/// </remarks>
internal static class IndexForm
{
    private const byte WordStartsBit = 1;
    private const byte PayloadsBit = 2;

    public static void WriteHeader(in IndexLayout layout, Span<byte> bytes)
    {
        IndexSettings settings = layout.Settings;
        bytes[0] = (byte)settings.Folding;
        bytes[1] = (byte)settings.Scores;
        bytes[2] = (byte)settings.Duplicates;
        bytes[3] = (byte)((settings.MatchWordStarts ? WordStartsBit : 0) | (layout.HasPayloads ? PayloadsBit : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)settings.CachedResults);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)settings.BucketSize);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], settings.HalfLife?.Ticks ?? 0);
        ReadOnlySpan<int> counts =
            [layout.Terms, layout.Entries, layout.Nodes, layout.Lists, layout.KeyBytes, layout.Altered, layout.TextBytes, 0];
        for (int i = 0; i < counts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(16 + (i * sizeof(int)))..], counts[i]);
        }
    }

    /// <summary>Reads the header, and checks that the sections it announces are exactly the payload.</summary>
    public static bool TryReadLayout(ReadOnlySpan<byte> payload, out IndexLayout layout, [NotNullWhen(false)] out string? reason)
    {
        layout = default;
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("An index is read where it lies, which needs a little-endian machine.");
        }

        if (payload.Length < IndexLayout.HeaderLength)
        {
            reason = $"An index has at least {IndexLayout.HeaderLength} bytes; there are {payload.Length}.";
            return false;
        }

        long halfLife = BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);
        var options = new AutocompleteOptions
        {
            Folding = (TextFolding)payload[0],
            Scores = (AutocompleteScores)payload[1],
            Duplicates = (DuplicateTerms)payload[2],
            MatchWordStarts = (payload[3] & WordStartsBit) != 0,
            CachedResults = BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]),
            BucketSize = BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]),
            HalfLife = halfLife == 0 ? null : new TimeSpan(halfLife),
        };
        reason = payload[3] > (WordStartsBit | PayloadsBit) ? $"The form is {payload[3]}, which this release does not know."
            : halfLife != 0 && options.Scores != AutocompleteScores.Double ? "The scores decay and are integers."
            : IndexSettings.WhatIsWrong(options);
        if (reason is not null)
        {
            return false;
        }

        Span<int> counts = stackalloc int[8];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = BinaryPrimitives.ReadInt32LittleEndian(payload[(16 + (i * sizeof(int)))..]);
        }

        if (counts.ContainsAnyExceptInRange(0, Array.MaxLength) || counts[7] != 0)
        {
            reason = "A section has an impossible length.";
            return false;
        }

        layout = new IndexLayout
        {
            Settings = IndexSettings.From(options, nameof(payload)),
            HasPayloads = (payload[3] & PayloadsBit) != 0,
            Terms = counts[0],
            Entries = counts[1],
            Nodes = counts[2],
            Lists = counts[3],
            KeyBytes = counts[4],
            Altered = counts[5],
            TextBytes = counts[6],
        };
        reason = layout.Length == payload.Length ? null : $"The sections have {layout.Length} bytes; the payload has {payload.Length}.";
        return reason is null;
    }

    /// <summary>Says what is wrong with sections of the right lengths, or <see langword="null"/>.</summary>
    public static string? WhatIsWrong(IndexData data)
    {
        string? reason = WhatIsWrongWithTexts(data) ?? WhatIsWrongWithEntries(data) ?? WhatIsWrongWithTrie(data);
        GC.KeepAlive(data);
        return reason;
    }

    private static string? WhatIsWrongWithTexts(IndexData data)
    {
        IndexLayout layout = data.Layout;
        ScoreScale scale = layout.Settings.Scale(TimeProvider.System);
        if (!AreOffsets(data.Offsets, layout.KeyBytes) || !AreOffsets(data.AlteredOffsets, layout.TextBytes) || !AreTerms(data.AlteredTerms, layout.Terms))
        {
            return "The offsets of the keys or texts are not in order.";
        }

        Span<char> chars = stackalloc char[TermTable.MaxTermBytes];
        Span<byte> key = stackalloc byte[TermTable.MaxTermBytes];
        int altered = 0;
        ReadOnlySpan<byte> lastKey = default;
        ReadOnlySpan<byte> lastText = default;
        for (int term = 0; term < layout.Terms; term++)
        {
            ReadOnlySpan<byte> actual = data.Key(term);
            bool isAltered = altered < layout.Altered && data.AlteredTerms[altered] == term;
            ReadOnlySpan<byte> text = isAltered ? data.Texts[data.AlteredOffsets[altered]..data.AlteredOffsets[altered + 1]] : actual;
            altered += isAltered ? 1 : 0;
            if (text.IsEmpty || Utf8.ToUtf16(text, chars, out _, out int length, replaceInvalidSequences: false) != OperationStatus.Done)
            {
                return $"The text of term {term} is empty or not UTF-8.";
            }

            if (!KeyFolder.TryFold(layout.Settings.Folding, chars[..length], key, out int keyLength)
                || !actual.SequenceEqual(key[..keyLength]) || isAltered == text.SequenceEqual(actual))
            {
                return $"The key of term {term} is not its text folded.";
            }

            int order = lastKey.SequenceCompareTo(actual);
            if (term > 0 && (order > 0 || (order == 0 && lastText.SequenceCompareTo(text) >= 0)))
            {
                return $"Term {term} is not in order.";
            }

            if (!scale.IsPossible(data.Ranks[term]))
            {
                return $"The score of term {term} is not a number.";
            }

            lastKey = actual;
            lastText = text;
        }

        return null;
    }

    private static string? WhatIsWrongWithEntries(IndexData data)
    {
        IndexLayout layout = data.Layout;
        if (!layout.Settings.MatchWordStarts)
        {
            return layout.Entries == 0 ? null : "There are entries for words, and words are not indexed.";
        }

        int whole = 0;
        for (int entry = 0; entry < layout.Entries; entry++)
        {
            int term = data.EntryTerms[entry];
            int start = data.Starts[entry];
            if ((uint)term >= (uint)layout.Terms || start < data.Offsets[term] || start > data.Offsets[term + 1]
                || (start < data.Offsets[term + 1] && (data.Keys[start] & 0xC0) == 0x80))
            {
                return $"Entry {entry} is outside its term.";
            }

            whole += start == data.Offsets[term] ? 1 : 0;
            int order = entry == 0 ? -1 : data.Entries.Key(entry - 1).SequenceCompareTo(data.Entries.Key(entry));
            if (order > 0 || (order == 0 && (data.EntryTerms[entry - 1], data.Starts[entry - 1]).CompareTo((term, start)) >= 0))
            {
                return $"Entry {entry} is not in order.";
            }
        }

        return whole == layout.Terms ? null : "Not every term has an entry of its own.";
    }

    private static string? WhatIsWrongWithTrie(IndexData data)
    {
        var trie = new TrieBuilder(data.Entries, data.Ranks, data.Layout.Settings);
        int[] lists = trie.Build();
        long[] ranks = new long[lists.Length];
        TrieBuilder.Look(data.Ranks, lists, ranks);
        ushort[] order = new ushort[data.Layout.Ordered];
        trie.Order(order);
        return MemoryMarshal.AsBytes(trie.Nodes).SequenceEqual(MemoryMarshal.AsBytes(data.Nodes))
            && trie.Labels.SequenceEqual(data.Labels)
            && data.Lists.SequenceEqual(lists)
            && data.ListRanks.SequenceEqual(ranks)
            && data.Order.SequenceEqual(order)
            ? null
            : "The trie is not that of the terms.";
    }

    private static bool AreOffsets(ReadOnlySpan<int> offsets, int end)
    {
        if (offsets[0] != 0 || offsets[^1] != end)
        {
            return false;
        }

        for (int i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1] || offsets[i] - offsets[i - 1] > TermTable.MaxTermBytes)
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreTerms(ReadOnlySpan<int> terms, int count)
    {
        int last = -1;
        foreach (int term in terms)
        {
            if (term <= last || term >= count)
            {
                return false;
            }

            last = term;
        }

        return true;
    }
}
