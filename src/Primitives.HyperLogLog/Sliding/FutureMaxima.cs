using System.Diagnostics;

namespace Primitives;

/// <summary>
/// One register over time: for each recent hash that may still be the highest of some window, when it came and its rank.
/// For one thread at a time.
/// </summary>
/// <remarks>
/// <para>A hash is of no use once one of at least its rank has come after it. So in the order of time the ranks that
/// are kept fall strictly (I1), and there are at most as many as there are ranks; the first of them that is in a window
/// is the window's highest.</para>
/// <para>Source: Chabchoub and Hébrail, Sliding HyperLogLog: Estimating cardinality in a data stream over a sliding
/// window, 2010, there called list of future possible maxima.</para>
/// </remarks>
internal struct FutureMaxima
{
    // An entry is time << 6 | rank. Times do not fall along the list (I2).
    private const int RankBits = 6;
    private const int FirstCapacity = 4;

    private long[]? _entries;
    private int _count;

    /// <summary>The latest time there is room for: 2^57.</summary>
    public const long MaxTime = long.MaxValue >> RankBits;

    /// <summary>Gets the number of entries.</summary>
    public readonly int Count => _count;

    /// <summary>Gets the bytes of the entries' array.</summary>
    public readonly int ByteCount => (_entries?.Length ?? 0) * sizeof(long);

    /// <summary>Adds a hash.</summary>
    /// <param name="time">When it came. Threads may call in another order than they read the clock.</param>
    /// <param name="rank">Its rank, 1 to 63.</param>
    /// <param name="oldest">Entries of this time and before are of no use any more.</param>
    public void Add(long time, int rank, long oldest)
    {
        Debug.Assert(time is >= 0 and <= MaxTime && rank is > 0 and < 1 << RankBits, "An entry is one word.");
        int later = _count; // the entries from here on came at the same time or after
        while (later > 0 && TimeOf(_entries![later - 1]) >= time)
        {
            later--;
        }

        if (later < _count && RankOf(_entries![later]) >= rank)
        {
            return;
        }

        int kept = later; // the entries from here to later are of no use because of this one
        while (kept > 0 && RankOf(_entries![kept - 1]) <= rank)
        {
            kept--;
        }

        int expired = 0; // the entries up to here are too old
        while (expired < kept && TimeOf(_entries![expired]) <= oldest)
        {
            expired++;
        }

        Insert(expired, kept, later, (time << RankBits) | (long)rank);
        AssertInvariants();
    }

    /// <summary>Gives the highest rank of the hashes that came after a time; 0 if there is none.</summary>
    public readonly int HighestAfter(long time)
    {
        for (int i = 0; i < _count; i++)
        {
            if (TimeOf(_entries![i]) > time)
            {
                return RankOf(_entries[i]);
            }
        }

        return 0;
    }

    // Leaves [expired, kept), the entry, [later, count).
    private void Insert(int expired, int kept, int later, long entry)
    {
        Span<long> from = _entries;
        ReadOnlySpan<long> newer = later == _count ? [] : from[later.._count].ToArray(); // seldom: threads out of order
        int older = kept - expired;
        int count = older + 1 + newer.Length;
        if (count > from.Length)
        {
            _entries = new long[Math.Max(FirstCapacity, 2 * from.Length)];
        }

        Span<long> to = _entries;
        from[expired..kept].CopyTo(to);
        to[older] = entry;
        newer.CopyTo(to[(older + 1)..]);
        _count = count;
    }

    private static long TimeOf(long entry) => entry >> RankBits;

    private static int RankOf(long entry) => (int)(entry & ((1 << RankBits) - 1));

    [Conditional("DEBUG")]
    private readonly void AssertInvariants()
    {
        for (int i = 1; i < _count; i++)
        {
            Debug.Assert(RankOf(_entries![i]) < RankOf(_entries[i - 1]), "I1 is broken.");
            Debug.Assert(TimeOf(_entries[i]) >= TimeOf(_entries[i - 1]), "I2 is broken.");
        }
    }
}
