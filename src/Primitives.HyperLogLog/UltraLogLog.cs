using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// Counts distinct keys like <see cref="HyperLogLog"/>, with the same members, in less memory for the same error: at most
/// <c>2^precision</c> bytes with a relative standard error of <c>0.761 / sqrt(2^precision)</c>.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A sketch is a function of the set of keys added: the order, repetitions and the way in which
/// the set was split over sketches that were then united make no difference, bit for bit. A sketch reduced to a lower
/// precision is the one that would have been built at that precision.</para>
/// <para><b>Accuracy.</b> Up to <c>2^precision / 8</c> distinct keys (1,024 by default; none below precision 7) 32 bits
/// of each key's hash are kept and the estimate is all but exact. Beyond, the standard error of <see cref="Estimate"/> is
/// <see cref="RelativeStandardError"/> at every cardinality, and its bias below a tenth of that. For the same error a
/// sketch has 54 % of the registers of a <see cref="HyperLogLog"/>, each a byte: 46 % less memory, and 28 % less than
/// HyperLogLog's persisted registers of six bits.</para>
/// <para><b>Cost.</b> <see cref="Add(long)"/> is O(1), a little dearer than HyperLogLog's, and, but for the growth to
/// registers, allocates nothing; once warm it writes nothing. <see cref="Estimate"/> reads all registers and then solves
/// an equation, in a few microseconds.</para>
/// <para><b>Thread safety.</b> Thread-safe. Adds and estimates take no locks; unions into the same sketch wait for each
/// other, and nothing waits for them. No key is ever lost. An estimate counts every key whose add had returned when it
/// began; a key added while a <see cref="UnionWith"/> into the same sketch is under way is certain to count once both
/// calls, and adds of other keys that overlap that union, have returned. With the martingale estimate, adds that change
/// the sketch take a lock.</para>
/// <para><b>Limits.</b> A sketch cannot be made from a dense HyperLogLog: that has forgotten what UltraLogLog needs, and
/// filling it in would bias the estimate by half. There is no form that other products read.</para>
/// <para><b>Source.</b> O. Ertl, UltraLogLog: A Practical and More Space-Efficient Alternative to HyperLogLog for
/// Approximate Distinct Counting, arXiv:2308.16862, 2023, with its maximum-likelihood estimator.</para>
/// </remarks>
/// <example>
/// <code>
/// var visitors = new UltraLogLog();
/// visitors.Add("203.0.113.7");
/// double count = visitors.Estimate();
/// </code>
/// </example>
[DebuggerDisplay("Estimate = {Estimate()}, Precision = {Precision}, IsSparse = {IsSparse}")]
public sealed class UltraLogLog
{
    /// <summary>The lowest precision: 16 registers.</summary>
    public const int MinPrecision = Sketch<UltraLogLogRegisters>.MinPrecision;

    /// <summary>The highest precision: 262,144 registers.</summary>
    public const int MaxPrecision = Sketch<UltraLogLogRegisters>.MaxPrecision;

