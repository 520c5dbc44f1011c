using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Primitives;

/// <summary>
/// A HyperLogLog of Redis, in process: its value is the very string that a Redis server would hold after the same
/// commands. Count here, then <c>SET</c> the bytes and let the server count on with <c>PFADD</c>, <c>PFCOUNT</c> and
/// <c>PFMERGE</c>; or <c>GET</c> them and count on here.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> After the same elements in the same order <see cref="ToBytes"/> is equal, byte for byte, to
/// what <c>GET</c> gives after <c>PFADD</c>, be it sparse or dense; likewise after <see cref="Count"/> and
/// <c>PFCOUNT</c>, which keeps the count in the string, and after <see cref="UnionWith"/> and <c>PFMERGE</c>. Read
/// strings are checked to the last register, so that no value of this type is one that Redis calls corrupted. Holds for
/// Redis from version 4 on, and for its forks.</para>
/// <para><b>Accuracy.</b> <see cref="RelativeStandardError"/>, 0.81 %; of small counts less. The estimator is that of
/// Redis.</para>
/// <para><b>Cost.</b> <see cref="Add(ReadOnlySpan{byte})"/> is O(1) when dense; while sparse, up to 3,000 bytes or some
/// 2,000 elements, it walks the string as Redis does. It allocates only when the string grows. <see cref="Count"/> reads
/// all registers unless nothing has changed since the last one.</para>
/// <para><b>Thread safety.</b> Thread-safe: each call takes a lock.</para>
/// <para><b>Limits.</b> The hash, MurmurHash64A with a public seed, is Redis's; so elements can be chosen that inflate
/// the count. Sketches of <see cref="HyperLogLog"/> use another hash: neither can be turned into the other. Prefer that
/// one where no Redis is involved: it is lock-free, near-exact while small, and has any precision.</para>
/// <para><b>Source.</b> The format as documented in Redis's <c>hyperloglog.c</c>; estimator by O. Ertl,
/// arXiv:1702.01284, 2017.</para>
/// </remarks>
/// <example>
/// <code>
/// var visitors = new RedisHyperLogLog();
/// visitors.Add("203.0.113.7");
/// byte[] value = visitors.ToBytes(); // SET visitors:2026-01-01 value
/// </code>
/// </example>
[DebuggerDisplay("IsSparse = {IsSparse}")]
public sealed class RedisHyperLogLog
{
    /// <summary>The relative standard error of <see cref="Count"/>, <c>1.04 / sqrt(16384)</c>.</summary>
    public const double RelativeStandardError = 1.04 / 128;

    /// <summary>The default of Redis's setting <c>hll-sparse-max-bytes</c>.</summary>
    public const int DefaultSparseMaxBytes = 3_000;

    private const int StackBytes = 768;

    private readonly Lock _lock = new();
    private readonly RedisString _value;

