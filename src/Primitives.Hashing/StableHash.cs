using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Primitives;

/// <summary>
/// One 64-bit hash for every kind of key: the same in every process, on every machine, in every release and in every
/// language that has XXH3. Use it to place keys on servers, shards and partitions, or in persisted sketches.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> The value is XXH3-64 of the key's bytes with the given seed, and never changes. The bytes
/// are: of bytes, themselves; of text, its UTF-8; of an integer, its 64-bit two's complement in little-endian order,
/// whichever integer type holds it; of a GUID, its 16 bytes in big-endian order (the order in which it is written).
/// </para>
/// <para><b>Cost.</b> O(length), no allocation whatever the length, no locks.</para>
/// <para><b>Limits.</b> Not cryptographic: who chooses the keys can make them collide, seed or no seed. Two forms of
/// one key (<c>42</c> and <c>"42"</c>) have different bytes and so different hashes.</para>
/// <para><b>Thread safety.</b> Stateless; safe from any thread.</para>
/// <para><b>Source.</b> XXH3, 64-bit variant, of the xxHash specification version 0.8 (Y. Collet), with the default
/// secret.</para>
/// </remarks>
/// <example>
/// <code>
/// ulong hash = StableHash.Compute("user:42");
/// ulong shard = StableHash.Range(hash, 16);
/// </code>
/// </example>
public static class StableHash
{
    // Text that cannot exceed this many UTF-8 bytes is converted on the stack in one go; longer text in pieces.
    // Above LongTextHash's lower bound of 241 bytes whichever way the characters turn out.
    private const int StackBytes = 768;
    private const int MaxBytesPerChar = 3;

    /// <summary>Hashes bytes.</summary>
    /// <param name="data">The bytes; any number, none included.</param>
    /// <param name="seed">Selects one of 2^64 hash functions; 0 gives the plain XXH3-64.</param>
    /// <returns>XXH3-64 of <paramref name="data"/>.</returns>
    public static ulong Compute(ReadOnlySpan<byte> data, ulong seed = 0) =>
        XxHash3.HashToUInt64(data, unchecked((long)seed));

    /// <summary>Hashes text as its UTF-8 bytes.</summary>
    /// <param name="text">The text; any length. Not normalised: <c>é</c> as one character or as two differ. A
    /// surrogate without its partner, which has no UTF-8, counts as U+FFFD.</param>
    /// <param name="seed"><inheritdoc cref="Compute(ReadOnlySpan{byte}, ulong)" path="/param[@name='seed']"/></param>
    /// <returns>XXH3-64 of the UTF-8 form of <paramref name="text"/>.</returns>
    [SkipLocalsInit]
    public static ulong Compute(ReadOnlySpan<char> text, ulong seed = 0)
    {
        if (text.Length > StackBytes / MaxBytesPerChar)
        {
            return LongTextHash.Compute(text, seed);
        }

        Span<byte> utf8 = stackalloc byte[StackBytes];
        OperationStatus status = Utf8.FromUtf16(text, utf8, out _, out int length);
        System.Diagnostics.Debug.Assert(status == OperationStatus.Done, "Three bytes per UTF-16 unit always suffice.");
        return Compute(utf8[..length], seed);
    }

    /// <summary>Hashes a signed integer. Smaller integer types convert to it implicitly and hash the same.</summary>
    /// <param name="value">Any value. A negative one hashes as the <see cref="ulong"/> with the same bits.</param>
    /// <param name="seed"><inheritdoc cref="Compute(ReadOnlySpan{byte}, ulong)" path="/param[@name='seed']"/></param>
    /// <returns>XXH3-64 of the 8 little-endian bytes of <paramref name="value"/>.</returns>
    public static ulong Compute(long value, ulong seed = 0) => Compute(unchecked((ulong)value), seed);

    /// <summary>Hashes an unsigned integer.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="seed"><inheritdoc cref="Compute(ReadOnlySpan{byte}, ulong)" path="/param[@name='seed']"/></param>
    /// <returns>XXH3-64 of the 8 little-endian bytes of <paramref name="value"/>.</returns>
    public static ulong Compute(ulong value, ulong seed = 0)
    {
        // XXH3 for inputs of 4 to 8 bytes, at length 8: integers are the hottest keys, and without the detour over
        // memory and length checks this takes half the time.
        const ulong Secret8Xor16 = 0x1CAD21F72C81017C ^ 0xDB979083E96DD4DE; // default secret, bytes 8-15 and 16-23
        const ulong Length = sizeof(ulong);

        seed ^= (ulong)BinaryPrimitives.ReverseEndianness((uint)seed) << 32;
        ulong hash = ulong.RotateLeft(value, 32) ^ unchecked(Secret8Xor16 - seed);
        hash ^= ulong.RotateLeft(hash, 49) ^ ulong.RotateLeft(hash, 24);
        hash *= 0x9FB21C651E98DF25;
        hash ^= (hash >> 35) + Length;
        hash *= 0x9FB21C651E98DF25;
        return hash ^ (hash >> 28);
    }

    /// <summary>Hashes a GUID.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="seed"><inheritdoc cref="Compute(ReadOnlySpan{byte}, ulong)" path="/param[@name='seed']"/></param>
    /// <returns>XXH3-64 of the 16 big-endian bytes of <paramref name="value"/>, the order in which its text reads and
    /// in which other platforms keep a UUID.</returns>
    [SkipLocalsInit]
    public static ulong Compute(Guid value, ulong seed = 0)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Compute(bytes, seed);
    }

    /// <summary>
    /// Turns a hash into another one that looks independent of it, for a second use of the same key: the bits that
    /// chose a shard must not also choose the slot within it.
    /// </summary>
    /// <remarks>
    /// A bijection: different hashes stay different, and no entropy is lost. As both values come from one 64-bit hash,
    /// keys that collided in it collide here as well; hash anew with another seed if they must not.
    /// <para><b>Source.</b> One step of SplitMix64 (Steele, Lea and Flood, 2014): the golden-ratio increment, then the
    /// finaliser of D. Stafford's variant 13.</para>
    /// </remarks>
    /// <param name="hash">Any hash.</param>
    /// <returns>The second hash.</returns>
    public static ulong Remix(ulong hash)
    {
        unchecked
        {
            hash += 0x9E3779B97F4A7C15;
            hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
            hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
            return hash ^ (hash >> 31);
        }
    }

    /// <summary>Maps a hash to a number below <paramref name="n"/> by its high bits, without a division.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> <c>floor(hash * n / 2^64)</c>: monotonic in <paramref name="hash"/>, and each result
    /// belongs to <c>floor(2^64 / n)</c> hashes or one more, so a uniform hash is uniform here up to a relative error
    /// of <c>n / 2^64</c>. Changing <paramref name="n"/> moves almost every key: to grow a set of servers, use
    /// consistent hashing.</para>
    /// <para><b>Source.</b> D. Lemire, Fast Random Integer Generation in an Interval, 2019.</para>
    /// </remarks>
    /// <param name="hash">A hash whose high bits are random, as those of this class are; a small integer is not one.</param>
    /// <param name="n">The number of results. At least 1.</param>
    /// <returns>A number from 0 to <paramref name="n"/> - 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is 0.</exception>
    public static ulong Range(ulong hash, ulong n)
    {
        ArgumentOutOfRangeException.ThrowIfZero(n);
        return Math.BigMul(hash, n, out _);
    }
}
