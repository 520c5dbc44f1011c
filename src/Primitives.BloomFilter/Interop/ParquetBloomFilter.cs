using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;

namespace Primitives;

/// <summary>
/// The Bloom filter of a Parquet column chunk, header and all: read what Spark, Arrow, Impala or DuckDB wrote, and write
/// what they read.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> No false negatives. The bytes are those of the Parquet format. A filter of
/// <see cref="Create"/> has the promised rate up to its capacity, by the exact sum for its layout; the size that most
/// writers choose falls short of theirs.</para>
/// <para><b>Keys.</b> A value of the column in Parquet's plain encoding, hashed by XXH64: an INT32 has 4 bytes and an
/// INT64 has 8, so that <c>Add(1)</c> and <c>Add(1L)</c> are different keys here, unlike elsewhere in the suite. Ask in
/// the column's type; a FLOAT as its four bytes. A decimal, date or time is its physical type; a string, JSON or enum its UTF-8; a UUID 16 bytes.</para>
/// <para><b>Cost.</b> As of <see cref="BloomFilter"/> in the split-block layout, plus the slower hash.</para>
/// <para><b>Thread safety.</b> Thread-safe, lock-free, like <see cref="BloomFilter"/>.</para>
/// <para><b>Source.</b> Apache Parquet format, BloomFilter.md.</para>
/// </remarks>
/// <example>
/// <code>
/// ParquetBloomFilter filter = ParquetBloomFilter.ReadFrom(file); // positioned at the column's bloom_filter_offset
/// bool mayHaveRows = filter.Contains("2026-11-21");
/// </code>
/// </example>
[DebuggerDisplay("{ByteCount} bytes")]
public sealed class ParquetBloomFilter
{
    private readonly BitTable _bits;
    private readonly ulong _blocks;

    private ParquetBloomFilter(BitTable bits)
    {
        _bits = bits;
        _blocks = (ulong)(bits.WordCount / SplitBlock.Words);
    }

    /// <summary>Gets the size of the bitset in bytes, a multiple of 32; without the header.</summary>
    public int ByteCount => (int)(_bits.WordCount * sizeof(ulong));

    /// <summary>Gets the rate now: the probability that the bits as they are answer yes for a value that was not
    /// added. O(size).</summary>
    public double ExpectedFalsePositiveRate
    {
        get
        {
            double sum = 0;
            for (ulong block = 0; block < _blocks; block++)
            {
                sum += SplitBlock.HitProbability(ref _bits.Word(block * SplitBlock.Words));
            }

            return sum / _blocks;
        }
    }

    /// <summary>Creates an empty filter.</summary>
    /// <param name="capacity">The number of distinct values up to which the rate is to hold. At least 1.</param>
    /// <param name="falsePositiveRate">The promised rate, between 0 and 1, both exclusive.</param>
    /// <returns>A filter of any number of blocks; not rounded up to a power of two.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the bitset would be longer
    /// than the format allows, 2 GiB.</exception>
    public static ParquetBloomFilter Create(long capacity, double falsePositiveRate = 0.01)
    {
        FilterShape shape = BloomFilter.ShapeFor(capacity, falsePositiveRate, BloomFilterLayout.SplitBlock);
        if (shape.BitCount / 8 > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"{shape.BitCount / 8:N0} bytes; the format allows {int.MaxValue:N0}.");
        }

