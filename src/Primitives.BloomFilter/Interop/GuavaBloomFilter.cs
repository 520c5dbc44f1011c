using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Primitives;

/// <summary>
/// A Bloom filter that a Java program wrote with Guava's <c>BloomFilter.writeTo</c>, to be asked here.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> <c>Contains</c> gives what Guava's <c>mightContain</c> gives, for the strategy
/// <c>MURMUR128_MITZ_64</c>, which Guava has used for every filter since version 19. No false negatives, as Guava.</para>
/// <para><b>Keys.</b> Asked for as the Java program's funnel put them: <c>byteArrayFunnel</c> as bytes,
/// <c>stringFunnel(UTF_8)</c> as text, <c>integerFunnel</c> as <see cref="int"/>, <c>longFunnel</c> as
/// <see cref="long"/>; the last two differ. For another funnel, give the bytes that it puts into its sink, where Java's
/// numbers are little-endian.</para>
/// <para><b>Cost.</b> A 128-bit hash, and a division and a cache miss for each of <see cref="HashCount"/> bits, as
/// the format has it. No allocation for keys below some 170 characters.</para>
/// <para><b>Thread safety.</b> Immutable, and so safe from any thread.</para>
/// <para><b>Source.</b> Guava's documentation, and files that Guava 31.1 wrote.</para>
/// </remarks>
/// <example>
/// <code>
/// GuavaBloomFilter seen = GuavaBloomFilter.ReadFrom(file);
/// bool maybe = seen.Contains("user-42");
/// </code>
/// </example>
[DebuggerDisplay("{BitCount} bits, {HashCount} a key")]
public sealed class GuavaBloomFilter
{
    //    0  1  strategy; 1 is MURMUR128_MITZ_64
    //    1  1  bits a key
    //    2  4  words, big-endian
    //    6     words, big-endian; bit i is bit i % 64 of word i / 64
    private const int HeaderLength = 6;
    private const int Murmur128Mitz64 = 1;

    private readonly BitTable _bits;

    // Java writes a question mark for a surrogate that has no partner, where .NET and the standard have U+FFFD.
    private static readonly Encoding JavasUtf8 =
        Encoding.GetEncoding("utf-8", new EncoderReplacementFallback("?"), DecoderFallback.ReplacementFallback);

    private GuavaBloomFilter(BitTable bits, int hashCount)
    {
        _bits = bits;
        HashCount = hashCount;
    }

    /// <summary>Gets the size in bits.</summary>
    public long BitCount => _bits.WordCount * BitTable.WordBits;

    /// <summary>Gets the number of bits that a key sets.</summary>
    public int HashCount { get; }

    /// <summary>Gets the rate now: the probability that the bits as they are answer yes for a key that was not
    /// added. O(size).</summary>
    public double ExpectedFalsePositiveRate => Math.Pow((double)_bits.CountBits() / BitCount, HashCount);

    /// <summary>Tells whether a key of <c>Funnels.byteArrayFunnel()</c> may have been put.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="false"/> if the key was certainly not put; <see langword="true"/> if it was, or by
    /// chance.</returns>
    public bool Contains(ReadOnlySpan<byte> key) => Contains(Murmur3.Hash(key));

    /// <summary>Tells whether a key of <c>Funnels.stringFunnel(StandardCharsets.UTF_8)</c> may have been put.</summary>
    /// <param name="key">The text.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ReadOnlySpan<char> key) => Contains(Utf8Text.Use(key, JavasUtf8, static utf8 => Murmur3.Hash(utf8)));

    /// <summary>Tells whether a key of <c>Funnels.integerFunnel()</c> may have been put.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(int key)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key);
        return Contains(bytes);
    }

    /// <summary>Tells whether a key of <c>Funnels.longFunnel()</c> may have been put.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(long key)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, key);
        return Contains(bytes);
    }

    /// <summary>Reads a filter.</summary>
    /// <param name="bytes">What <c>writeTo</c> wrote, and nothing else.</param>
    /// <returns>The filter.</returns>
    /// <exception cref="FormatException">The bytes are no filter of Guava's, or one of the strategy before version 19;
    /// the message says why. The format has no checksum: damaged bits are not noticed.</exception>
    public static GuavaBloomFilter FromBytes(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length;
        return SpanReader.Read(bytes, stream =>
        {
            GuavaBloomFilter filter = ReadFrom(stream);
            return stream.Position == length
                ? filter
                : throw new FormatException($"{length - stream.Position} bytes follow the filter.");
        });
    }

    /// <summary>Reads a filter, if that is what the bytes are.</summary>
    /// <param name="bytes">What <c>writeTo</c> wrote, and nothing else.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="reason">Otherwise why the bytes were refused.</param>
    /// <returns>Whether the bytes hold a filter.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out GuavaBloomFilter? filter, [NotNullWhen(false)] out string? reason) =>
        SpanReader.Try(bytes, FromBytes, out filter, out reason);

    /// <summary>Reads a filter from a stream, as <c>readFrom</c> does; the position ends right behind it.</summary>
    /// <remarks>Memory is allocated only for bytes that exist.</remarks>
    /// <param name="stream">Where from; stays open.</param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream holds no filter of Guava's, or one of the strategy before version
    /// 19; the message says why.</exception>
    public static GuavaBloomFilter ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> header = stackalloc byte[HeaderLength];
        if (stream.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength)
        {
            throw new FormatException($"A filter has at least {HeaderLength} bytes.");
        }

        int hashCount = header[1];
        int words = BinaryPrimitives.ReadInt32BigEndian(header[2..]);
        string? reason =
            header[0] != Murmur128Mitz64 ? $"The filter has Guava's strategy {header[0]}; only {Murmur128Mitz64}, MURMUR128_MITZ_64, is known."
            : hashCount < 1 ? "A key has no bits."
            : words < 1 || words > BitTable.MaxWords ? $"The filter has {words} words."
            : null;
        if (reason is not null)
        {
            throw new FormatException(reason);
        }

        BitTable bits = BitTable.ReadFrom(stream, words);
        foreach (ref ulong word in bits.Words)
        {
            word = BinaryPrimitives.ReverseEndianness(word); // read as little-endian
        }

        return new GuavaBloomFilter(bits, hashCount);
    }

    private bool Contains((ulong Low, ulong High) hash)
    {
        ulong combined = hash.Low;
        for (int i = 0; i < HashCount; i++)
        {
            ulong bit = (combined & long.MaxValue) % (ulong)BitCount;
            if ((_bits.Word(bit / BitTable.WordBits) >> (int)(bit % BitTable.WordBits) & 1) == 0)
            {
                return false;
            }

            combined += hash.High;
        }

        return true;
    }
}
