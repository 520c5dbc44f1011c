using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>
/// Counts the distinct keys of the last minute, hour or day: of any window, chosen when asking, up to a maximum chosen
/// beforehand, in bounded memory.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> <see cref="Estimate(TimeSpan)"/> of a window <c>w</c> is, bit for bit, the estimate of the
/// registers of a HyperLogLog to which exactly the keys were added whose last add is less than <c>w</c> ago, to 100 ns.
/// Windows slide exactly: there are no buckets whose edges would show.</para>
/// <para><b>Accuracy.</b> A relative standard error of <see cref="RelativeStandardError"/>,
/// <c>1.04 / sqrt(2^precision)</c>, for every window and count.</para>
/// <para><b>Cost.</b> <see cref="Add(long)"/> reads the clock, takes one of 64 locks and writes, even for a key that is
/// there, since its time has changed; it is O(1) amortised, and allocates only when a register's list grows.
/// <see cref="Estimate(TimeSpan)"/> goes over all registers and allocates <c>2^precision</c> bytes.</para>
/// <para><b>Memory.</b> For each register, times and ranks that may still be the highest of some window: an expected
/// <c>0.7 + 0.5 log2(n / 2^precision)</c> entries of 8 bytes for <c>n</c> keys in the longest window, whatever the rate
/// of adds, and never more than <c>65 - precision</c>, so at most <c>2^precision * 560</c> bytes in all with growth and
/// bookkeeping. At the default precision of 12 a million keys take about 0.4 MB; the bound is 2.3 MB.</para>
/// <para><b>Thread safety.</b> Thread-safe. An estimate counts every key whose add had returned when it began.</para>
/// <para><b>Limits.</b> It cannot be persisted, since its clock means nothing to another process; a
/// <see cref="Snapshot"/> of a window can, and merges with those of other machines.</para>
/// <para><b>Source.</b> Chabchoub and Hébrail, Sliding HyperLogLog, 2010; estimator as for <see cref="HyperLogLog"/>.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// var visitors = new SlidingHyperLogLog(TimeSpan.FromHours(24));
/// visitors.Add("203.0.113.7");
/// double lastHour = visitors.Estimate(TimeSpan.FromHours(1));
/// </code>
/// </example>
[DebuggerDisplay("Estimate = {Estimate()}, MaxWindow = {MaxWindow}, Precision = {Precision}")]
public sealed class SlidingHyperLogLog
{
    private const int StripeBits = 6;

