using System.Diagnostics;

namespace Primitives;

/// <summary>
/// How long to wait before each retry: a sequence of delays as an immutable value. Share one among all callers; every
/// enumeration is a sequence of its own.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> For every attempt from 0 to <see cref="int.MaxValue"/>, <c>0 &lt;= GetDelay(attempt) &lt;= Cap</c>,
/// and below <see cref="Cap"/> if there is jitter: the cap bounds the range that is drawn from, so jitter is not lost at the
/// cap. <see cref="Cap"/> never exceeds <see cref="MaxDelay"/>, so every delay is one that <c>Task.Delay</c> accepts. Without
/// jitter delays never decrease. <c>default(Backoff)</c> holds no delays: it means no retry.</para>
/// <para><b>Cost.</b> <see cref="GetDelay"/> and enumeration allocate nothing and are O(1), or O(log attempt) for a factor
/// other than 2; <see cref="Decorrelated"/>'s <see cref="GetDelay"/> takes at most 1,024 steps. A factory allocates one
/// small object, the source of the seeds.</para>
/// <para><b>Accuracy.</b> Ticks of 100 ns, rounded down. With <see cref="WithSeed"/> the sequence is a function of the seed,
/// the same on every machine bit for bit, except <see cref="PollyV2"/>, which rests on the platform's <c>pow</c> and
/// <c>tanh</c>. The randomness is good for spreading load, not for secrets.</para>
/// <para><b>Thread safety.</b> Immutable. Callers of an unseeded value share a counter of seeds, which is thread-safe.</para>
/// <para><b>Source.</b> M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), for full, equal and
/// decorrelated jitter; G. Polevoy's formula for <see cref="PollyV2"/> (Polly, 2019).</para>
/// </remarks>
/// <example>
/// <code>
/// Backoff backoff = Backoff.Exponential(TimeSpan.FromMilliseconds(100), cap: TimeSpan.FromSeconds(30)).WithMaxAttempts(5);
/// foreach (TimeSpan delay in backoff)
/// {
///     await Task.Delay(delay);
///     if (await TryAgain()) { break; }
/// }
/// </code>
/// </example>
[DebuggerDisplay("{_shape}, {BaseDelay} to {Cap}, {_jitter}")]
public readonly struct Backoff
{
    private const double LeastFactor = 1.001; // smaller ones would make delays decrease now and then, by rounding
    private const double LargestFactor = 1_000;

    // Steps after which where a decorrelated sequence began no longer matters: two of one seed meet for good as soon as
    // both are above a third of the cap, and 1,024 steps grow 100 natural orders of magnitude on average, sd 32, where the
    // widest range, a tick to 49 days, has 31.
    private const int DecorrelatedSteps = 1_024;

    // From here on PollyV2's delay is above any cap: it is about base * 2^attempt, and cap / base < 2^46.
    private const int PollyV2Attempts = 64;

    private readonly long _base; // ticks; 0 < _base <= _cap, except in default(Backoff)
    private readonly long _increment; // ticks a linear delay grows by
    private readonly long _cap; // <= MaxDelay.Ticks < 2^53, so a double holds every delay exactly
    private readonly double _factor;
    private readonly BackoffEntropy? _entropy; // null if seeded, and in default(Backoff)
    private readonly BackoffShape _shape;
    private readonly BackoffJitter _jitter;

    private Backoff(BackoffShape shape, TimeSpan baseDelay, TimeSpan cap, BackoffJitter jitter, long increment = 0, double factor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(baseDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(baseDelay, MaxDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, baseDelay);
        if (!Enum.IsDefined(jitter))
        {
            throw new ArgumentOutOfRangeException(nameof(jitter), jitter, "Not a kind of jitter.");
        }

        _shape = shape;
        _base = baseDelay.Ticks;
        _cap = Math.Min(cap.Ticks, MaxDelay.Ticks);
        _jitter = jitter;
        _increment = increment;
        _factor = factor;
        _entropy = new BackoffEntropy();
        Delays = int.MaxValue;
        MaxElapsed = TimeSpan.MaxValue;
    }

    private Backoff(in Backoff other, int delays, TimeSpan maxElapsed, BackoffEntropy? entropy, ulong seed)
    {
        this = other;
        Delays = delays;
        MaxElapsed = maxElapsed;
        _entropy = entropy;
        Seed = seed;
    }

    /// <summary>Gets the longest delay there is, 4,294,967,294 ms (49.7 days): what <c>Task.Delay</c> and timers accept.</summary>
    public static TimeSpan MaxDelay => TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Gets the first delay before jitter. Zero only in <c>default(Backoff)</c>.</summary>
    public TimeSpan BaseDelay => new(_base);

    /// <summary>Gets the longest delay. At most <see cref="MaxDelay"/>.</summary>
    public TimeSpan Cap => new(_cap);

    /// <summary>Gets how many calls there are in all, the first included, so one more than there are delays.</summary>
    /// <value><see cref="int.MaxValue"/> unless set by <see cref="WithMaxAttempts"/>; 1 in <c>default(Backoff)</c>.</value>
    public int MaxAttempts => Delays == int.MaxValue ? int.MaxValue : Delays + 1;

    /// <summary>Gets the time beyond which no retry starts.</summary>
    /// <value><see cref="TimeSpan.MaxValue"/> unless set by <see cref="WithMaxElapsed"/>; zero in
    /// <c>default(Backoff)</c>.</value>
    public TimeSpan MaxElapsed { get; }

    /// <summary>The number of delays.</summary>
    internal int Delays { get; }

    private ulong Seed { get; }

    /// <summary>Creates delays that do not grow.</summary>
    /// <param name="delay">The delay before jitter. Positive, at most <see cref="MaxDelay"/>.</param>
    /// <param name="jitter">The jitter. Full by default: uniform from zero to <paramref name="delay"/>.</param>
    /// <returns>The backoff, without end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static Backoff Constant(TimeSpan delay, BackoffJitter jitter = BackoffJitter.Full) =>
        new(BackoffShape.Constant, delay, delay, jitter);

    /// <summary>Creates delays <c>min(cap, baseDelay + attempt * increment)</c>.</summary>
    /// <param name="baseDelay">The first delay before jitter. Positive, at most <see cref="MaxDelay"/>.</param>
    /// <param name="increment">What each adds. Not negative.</param>
    /// <param name="cap">The longest delay. At least <paramref name="baseDelay"/>; <see cref="MaxDelay"/> if longer.</param>
    /// <param name="jitter"><inheritdoc cref="Exponential" path="/param[@name='jitter']"/></param>
    /// <returns>The backoff, without end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static Backoff Linear(TimeSpan baseDelay, TimeSpan increment, TimeSpan cap, BackoffJitter jitter = BackoffJitter.Full)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(increment, TimeSpan.Zero);
        return new Backoff(BackoffShape.Linear, baseDelay, cap, jitter, increment: increment.Ticks);
    }

    /// <summary>Creates delays <c>min(cap, baseDelay * factor^attempt)</c>.</summary>
    /// <param name="baseDelay">The first delay before jitter. Positive, at most <see cref="MaxDelay"/>.</param>
    /// <param name="cap">The longest delay. At least <paramref name="baseDelay"/>; <see cref="MaxDelay"/> if longer.</param>
    /// <param name="factor">What each multiplies by. 1, or from 1.001 to 1,000.</param>
    /// <param name="jitter">The jitter. Full by default: uniform from zero to the delay above.</param>
    /// <returns>The backoff, without end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static Backoff Exponential(TimeSpan baseDelay, TimeSpan cap, double factor = 2, BackoffJitter jitter = BackoffJitter.Full)
    {
        if (factor is not (1 or (>= LeastFactor and <= LargestFactor)))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, $"Must be 1, or from {LeastFactor} to {LargestFactor}.");
        }

        return new Backoff(BackoffShape.Exponential, baseDelay, cap, jitter, factor: factor);
    }

    /// <summary>Creates AWS's decorrelated jitter: each delay is uniform in <c>[baseDelay, min(cap, 3 * previous))</c>. The cap
    /// bounds the range, where AWS's text clamps what was drawn, and so gives 38 % of all delays the cap itself.</summary>
    /// <param name="baseDelay">The shortest delay. Positive, at most <see cref="MaxDelay"/>.</param>
    /// <param name="cap">The longest delay. At least <paramref name="baseDelay"/>; <see cref="MaxDelay"/> if longer.</param>
    /// <returns>The backoff, without end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static Backoff Decorrelated(TimeSpan baseDelay, TimeSpan cap) => new(BackoffShape.Decorrelated, baseDelay, cap, BackoffJitter.Full);

    /// <summary>Creates Polly's second jittered exponential formula, <c>baseDelay * (F(t) - F(t of the delay before)) / 1.4</c>
    /// with <c>F(t) = 2^t tanh(sqrt(4t))</c> and <c>t</c> uniform in <c>[attempt, attempt + 1)</c>. A delay that would reach
    /// the cap is drawn from <c>[cap/2, cap)</c> instead; Polly makes all of those the cap.</summary>
    /// <param name="baseDelay">About the median of the first delay. Positive, at most <see cref="MaxDelay"/>.</param>
    /// <param name="cap">The longest delay. At least <paramref name="baseDelay"/>; <see cref="MaxDelay"/> if longer.</param>
    /// <returns>The backoff, without end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static Backoff PollyV2(TimeSpan baseDelay, TimeSpan cap) => new(BackoffShape.PollyV2, baseDelay, cap, BackoffJitter.Full);

    /// <summary>Limits how often to call: a backoff of 5 attempts has 4 delays.</summary>
    /// <param name="maxAttempts">The calls in all, the first included. At least 1.</param>
    /// <returns>The limited backoff.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxAttempts"/> is less than 1.</exception>
    public Backoff WithMaxAttempts(int maxAttempts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAttempts, 1);
        return new Backoff(this, maxAttempts == int.MaxValue ? int.MaxValue : maxAttempts - 1, MaxElapsed, _entropy, Seed);
    }

    /// <summary>Limits the time from the first call: an enumeration ends before the delay that would lift its sum above the
    /// limit, and <see cref="Retry"/>, which has a clock, starts no delay that would end later than that.</summary>
    /// <param name="maxElapsed">The limit. Not negative.</param>
    /// <returns>The limited backoff.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxElapsed"/> is negative.</exception>
    public Backoff WithMaxElapsed(TimeSpan maxElapsed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxElapsed, TimeSpan.Zero);
        return new Backoff(this, Delays, maxElapsed, _entropy, Seed);
    }

    /// <summary>Makes the delays a function of the seed, for tests and simulations. Every enumeration is then the same: never
    /// give two clients of one server the same seed.</summary>
    /// <param name="seed">The seed. Any value.</param>
    /// <returns>The seeded backoff.</returns>
    public Backoff WithSeed(ulong seed) => new(this, Delays, MaxElapsed, null, SplitMix.Mix(seed));

    /// <summary>Gives the delay after an attempt, whatever <see cref="MaxAttempts"/> and <see cref="MaxElapsed"/> say. Where a
    /// delay depends on the one before (<see cref="Decorrelated"/>, <see cref="PollyV2"/>), that one is drawn as well; an
    /// enumeration gives delays that belong together.</summary>
    /// <param name="attempt">The number of the attempt that failed, from 0.</param>
    /// <returns>The delay, from zero to <see cref="Cap"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="attempt"/> is negative.</exception>
    public TimeSpan GetDelay(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(attempt);
        return new TimeSpan(TicksAfter(attempt, NextSeed()));
    }

    /// <summary>Starts a sequence of delays, with a seed of its own unless <see cref="WithSeed"/> set one.</summary>
    /// <returns>The enumerator: a value, for <c>foreach</c>.</returns>
    public BackoffEnumerator GetEnumerator() => new(this, NextSeed());

    /// <summary>The delay that follows <paramref name="previous"/> in a sequence.</summary>
    internal long TicksFollowing(long previous, int attempt, ulong seed) =>
        _shape == BackoffShape.Decorrelated ? Decorrelate(attempt == 0 ? _base : previous, attempt, seed) : TicksAfter(attempt, seed);

    private ulong NextSeed() => _entropy is null ? Seed : _entropy.Next();

    private long TicksAfter(int attempt, ulong seed)
    {
        long ceiling;
        switch (_shape)
        {
            case BackoffShape.Exponential:
                ceiling = Grow(attempt);
                break;
            case BackoffShape.Linear:
                // Compared before multiplying: attempt * increment may have more than 64 bits.
                ceiling = _increment == 0 ? _base : attempt > (_cap - _base) / _increment ? _cap : _base + (attempt * _increment);
                break;
            case BackoffShape.Decorrelated:
                return DecorrelatedAfter(attempt, seed);
            case BackoffShape.PollyV2:
                return PollyV2After(attempt, seed);
            default:
                ceiling = _base;
                break;
        }

        long half = ceiling / 2;
        return _jitter switch
        {
            BackoffJitter.Full => SplitMix.Below(SplitMix.Draw(seed, attempt), ceiling),
            BackoffJitter.Equal => half + SplitMix.Below(SplitMix.Draw(seed, attempt), ceiling - half),
            _ => ceiling,
        };
    }

    private long Grow(int attempt)
    {
        if (_factor == 2)
        {
            // The shift loses no bit if there are as many zeros in front; a delay has at most 46 bits.
            return attempt < long.LeadingZeroCount(_base) - 1 ? Math.Min(_cap, _base << attempt) : _cap;
        }

        // Exponentiation by squaring: unlike pow, the same on every platform. Saturates at infinity, never NaN.
        double power = 1;
        double square = _factor;
        for (uint left = (uint)attempt; left > 0; left >>= 1)
        {
            power *= (left & 1) == 1 ? square : 1;
            square *= square;
        }

        double grown = _base * power;
        return grown < _cap ? (long)grown : _cap;
    }

    private long DecorrelatedAfter(int attempt, ulong seed)
    {
        long delay = _base;
        for (int i = Math.Max(0, attempt - DecorrelatedSteps + 1); ; i++)
        {
            delay = Decorrelate(delay, i, seed);
            if (i == attempt)
            {
                return delay;
            }
        }
    }

    private long Decorrelate(long previous, int attempt, ulong seed) =>
        _base + SplitMix.Below(SplitMix.Draw(seed, attempt), Math.Min(_cap, 3 * previous) - _base);

    private long PollyV2After(int attempt, ulong seed)
    {
        ulong random = SplitMix.Draw(seed, attempt);
        if (attempt < PollyV2Attempts)
        {
            double begin = attempt == 0 ? 0 : Curve(attempt - 1 + SplitMix.ToUnit(SplitMix.Draw(seed, attempt - 1)));
            double delay = _base * (Curve(attempt + SplitMix.ToUnit(random)) - begin) / 1.4;
            if (delay < _cap)
            {
                return (long)Math.Max(0, delay);
            }
        }

        long half = _cap / 2;
        return half + SplitMix.Below(SplitMix.Mix(random), _cap - half);

        static double Curve(double t) => Math.Pow(2, t) * Math.Tanh(Math.Sqrt(4 * t));
    }
}