    private Sketch<UltraLogLogRegisters> _sketch; // mutable struct: never readonly, never copied

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="precision">Log2 of the number of registers, from <see cref="MinPrecision"/> to
    /// <see cref="MaxPrecision"/>. One more doubles the memory and divides the error by 1.41. 13, the default, means
    /// 8 KB and 0.84 %.</param>
    /// <param name="trackMartingale">Whether to keep <see cref="MartingaleEstimate"/> as well; it makes adds that change
    /// the sketch take a lock.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is out of range.</exception>
    public UltraLogLog(int precision = 13, bool trackMartingale = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, MinPrecision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, MaxPrecision);
        _sketch = new Sketch<UltraLogLogRegisters>(precision, trackMartingale);
    }

    private UltraLogLog(in SketchSnapshot snapshot) => _sketch = new Sketch<UltraLogLogRegisters>(snapshot);

    private UltraLogLog(in Sketch<UltraLogLogRegisters> sketch) => _sketch = sketch;

    /// <summary>Gets log2 of the number of registers. A union with a sketch of lower precision lowers it.</summary>
    public int Precision => _sketch.Precision;

    /// <summary>Gets the relative standard error of <see cref="Estimate"/> once the sketch is dense,
    /// <c>0.761 / sqrt(2^Precision)</c>; while it is sparse the error is far smaller.</summary>
    public double RelativeStandardError => Sketch<UltraLogLogRegisters>.RelativeStandardErrorOf(Precision);

    /// <summary>Gets whether the sketch still keeps a hash of each key rather than registers. That depends on the
    /// number of distinct keys and the precision alone.</summary>
    public bool IsSparse => _sketch.IsSparse;

    /// <summary>Gets the estimate that was kept while keys were added, or <see langword="null"/> if that was not asked
    /// for or the sketch has been the target of a union since.</summary>
    /// <remarks>Its relative standard error is <c>0.658 / sqrt(2^Precision)</c>, a seventh less than that of
    /// <see cref="Estimate"/>, and it is unbiased; but it depends on the order of the keys, so that two sketches of the
    /// same keys need not agree. Source: E. Cohen, All-Distances Sketches, 2014; D. Ting, Streamed approximate counting
    /// of distinct elements, 2014.</remarks>
    public double? MartingaleEstimate => _sketch.MartingaleEstimate;

    /// <summary>Gets the number of bytes that <see cref="ToBytes"/> would return now.</summary>
    public int PersistedLength => _sketch.PersistedLength;

    /// <summary>Creates an empty sketch of the lowest precision that has at most this error.</summary>
    /// <param name="relativeStandardError">The relative standard error, from 0.0015 (precision 18); 0.01 means 1 % and
    /// gives precision 13.</param>
    /// <returns>The sketch. From 0.2 on it has <see cref="MinPrecision"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No precision has so small an error, or it is not a number.
    /// </exception>
    public static UltraLogLog ForError(double relativeStandardError)
    {
        int precision = Sketch<UltraLogLogRegisters>.PrecisionFor(relativeStandardError);
        return precision > 0
            ? new UltraLogLog(precision)
            : throw new ArgumentOutOfRangeException(
                nameof(relativeStandardError),
                relativeStandardError,
                $"The smallest error, that of precision {MaxPrecision}, is {Sketch<UltraLogLogRegisters>.RelativeStandardErrorOf(MaxPrecision):0.#####}.");
    }

    /// <summary>Adds a key of bytes.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    /// <returns>Whether the estimate may have changed; <see langword="false"/> for every key that was added before.
    /// When several threads add the same new key, one or more of them get <see langword="true"/>.</returns>
    public bool Add(ReadOnlySpan<byte> key) => _sketch.Add(StableHash.Compute(key));

    /// <summary>Adds a key of text, as its UTF-8 bytes.</summary>
    /// <param name="key">The key; any length. Not normalised.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ReadOnlySpan<char> key) => _sketch.Add(StableHash.Compute(key));

    /// <summary>Adds an integer key. It is the same key whichever integer type holds it.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(long key) => _sketch.Add(StableHash.Compute(key));

    /// <summary>Adds an integer key.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(ulong key) => _sketch.Add(StableHash.Compute(key));

    /// <summary>Adds a GUID key, as its 16 bytes in big-endian order.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Add(Guid key) => _sketch.Add(StableHash.Compute(key));

    /// <summary>Adds a key by its hash.</summary>
    /// <param name="hash">A hash whose 64 bits are uniformly distributed, as those of <see cref="StableHash"/> are; a
    /// counter or an address is not one. All sketches to be united must use the same hash.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool AddHash(ulong hash) => _sketch.Add(hash);

    /// <summary>Estimates the number of distinct keys.</summary>
    /// <returns>The estimate, not rounded; 0 if no key was added.</returns>
    public double Estimate() => _sketch.Estimate();

    /// <summary>Estimates the number of distinct keys, with bounds.</summary>
    /// <param name="sigmas">The width in standard deviations, 1 to 3: the bounds hold the true number with a probability
    /// of 68, 95 or 99.7 %, from precision 8 on; below, the errors are not quite normal.</param>
    /// <returns>The estimate <c>e</c> and, when dense, <c>e / (1 + s)</c> and <c>e / (1 - s)</c> with <c>s</c> the given
    /// number of standard errors; when sparse, the number of distinct hashes seen, which is never too high, and the
    /// same with room for collisions.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sigmas"/> is not 1, 2 or 3.</exception>
    public BoundedEstimate Bounds(int sigmas = 2) => _sketch.Bounds(sigmas);

    /// <summary>Adds all keys of another sketch. If that has a lower precision, this one is reduced to it.</summary>
    /// <param name="other">The other sketch, which is not changed. Must have used the same hash.</param>
    /// <remarks>The result is the sketch of all keys of both: sparse if they are few, bit for bit the one that a single
    /// stream would have given. <see cref="MartingaleEstimate"/> is lost.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is <see langword="null"/>.</exception>
    public void UnionWith(UltraLogLog other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other != this)
        {
            _sketch.UnionWith(in other._sketch);
        }
    }

    /// <summary>Makes a new sketch of the same keys at a lower precision; at the same one, a copy.</summary>
    /// <param name="precision">From <see cref="MinPrecision"/> to <see cref="Precision"/>.</param>
    /// <returns>The sketch, without <see cref="MartingaleEstimate"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is out of range.</exception>
    public UltraLogLog Reduce(int precision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, MinPrecision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, Precision);
        return new UltraLogLog(_sketch.Reduce(precision));
    }

    /// <summary>Estimates the number of keys that were added to both sketches.</summary>
    /// <param name="other">The other sketch; of another precision, the lower one counts.</param>
    /// <param name="sigmas">The width in standard deviations, 1 to 3; as the deviation is an upper bound of the true
    /// one, the bounds hold the true number at least as often as those of <see cref="Bounds"/>.</param>
    /// <returns>The estimate with its bounds. Of two sparse sketches it is all but exact. Otherwise it is
    /// <c>|A| + |B| - |A or B|</c>, whose error is that of the large sets, however few keys they share: a lower bound of 0
    /// says that the keys in common are too few to be told from none.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sigmas"/> is not 1, 2 or 3.</exception>
    public BoundedEstimate IntersectionWith(UltraLogLog other, int sigmas = 2)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _sketch.OverlapWith(in other._sketch, sigmas).Intersection;
    }

    /// <summary>Estimates the Jaccard similarity: the number of keys in both sketches divided by that in either.</summary>
    /// <param name="other"><inheritdoc cref="IntersectionWith" path="/param[@name='other']"/></param>
    /// <param name="sigmas"><inheritdoc cref="IntersectionWith" path="/param[@name='sigmas']"/></param>
    /// <returns>The estimate, from 0 to 1, with its bounds; 1 for two empty sketches. The error is about
    /// <c>1.4 * (1 + similarity)</c> times <see cref="RelativeStandardError"/> unless both are sparse.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sigmas"/> is not 1, 2 or 3.</exception>
    public BoundedEstimate JaccardWith(UltraLogLog other, int sigmas = 2)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _sketch.OverlapWith(in other._sketch, sigmas).Jaccard;
    }

    /// <summary>Persists the sketch.</summary>
    /// <returns>The bytes, at most 8.2 KB at precision 13: 40 and four a key while sparse, 40 and one a register when
    /// dense. The same keys give the same bytes, unless the martingale estimate is kept.</returns>
    public byte[] ToBytes()
    {
        SketchSnapshot snapshot = _sketch.Snapshot();
        byte[] bytes = new byte[SketchForm<UltraLogLogRegisters>.Length(snapshot)];
        SketchForm<UltraLogLogRegisters>.Write(snapshot, bytes);
        return bytes;
    }

    /// <summary>Persists the sketch into memory of the caller's.</summary>
    /// <param name="destination">Where to write; <see cref="PersistedLength"/> bytes suffice if no thread adds keys in
    /// between.</param>
    /// <param name="bytesWritten">The number of bytes written, 0 if they do not fit.</param>
    /// <returns>Whether they fitted.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        SketchSnapshot snapshot = _sketch.Snapshot();
        int length = SketchForm<UltraLogLogRegisters>.Length(snapshot);
        if (length > destination.Length)
        {
            bytesWritten = 0;
            return false;
        }

        SketchForm<UltraLogLogRegisters>.Write(snapshot, destination[..length]);
        bytesWritten = length;
        return true;
    }

    /// <summary>Persists the sketch to a stream.</summary>
    /// <param name="stream">Where to write; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(ToBytes());
    }

    /// <summary>Restores a sketch from its persisted bytes.</summary>
    /// <param name="bytes">The bytes, no more and no less.</param>
    /// <returns>The sketch.</returns>
    /// <exception cref="FormatException">They are not those of a <see cref="UltraLogLog"/>, or are damaged; the message
    /// says how.</exception>
    public static UltraLogLog FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out UltraLogLog? sketch, out string? reason) ? sketch : throw new FormatException(reason);

    /// <summary>Restores a sketch from its persisted bytes, if they are in order.</summary>
    /// <param name="bytes">The bytes, no more and no less.</param>
    /// <param name="sketch">The sketch, or <see langword="null"/>.</param>
    /// <param name="reason">What is wrong with the bytes, or <see langword="null"/>.</param>
    /// <returns>Whether they are in order.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out UltraLogLog? sketch, [NotNullWhen(false)] out string? reason)
    {
        sketch = SketchForm<UltraLogLogRegisters>.TryRead(bytes, out SketchSnapshot snapshot, out reason)
            ? new UltraLogLog(snapshot)
            : null;
        return sketch is not null;
    }

    /// <summary>Restores a sketch from a stream, whose position ends right behind it.</summary>
    /// <param name="stream">Where to read; stays open.</param>
    /// <returns>The sketch.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    /// <exception cref="FormatException"><inheritdoc cref="FromBytes" path="/exception"/></exception>
    public static UltraLogLog ReadFrom(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new UltraLogLog(SketchForm<UltraLogLogRegisters>.Read(stream));
    }
}
