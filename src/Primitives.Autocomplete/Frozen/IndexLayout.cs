namespace Primitives;

/// <summary>
/// The payload of a persisted index, which is also how an index is kept in memory. All numbers are little-endian.
/// </summary>
/// <remarks>
/// <code>
/// offset  size  field
/// 0       1     folding, 0 to 2
/// 1       1     scores: 0 integers, 1 doubles
/// 2       1     duplicates, 0 to 3
/// 3       1     bits: 1 word starts, 2 payloads
/// 4       2     K, the length of the lists
/// 6       2     size of buckets
/// 8       8     half-life in ticks of 100 ns, 0 for none
/// 16      4     n, terms
/// 20      4     e, entries; 0 without word starts
/// 24      4     nodes
/// 28      4     lists
/// 32      4     bytes of the keys
/// 36      4     a, terms whose text is not their key
/// 40      4     bytes of those texts
/// 44      4     0
/// </code>
/// then, each from a multiple of 8 on, the gaps 0: n ranks of 8 bytes; n payloads of 8 bytes, if any; nodes of 16 bytes;
/// K ranks a list, 0 where there is no term; K terms a list, -1 for none; n + 1 offsets into the keys; e starts in the keys
/// and e terms of the entries; a terms and a + 1 offsets into the texts; without word starts n numbers of 2 bytes, which give
/// for each bucket its terms, best first: the term, counted from the bucket's first, plus 256 times the byte that follows in
/// its key on what all of them have in common, 255 if none does, and 0 outside of buckets; a label a node; the keys; the texts.
/// </remarks>
internal readonly struct IndexLayout
{
    public const int HeaderLength = 48;

    /// <summary>The first section follows the header.</summary>
    public const long RanksAt = HeaderLength;

    public required IndexSettings Settings { get; init; }

    public required bool HasPayloads { get; init; }

    public required int Terms { get; init; }

    public required int Entries { get; init; }

    public required int Nodes { get; init; }

    public required int Lists { get; init; }

    public required int KeyBytes { get; init; }

    public required int Altered { get; init; }

    public required int TextBytes { get; init; }

    /// <summary>Gets the number of entries that buckets hold in order of their scores.</summary>
    public int Ordered => Entries == 0 ? Terms : 0;

    public long PayloadsAt => After(RanksAt, Terms, sizeof(long));

    public long NodesAt => After(PayloadsAt, HasPayloads ? Terms : 0, sizeof(long));

    public long ListRanksAt => After(NodesAt, Nodes, 16);

    public long ListsAt => After(ListRanksAt, (long)Lists * Settings.CachedResults, sizeof(long));

    public long OffsetsAt => After(ListsAt, (long)Lists * Settings.CachedResults, sizeof(int));

    public long StartsAt => After(OffsetsAt, Terms + 1L, sizeof(int));

    public long EntryTermsAt => After(StartsAt, Entries, sizeof(int));

    public long AlteredTermsAt => After(EntryTermsAt, Entries, sizeof(int));

    public long AlteredOffsetsAt => After(AlteredTermsAt, Altered, sizeof(int));

    public long OrderAt => After(AlteredOffsetsAt, Altered + 1L, sizeof(int));

    public long LabelsAt => After(OrderAt, Ordered, sizeof(ushort));

    public long KeysAt => After(LabelsAt, Nodes, 1);

    public long TextsAt => After(KeysAt, KeyBytes, 1);

    public long Length => After(TextsAt, TextBytes, 1);

    private static long After(long start, long count, int size) => (start + (count * size) + 7) & ~7L;
}
