using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Primitives;

/// <summary>
/// A small set of <see cref="Token"/>s: an insert-only hash table into which any number of threads insert without
/// locks, and which can be frozen so that its contents never change again.
/// </summary>
/// <remarks>
/// <para>Open addressing over buckets of eight slots; a token's home is chosen by its upper bits, and it stands in the
/// first slot from there on that was free. A slot goes from empty to a token, or from empty to frozen, once.</para>
/// <para>I1: inserters of one token compete for the same slot, the first that is not taken, so it is inserted once.
/// I2: once <see cref="Freeze"/> has returned, no slot is empty and none will change, so whoever copies the table copies
/// every token that was ever reported as inserted; a thread that finds it frozen goes on in the table's successor.</para>
/// </remarks>
internal sealed class SparseTokens : SketchState
{
    private const uint Empty = 0;
    private const uint Frozen = uint.MaxValue;
    private const int BucketSlots = 8;
    private const int SmallestLimit = 2 * BucketSlots;

    private readonly uint[] _slots;
    private readonly int _precision;
    private int _count; // inserted tokens; an inserter counts after it has inserted, so this may lag behind

    public SparseTokens(int precision)
        : this(precision, BucketSlots)
    {
    }

    private SparseTokens(int precision, int slots)
    {
        Debug.Assert(Limit(precision) > 0, "Below this precision registers are smaller.");
        _precision = precision;
        _slots = new uint[slots];
    }

    /// <summary>Says how the insertion of a token ended.</summary>
    public enum Insertion
    {
        /// <summary>The token is new.</summary>
        Inserted,

        /// <summary>The token was there.</summary>
        Present,

        /// <summary>The table is full or frozen; it needs a successor.</summary>
        Refused,
    }

    public override int Precision => _precision;

    /// <summary>Gets the number of tokens whose inserters have gone on. Others may be in the table, and even have been
    /// found there by a second thread: good enough to decide about growth, not to answer a reader.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The number of distinct tokens up to which a sketch is sparse: at half the memory of registers. Zero for
    /// precisions whose registers are so few that a table would not be smaller.</summary>
    public static int Limit(int precision)
    {
        int limit = 1 << precision >> 3;
        return limit < SmallestLimit ? 0 : limit;
    }

    /// <summary>Makes a table with room for at least one token more, or gives null if tokens exceed the limit.</summary>
    /// <param name="precision">At most the precision the tokens had before.</param>
    /// <param name="tokens">Distinct tokens.</param>
    public static SparseTokens? TryCreate(int precision, ReadOnlySpan<uint> tokens)
    {
        int limit = Limit(precision);
        if (tokens.Length > limit || limit == 0)
        {
            return null;
        }

        // By halves and not by doubling, and filled to 31/32: small sets are what there are many of.
        int buckets = 1;
        while (Room(buckets * BucketSlots) <= tokens.Length)
        {
            buckets = Math.Max(buckets + 1, buckets * 3 / 2);
        }

        int most = BucketsFor(limit);
        var table = new SparseTokens(precision, Math.Min(buckets, most) * BucketSlots);
        foreach (uint token in tokens)
        {
            Insertion insertion = table.Insert(token);
            Debug.Assert(insertion == Insertion.Inserted, "Distinct tokens fit by construction.");
        }

        return table;
    }

    public Insertion Insert(uint token)
    {
        Debug.Assert(Token.IsValid(token), "Tokens differ from Empty and Frozen.");
        uint[] slots = _slots;
        int bucket = Home(token) * BucketSlots;
        int visited = 0;
        while (visited < slots.Length)
        {
            Vector256<uint> content = Vector256.LoadUnsafe(ref slots[0], (nuint)bucket);
            if (Vector256.EqualsAny(content, Vector256.Create(token)))
            {
                return Insertion.Present;
            }

            uint free = (Vector256.Equals(content, Vector256.Create(Empty)) | Vector256.Equals(content, Vector256.Create(Frozen)))
                .ExtractMostSignificantBits();
            if (free == 0)
            {
                bucket = bucket + BucketSlots == slots.Length ? 0 : bucket + BucketSlots;
                visited += BucketSlots;
                continue;
            }

            if (Count >= Room(slots.Length))
            {
                return Insertion.Refused;
            }

            // Publishes the token. The vector above may be stale: if another token, or the same, or a freezer came
            // first, the swap fails and the bucket is looked at again.
            uint previous = Interlocked.CompareExchange(ref slots[bucket + BitOperations.TrailingZeroCount(free)], token, Empty);
            if (previous == Empty)
            {
                Interlocked.Increment(ref _count);
                return Insertion.Inserted;
            }

            if (previous == Frozen)
            {
                return Insertion.Refused;
            }
        }

        return Insertion.Refused;
    }

    /// <summary>Ends insertion; any number of threads may help each other to do it.</summary>
    public void Freeze()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (Volatile.Read(ref _slots[i]) == Empty)
            {
                // If it fails, the slot has just got its token, or was frozen by another thread: final either way.
                Interlocked.CompareExchange(ref _slots[i], Frozen, Empty);
            }
        }
    }

    /// <summary>Counts the tokens in the table: at least those that any thread has inserted or found before.</summary>
    public int CountTokens()
    {
        int count = 0;
        for (int i = 0; i < _slots.Length; i += BucketSlots)
        {
            Vector256<uint> content = Vector256.LoadUnsafe(ref _slots[0], (nuint)i);
            Vector256<uint> none = Vector256.Equals(content, Vector256.Create(Empty)) | Vector256.Equals(content, Vector256.Create(Frozen));
            count += BucketSlots - BitOperations.PopCount(none.ExtractMostSignificantBits());
        }

        return count;
    }

    /// <summary>Copies the tokens, in no particular order: all, of a frozen table; otherwise at least those whose
    /// insertion had returned.</summary>
    public uint[] ToArray()
    {
        var tokens = new uint[_slots.Length];
        int count = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            uint token = Volatile.Read(ref _slots[i]);
            if (token is not (Empty or Frozen))
            {
                tokens[count++] = token;
            }
        }

        return tokens[..count];
    }

    /// <summary>Corrects a count of distinct tokens for the hashes that share one: n - n^2/2 * P(two share) are
    /// expected, solved for n as far as the limit needs.</summary>
    public static double Estimate(int count) => count + ExpectedCollisions(count);

    /// <summary>Gives the number of collisions among the hashes behind these tokens that is exceeded with at most the
    /// probability of a normal deviate exceeding <paramref name="sigmas"/>.</summary>
    public static int MaxCollisions(int count, int sigmas)
    {
        // Collisions are rare and independent, so their number is Poisson distributed.
        double mean = ExpectedCollisions(count);
        double exceeded = sigmas switch { 1 => 0.1587, 2 => 0.02275, _ => 0.00135 };
        double probability = Math.Exp(-mean);
        double left = 1 - probability;
        int collisions = 0;
        while (left > exceeded)
        {
            collisions++;
            probability *= mean / collisions;
            left -= probability;
        }

        return collisions;
    }

    private static double ExpectedCollisions(int count) => 0.5 * count * (count - 1.0) * Token.CollisionProbability;

    private static int Room(int slots) => slots - (slots >> 5);

    // One more than the limit must fit: the token that exceeds it is inserted before the table is given up.
    private static int BucketsFor(int limit)
    {
        int buckets = limit / BucketSlots;
        while (Room(buckets * BucketSlots) <= limit)
        {
            buckets++;
        }

        return buckets;
    }

    private int Home(uint token) => (int)(((ulong)token * (uint)(_slots.Length / BucketSlots)) >> 32);
}