        return new ParquetBloomFilter(new BitTable(shape.BitCount / BitTable.WordBits));
    }

    /// <summary>Adds a value of a column of type BYTE_ARRAY or FIXED_LEN_BYTE_ARRAY.</summary>
    /// <param name="value">The bytes, without their length.</param>
    /// <returns><see langword="true"/> if the value was certainly not in the filter before.</returns>
    public bool Add(ReadOnlySpan<byte> value) => AddHash(Hash(value));

    /// <summary>Adds a value of a text column, as its UTF-8 bytes.</summary>
    /// <param name="value">The text.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ReadOnlySpan<char> value) => AddHash(Hash(value));

    /// <summary>Adds a value of a column of type INT32.</summary>
    /// <param name="value">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(int value) => AddHash(Hash(value));

    /// <summary>Adds a value of a column of type INT64.</summary>
    /// <param name="value">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(long value) => AddHash(Hash(value));

    /// <summary>Adds a value of a column of type DOUBLE.</summary>
    /// <param name="value">Any value; its bits count, so 0 and -0 differ.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(double value) => AddHash(Hash(BitConverter.DoubleToInt64Bits(value)));

    /// <summary>Adds a value of a column of the logical type UUID.</summary>
    /// <param name="value">Any value; 16 bytes in the order in which it is written.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(Guid value) => AddHash(Hash(value));

    /// <summary>Adds a value given as its hash.</summary>
    /// <param name="hash">XXH64 with seed 0 of the value's plain encoding.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool AddHash(ulong hash)
    {
        bool isNew = SplitBlock.Add(Block(hash), 1, (uint)hash);
        GC.KeepAlive(_bits.Owner);
        return isNew;
    }

    /// <summary>Tells whether a value of a column of type BYTE_ARRAY or FIXED_LEN_BYTE_ARRAY may be there.</summary>
    /// <param name="value">The bytes, without their length.</param>
    /// <returns><see langword="false"/> if the value is certainly not in the column; <see langword="true"/> if it is, or
    /// by chance.</returns>
    public bool Contains(ReadOnlySpan<byte> value) => ContainsHash(Hash(value));

    /// <summary>Tells whether a value of a text column may be there.</summary>
    /// <param name="value">The text.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ReadOnlySpan<char> value) => ContainsHash(Hash(value));

    /// <summary>Tells whether a value of a column of type INT32 may be there.</summary>
    /// <param name="value">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(int value) => ContainsHash(Hash(value));

    /// <summary>Tells whether a value of a column of type INT64 may be there.</summary>
    /// <param name="value">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(long value) => ContainsHash(Hash(value));

    /// <summary>Tells whether a value of a column of type DOUBLE may be there.</summary>
    /// <param name="value">Any value; its bits count.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(double value) => ContainsHash(Hash(BitConverter.DoubleToInt64Bits(value)));

    /// <summary>Tells whether a value of a column of the logical type UUID may be there.</summary>
    /// <param name="value">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(Guid value) => ContainsHash(Hash(value));

    /// <summary>Tells whether a value, given as its hash, may be there.</summary>
    /// <param name="hash">XXH64 with seed 0 of the value's plain encoding.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool ContainsHash(ulong hash)
    {
        bool contains = SplitBlock.Contains(Block(hash), 1, (uint)hash);
        GC.KeepAlive(_bits.Owner);
        return contains;
    }

    /// <summary>Gives header and bitset as they are in a Parquet file.</summary>
    /// <returns>The header's 14 to 18 bytes and <see cref="ByteCount"/> more.</returns>
    /// <exception cref="NotSupportedException">They are longer than an array can be; use <see cref="WriteTo"/>.</exception>
    public byte[] ToBytes()
    {
        const int LongestHeader = 20;
        if (ByteCount > Array.MaxLength - LongestHeader)
        {
            throw new NotSupportedException($"{ByteCount} bytes and a header do not fit into an array; write to a stream.");
        }

        var stream = new MemoryStream(ByteCount + LongestHeader);
        WriteTo(stream);
        return stream.ToArray();
    }

    /// <summary>Writes header and bitset as they are in a Parquet file.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ParquetHeader.Write(stream, ByteCount);
        _bits.WriteTo(stream.Write);
    }

    /// <summary>Reads a filter.</summary>
    /// <param name="bytes">Header and bitset, and nothing else.</param>
    /// <returns>The filter.</returns>
    /// <exception cref="FormatException">The bytes are no Bloom filter of Parquet, or not one that this release knows;
    /// the message says why. The format has no checksum: damaged bits are not noticed.</exception>
    public static ParquetBloomFilter FromBytes(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length;
        return SpanReader.Read(bytes, stream =>
        {
            ParquetBloomFilter filter = ReadFrom(stream);
            return stream.Position == length
                ? filter
                : throw new FormatException($"{length - stream.Position} bytes follow the bitset.");
        });
    }

    /// <summary>Reads a filter, if that is what the bytes are.</summary>
    /// <param name="bytes">Header and bitset, and nothing else.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="reason">Otherwise why the bytes were refused.</param>
    /// <returns>Whether the bytes hold a filter.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ParquetBloomFilter? filter, [NotNullWhen(false)] out string? reason) =>
        SpanReader.Try(bytes, FromBytes, out filter, out reason);

    /// <summary>Reads a filter from a stream, such as a Parquet file at a column's <c>bloom_filter_offset</c>; the
    /// position ends right behind it.</summary>
    /// <remarks>Memory is allocated only for bytes that exist.</remarks>
    /// <param name="stream">Where from; stays open.</param>
    /// <returns><inheritdoc cref="FromBytes" path="/returns"/></returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="FormatException">The stream holds no Bloom filter of Parquet, or not one that this release knows;
    /// the message says why.</exception>
    public static ParquetBloomFilter ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        int byteCount = ParquetHeader.Read(stream);
        return new ParquetBloomFilter(BitTable.ReadFrom(stream, byteCount / sizeof(ulong)));
    }

    // The format takes the block from the hash's high half alone.
    private nint Block(ulong hash) =>
        _bits.Address + (nint)(HighProduct.Of(hash & 0xFFFF_FFFF_0000_0000, _blocks) * (SplitBlock.Bits / 8));

    private static ulong Hash(ReadOnlySpan<byte> value) => XxHash64.HashToUInt64(value);

    private static ulong Hash(ReadOnlySpan<char> value) => Utf8Text.Use(value, Encoding.UTF8, static utf8 => XxHash64.HashToUInt64(utf8));

    private static ulong Hash(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Hash(bytes);
    }

    private static ulong Hash(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Hash(bytes);
    }

    private static ulong Hash(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Hash(bytes);
    }
}