    /// <summary>Creates an empty HyperLogLog: what <c>PFADD key</c> without elements creates.</summary>
    /// <param name="sparseMaxBytes">The length of the string up to which it is sparse; the server's setting
    /// <c>hll-sparse-max-bytes</c>, if bytes are to be equal. At least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparseMaxBytes"/> is negative.</exception>
    public RedisHyperLogLog(int sparseMaxBytes = DefaultSparseMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sparseMaxBytes);
        _value = new RedisString(sparseMaxBytes);
    }

    private RedisHyperLogLog(RedisString value) => _value = value;

    /// <summary>Gets whether the string is in Redis's sparse form.</summary>
    public bool IsSparse
    {
        get
        {
            lock (_lock)
            {
                return _value.IsSparse;
            }
        }
    }

    /// <summary>Gets the length of <see cref="ToBytes"/>: 18 when empty, 12,304 when dense.</summary>
    public int PersistedLength
    {
        get
        {
            lock (_lock)
            {
                return _value.Bytes.Length;
            }
        }
    }

    /// <summary>Adds an element, as <c>PFADD</c> does.</summary>
    /// <param name="element">The bytes that a client would send. A number is usually sent as decimal text.</param>
    /// <returns>Whether a register changed, for which <c>PFADD</c> answers 1.</returns>
    public bool Add(ReadOnlySpan<byte> element)
    {
        ulong hash = MurmurHash64A.Compute(element);
        int register = (int)(hash % RedisString.Registers);
        ulong rest = (hash >> RedisString.Precision) | (1UL << (RedisString.MaxRank - 1));
        int rank = BitOperations.TrailingZeroCount(rest) + 1;
        lock (_lock)
        {
            return _value.Raise(register, rank);
        }
    }

    /// <summary>Adds an element of text, as its UTF-8 bytes.</summary>
    /// <param name="element">The text; any length. A surrogate without its partner counts as U+FFFD.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ReadOnlySpan<char> element)
    {
        int most = Encoding.UTF8.GetMaxByteCount(element.Length);
        byte[]? rented = null;
        Span<byte> utf8 = most <= StackBytes ? stackalloc byte[StackBytes] : rented = ArrayPool<byte>.Shared.Rent(most);
        Utf8.FromUtf16(element, utf8, out _, out int length);
        bool changed = Add(utf8[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return changed;
    }

    /// <summary>Counts the distinct elements, as <c>PFCOUNT</c> does.</summary>
    /// <returns>The estimate, rounded; the very number that Redis answers. It is kept in the string, so
    /// <see cref="ToBytes"/> changes by its header.</returns>
    public long Count()
    {
        lock (_lock)
        {
            return _value.Count();
        }
    }

    /// <summary>Adds all elements of others, as <c>PFMERGE</c> with this as its destination does.</summary>
    /// <param name="others">The sources. They are not changed. Merging them at once can give another string of the same
    /// registers than merging one by one, as in Redis.</param>
    /// <exception cref="ArgumentNullException">One of <paramref name="others"/> is <see langword="null"/>.</exception>
    public void UnionWith(params ReadOnlySpan<RedisHyperLogLog> others)
    {
        foreach (RedisHyperLogLog other in others)
        {
            ArgumentNullException.ThrowIfNull(other, nameof(others));
        }

        // One lock at a time, so that two unions in opposite directions cannot wait for each other.
        Span<byte> highest = stackalloc byte[RedisString.Registers];
        Span<byte> registers = stackalloc byte[RedisString.Registers];
        highest.Clear();
        bool anyDense = false;
        foreach (RedisHyperLogLog other in others)
        {
            lock (other._lock)
            {
                other._value.CopyRegistersTo(registers);
                anyDense |= !other._value.IsSparse;
            }

            HyperLogLogRegisters.Merge(registers, highest);
        }

        lock (_lock)
        {
            if (anyDense)
            {
                _value.MakeDense();
            }

            for (int register = 0; register < highest.Length; register++)
            {
                if (highest[register] != 0)
                {
                    _value.Raise(register, highest[register]);
                }
            }

            _value.MarkStale();
        }
    }

    /// <summary>Gives the string, as <c>GET</c> does.</summary>
    /// <returns>The bytes, to be <c>SET</c> under any key.</returns>
    public byte[] ToBytes()
    {
        lock (_lock)
        {
            return _value.Bytes.ToArray();
        }
    }

    /// <summary>Copies the string into memory of the caller's.</summary>
    /// <param name="destination">Where to write; 12,304 bytes always suffice with the default of
    /// <c>hll-sparse-max-bytes</c>.</param>
    /// <param name="bytesWritten">The number of bytes written, 0 if they do not fit.</param>
    /// <returns>Whether they fitted.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        lock (_lock)
        {
            bool fits = _value.Bytes.TryCopyTo(destination);
            bytesWritten = fits ? _value.Bytes.Length : 0;
            return fits;
        }
    }

    /// <summary>Takes over a string of Redis.</summary>
    /// <param name="bytes">What <c>GET</c> gave.</param>
    /// <param name="sparseMaxBytes"><inheritdoc cref="RedisHyperLogLog(int)" path="/param"/></param>
    /// <returns>The HyperLogLog.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sparseMaxBytes"/> is negative.</exception>
    /// <exception cref="FormatException">The bytes are not a HyperLogLog of Redis, or are damaged; the message says how.
    /// </exception>
    public static RedisHyperLogLog FromBytes(ReadOnlySpan<byte> bytes, int sparseMaxBytes = DefaultSparseMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sparseMaxBytes);
        return RedisString.TryRead(bytes, sparseMaxBytes, out RedisString? value, out string? reason)
            ? new RedisHyperLogLog(value)
            : throw new FormatException(reason);
    }

    /// <summary>Takes over a string of Redis, if it is in order, with the default sparse limit.</summary>
    /// <param name="bytes">What <c>GET</c> gave.</param>
    /// <param name="value">The HyperLogLog, or <see langword="null"/>.</param>
    /// <param name="reason">What is wrong with the bytes, or <see langword="null"/>.</param>
    /// <returns>Whether they are in order.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out RedisHyperLogLog? value, [NotNullWhen(false)] out string? reason)
    {
        value = RedisString.TryRead(bytes, DefaultSparseMaxBytes, out RedisString? read, out reason) ? new RedisHyperLogLog(read) : null;
        return value is not null;
    }
}