    private readonly FutureMaxima[] _registers; // each under the lock of its stripe
    private readonly Lock[] _stripes;
    private readonly TimeProvider _timeProvider;
    private readonly long _start;

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="maxWindow">The longest window that can be asked for. Positive. Keys are forgotten when it has
    /// passed.</param>
    /// <param name="precision">Log2 of the number of registers, from <see cref="HyperLogLog.MinPrecision"/> to
    /// <see cref="HyperLogLog.MaxPrecision"/>. 12, the default, means an error of 1.6 %.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>. Only its
    /// monotonic timestamp is read, so wall-clock changes have no effect.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxWindow"/> is not positive, or
    /// <paramref name="precision"/> is out of range.</exception>
    public SlidingHyperLogLog(TimeSpan maxWindow, int precision = 12, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maxWindow, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, HyperLogLog.MinPrecision);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, HyperLogLog.MaxPrecision);

        MaxWindow = maxWindow;
        Precision = precision;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _start = _timeProvider.GetTimestamp();
        _registers = new FutureMaxima[1 << precision];
        _stripes = new Lock[1 << Math.Min(StripeBits, precision)];
        for (int i = 0; i < _stripes.Length; i++)
        {
            _stripes[i] = new Lock();
        }
    }

    /// <summary>Gets the longest window that can be asked for.</summary>
    public TimeSpan MaxWindow { get; }

    /// <summary>Gets log2 of the number of registers.</summary>
    public int Precision { get; }

    /// <summary>Gets the relative standard error of an estimate.</summary>
    public double RelativeStandardError => Sketch<HyperLogLogRegisters>.RelativeStandardErrorOf(Precision);

    /// <summary>Gets the bytes that the sketch takes now, to within a few hundred. Goes over all registers.</summary>
    public long ByteCount
    {
        get
        {
            const int PerRegister = 16; // FutureMaxima
            const int PerArray = 24;
            long bytes = (long)_registers.Length * PerRegister;
            ForEachStripe(registers =>
            {
                foreach (ref readonly FutureMaxima register in registers)
                {
                    bytes += register.ByteCount == 0 ? 0 : PerArray + register.ByteCount;
                }
            });
            return bytes;
        }
    }

    /// <summary>Adds a key of bytes, or renews it.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    public void Add(ReadOnlySpan<byte> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key of text, as its UTF-8 bytes, or renews it.</summary>
    /// <param name="key">The key; any length. Not normalised.</param>
    public void Add(ReadOnlySpan<char> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds an integer key, or renews it. It is the same key whichever integer type holds it.</summary>
    /// <param name="key">Any value.</param>
    public void Add(long key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds an integer key, or renews it.</summary>
    /// <param name="key">Any value.</param>
    public void Add(ulong key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a GUID key, as its 16 bytes in big-endian order, or renews it.</summary>
    /// <param name="key">Any value.</param>
    public void Add(Guid key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key by its hash, or renews it.</summary>
    /// <param name="hash">A hash whose 64 bits are uniformly distributed, as those of <see cref="StableHash"/> are.</param>
    public void AddHash(ulong hash)
    {
        long now = Now();
        int index = (int)(hash >> (64 - Precision));
        int rank = Token.ZerosAfter(hash, Precision) + 1;
        lock (_stripes[index >> (Precision - BitOperations.Log2((uint)_stripes.Length))])
        {
            _registers[index].Add(now, rank, now - MaxWindow.Ticks);
        }
    }

    /// <summary>Estimates the number of distinct keys added within the longest window.</summary>
    /// <returns><inheritdoc cref="Estimate(TimeSpan)" path="/returns"/></returns>
    public double Estimate() => Estimate(MaxWindow);

    /// <summary>Estimates the number of distinct keys added within a window that ends now.</summary>
    /// <param name="window">Its length. Positive, at most <see cref="MaxWindow"/>.</param>
    /// <returns>The estimate, not rounded; 0 if no key was added in the window.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is not positive, or exceeds
    /// <see cref="MaxWindow"/>.</exception>
    public double Estimate(TimeSpan window) => Snapshot(window).Estimate();

    /// <summary>Estimates the number of distinct keys added within a window that ends now, with bounds.</summary>
    /// <param name="window"><inheritdoc cref="Estimate(TimeSpan)" path="/param"/></param>
    /// <param name="sigmas">The width in standard deviations, 1 to 3.</param>
    /// <returns>The estimate with its bounds, as <see cref="HyperLogLog.Bounds"/> of a dense sketch.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is not positive or exceeds
    /// <see cref="MaxWindow"/>, or <paramref name="sigmas"/> is not 1, 2 or 3.</exception>
    public BoundedEstimate Bounds(TimeSpan window, int sigmas = 2) => Snapshot(window).Bounds(sigmas);

    /// <summary>Makes a sketch of the keys added within a window that ends now: to be persisted, united with those of
    /// other machines, compared with others.</summary>
    /// <param name="window"><inheritdoc cref="Estimate(TimeSpan)" path="/param"/></param>
    /// <returns>The sketch. It is dense, however few the keys, because their hashes are not known any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is not positive, or exceeds
    /// <see cref="MaxWindow"/>.</exception>
    public HyperLogLog Snapshot(TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, MaxWindow);

        long before = Now() - window.Ticks;
        byte[] ranks = new byte[_registers.Length];
        int next = 0;
        ForEachStripe(registers =>
        {
            foreach (ref readonly FutureMaxima register in registers)
            {
                ranks[next++] = (byte)register.HighestAfter(before);
            }
        });
        return new HyperLogLog(new SketchSnapshot(Precision, null, ranks, null));
    }

    private void ForEachStripe(Action<ReadOnlySpan<FutureMaxima>> read)
    {
        int length = _registers.Length / _stripes.Length;
        for (int i = 0; i < _stripes.Length; i++)
        {
            lock (_stripes[i])
            {
                read(_registers.AsSpan(i * length, length));
            }
        }
    }

    // Times are 100 ns since the start, which fit their word for 457 years.
    private long Now() => Math.Clamp(_timeProvider.GetElapsedTime(_start).Ticks, 0, FutureMaxima.MaxTime);
}
