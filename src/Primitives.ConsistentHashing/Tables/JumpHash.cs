namespace Primitives;

/// <summary>
/// Jump consistent hashing: gives a key one of <c>n</c> numbered buckets, without any table, so that growing from
/// <c>n</c> to <c>n + 1</c> moves only the keys that the new bucket takes.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Each bucket gets <c>1/n</c> of the keys, up to chance. A key either keeps its bucket when
/// <c>n</c> grows by one, or moves to bucket <c>n</c>, which <c>1/(n + 1)</c> of the keys do; when <c>n</c> shrinks by
/// one, only the keys of the last bucket move. Bit for bit Guava's <c>Hashing.consistentHash</c>, so that Java services
/// compute the same buckets from the same hash.</para>
/// <para><b>Cost.</b> <c>ln n + 0.58</c> steps on average, each with a division; no memory, nothing allocated.
/// <see cref="JumpBackHash"/> does the same job in a few steps whatever <c>n</c>; prefer it unless the buckets must be
/// Guava's.</para>
/// <para><b>Limits.</b> Buckets are numbers, and only the last can go: when any of them may fail, or they are weighted,
/// use a ring, <see cref="RendezvousHash{TNode}"/> or <see cref="MaglevTable{TNode}"/>.</para>
/// <para><b>Thread safety.</b> Stateless; safe from any thread.</para>
/// <para><b>Source.</b> J. Lamping and E. Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, 2014, with the
/// rounding of Guava: the paper's program divides first and multiplies then, which rounds twice and, for one key in
/// hundreds of millions, gives another bucket.</para>
/// </remarks>
/// <example>
/// <code>
/// int shard = JumpHash.GetBucket("user:42", buckets: 16);
/// </code>
/// </example>
public static class JumpHash
{
    /// <summary>Gives the bucket of a key of bytes.</summary>
    /// <param name="key">The key; hashed by <see cref="StableHash"/>.</param>
    /// <param name="buckets">The number of buckets. At least 1.</param>
    /// <returns>A bucket from 0 to <paramref name="buckets"/> - 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="buckets"/> is not positive.</exception>
    public static int GetBucket(ReadOnlySpan<byte> key, int buckets) => GetBucketByHash(StableHash.Compute(key), buckets);

    /// <summary>Gives the bucket of a key of text, hashed as its UTF-8 bytes.</summary>
    /// <inheritdoc cref="GetBucket(ReadOnlySpan{byte}, int)"/>
    public static int GetBucket(ReadOnlySpan<char> key, int buckets) => GetBucketByHash(StableHash.Compute(key), buckets);

    /// <summary>Gives the bucket of an integer key, hashed as its 8 little-endian bytes.</summary>
    /// <inheritdoc cref="GetBucket(ReadOnlySpan{byte}, int)"/>
    public static int GetBucket(long key, int buckets) => GetBucketByHash(StableHash.Compute(key), buckets);

    /// <summary>Gives the bucket of an unsigned integer key. For a value that already is a hash, use
    /// <see cref="GetBucketByHash"/>.</summary>
    /// <inheritdoc cref="GetBucket(ReadOnlySpan{byte}, int)"/>
    public static int GetBucket(ulong key, int buckets) => GetBucketByHash(StableHash.Compute(key), buckets);

    /// <summary>Gives the bucket of a GUID key, hashed as its 16 big-endian bytes.</summary>
    /// <inheritdoc cref="GetBucket(ReadOnlySpan{byte}, int)"/>
    public static int GetBucket(Guid key, int buckets) => GetBucketByHash(StableHash.Compute(key), buckets);

    /// <summary>Gives the bucket of a key that is hashed already.</summary>
    /// <param name="hash">The key's hash. Any value; random ones are spread evenly.</param>
    /// <param name="buckets"><inheritdoc cref="GetBucket(ReadOnlySpan{byte}, int)" path="/param[@name='buckets']"/></param>
    /// <returns>A bucket from 0 to <paramref name="buckets"/> - 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="buckets"/> is not positive.</exception>
    public static int GetBucketByHash(ulong hash, int buckets)
    {
        const double TwoTo31 = 1L << 31;

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(buckets);

        long bucket = 0;
        while (true)
        {
            hash = unchecked((hash * 2862933555777941757) + 1);

            // The draw is 1 to 2^31, and 2^31 divided by it is 1 or more. Guava counts in 32 bits, where the largest
            // draw turns negative and so ends the walk, once in 2^31 steps; so it must here.
            int draw = unchecked((int)(hash >> 33) + 1);

            // The product is exact and the division rounds once, as IEEE 754 says: the same on every machine.
            long next = (long)((bucket + 1) * TwoTo31 / draw);
            if (unchecked((ulong)next) >= (ulong)buckets)
            {
                return (int)bucket;
            }

            bucket = next;
        }
    }
}
