using System.Numerics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>
/// What HyperLogLog and UltraLogLog have in common, which is all but the arithmetic of a register: tokens while small,
/// registers afterwards, lock-free adds, unions, the martingale estimate. A struct, so that a sketch is one object and
/// its type parameter costs nothing; it lives in a field and is never copied.
/// </summary>
/// <remarks>
/// <para>The state changes in these ways only, each published by one compare-and-swap of <c>_state</c>: tokens to a
/// larger table, or to one for a lower precision, or to registers. I1: before that, the old table is frozen, so nothing
/// that it holds is lost and nothing can be added to it any more; threads that find it frozen do the same work, and it
/// does not matter whose result is published. I2: whether a sketch is sparse depends on its distinct tokens and its
/// precision alone, and so do the bytes it is persisted as.</para>
/// <para>Registers are raised in place; how unions rewrite them is told in <see cref="DenseRegisters"/>.</para>
/// <para>While the martingale estimate is wanted and valid, all changes happen under its lock.</para>
/// </remarks>
internal struct Sketch<TRegisters>
    where TRegisters : struct, IRegisters
{
    public const int MinPrecision = 4;
    public const int MaxPrecision = 18;

    private readonly Martingale? _martingale;
    private SketchState _state;

    public Sketch(int precision, bool martingale)
        : this(SparseTokens.Limit(precision) > 0 ? new SparseTokens(precision) : new DenseRegisters(new byte[1 << precision]))
    {
        if (martingale)
        {
            _martingale = new Martingale();
        }
    }

    /// <summary>Restores what <see cref="Snapshot"/> has copied.</summary>
    public Sketch(in SketchSnapshot snapshot)
        : this(snapshot.Tokens is { } tokens ? StateOf(tokens, snapshot.Precision) : new DenseRegisters(snapshot.Registers!))
    {
        if (snapshot.MartingaleEstimate is { } estimate)
        {
            _martingale = new Martingale();
            if (_state is DenseRegisters dense)
            {
                _martingale.Restart(estimate, RegisterArray<TRegisters>.ChangeProbability(dense.Registers));
            }
        }
    }

    private Sketch(SketchState state) => _state = state;

    public readonly int Precision => State.Precision;

    public readonly bool IsSparse => State is SparseTokens;

    /// <summary>Gets the number of bytes of the persisted form.</summary>
    public readonly int PersistedLength => State is SparseTokens tokens
        ? SketchForm<TRegisters>.LengthOfTokens(tokens.CountTokens())
        : SketchForm<TRegisters>.LengthOfRegisters(Precision);

    public readonly double? MartingaleEstimate
    {
        get
        {
            if (_martingale is null)
            {
                return null;
            }

            lock (_martingale.Lock)
            {
                return !_martingale.IsValid ? null : State is SparseTokens tokens ? SparseTokens.Estimate(tokens.CountTokens()) : _martingale.Estimate;
            }
        }
    }

    private readonly SketchState State => Volatile.Read(in _state);

    /// <summary>The relative standard error of registers of a precision.</summary>
    public static double RelativeStandardErrorOf(int precision) => TRegisters.ErrorFactor / Math.Sqrt(1 << precision);

    /// <summary>The lowest precision whose error is at most the given one, or -1.</summary>
    public static int PrecisionFor(double relativeStandardError)
    {
        for (int precision = MinPrecision; precision <= MaxPrecision; precision++)
        {
            if (RelativeStandardErrorOf(precision) <= relativeStandardError)
            {
                return precision;
            }
        }

        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(ulong hash)
    {
        if (State is DenseRegisters dense)
        {
            // This is all that warm adds do, so it is counted in instructions: zeros are those of Token.ZerosAfter, or more
            // if no one follows at all, which no register covers; then Change decides.
            byte[] registers = dense.Registers;
            int shift = BitOperations.LeadingZeroCount((uint)registers.Length - 1UL); // 64 - precision
            int zeros = BitOperations.LeadingZeroCount(hash << -shift);
            if (TRegisters.Covers(registers[(int)(hash >> shift)], zeros, 64 - shift))
            {
                return false;
            }
        }

        return Change(hash);
    }

    public readonly double Estimate() => Estimate(State);

    public readonly BoundedEstimate Bounds(int sigmas)
    {
        SketchOverlap.CheckSigmas(sigmas);
        SketchState state = State;
        if (state is SparseTokens tokens)
        {
            // Each token stands for one key or more; a collision hides a key.
            int count = tokens.CountTokens();
            double expected = SparseTokens.Estimate(count);
            return new BoundedEstimate(expected, count, Math.Max(expected, count + SparseTokens.MaxCollisions(count, sigmas)));
        }

        byte[] registers = ((DenseRegisters)state).Registers;
        double estimate = RegisterArray<TRegisters>.Estimate(registers);
        double error = sigmas * RelativeStandardErrorOf(DenseRegisters.PrecisionOf(registers));
        return new BoundedEstimate(estimate, estimate / (1 + error), error < 1 ? estimate / (1 - error) : double.PositiveInfinity);
    }

    /// <summary>Makes a sketch of the same keys at a precision of at most this one's, without martingale estimate.</summary>
    public readonly Sketch<TRegisters> Reduce(int precision)
    {
        SketchState state = State;
        return new Sketch<TRegisters>(state is SparseTokens tokens
            ? StateOf(tokens.ToArray(), precision)
            : new DenseRegisters(RegistersOf(state, precision)));
    }

    public void UnionWith(in Sketch<TRegisters> other)
    {
        if (_martingale is not null)
        {
            lock (_martingale.Lock)
            {
                _martingale.Invalidate();
            }
        }

        SketchState source = other.State;
        if (source is SparseTokens tokens)
        {
            LowerTo(source.Precision);
            foreach (uint token in tokens.ToArray())
            {
                Add(Token.Hash(token));
            }

            return;
        }

        byte[] registers = ((DenseRegisters)source).Registers;
        MakeDense(DenseRegisters.PrecisionOf(registers)).UnionWith<TRegisters>(registers);
    }

    /// <summary>Estimates what two sketches have in common.</summary>
    public readonly SketchOverlap OverlapWith(in Sketch<TRegisters> other, int sigmas)
    {
        SketchOverlap.CheckSigmas(sigmas);
        SketchState left = State;
        SketchState right = other.State;
        if (left is SparseTokens leftTokens && right is SparseTokens rightTokens)
        {
            return SketchOverlap.OfTokens(leftTokens.ToArray(), rightTokens.ToArray(), sigmas);
        }

        // Copies first: a union on another thread may lower either precision at any time.
        byte[] leftRegisters = RegistersOf(left, MaxPrecision);
        byte[] rightRegisters = RegistersOf(right, DenseRegisters.PrecisionOf(leftRegisters));
        int precision = DenseRegisters.PrecisionOf(rightRegisters);
        leftRegisters = RegisterArray<TRegisters>.Reduce(leftRegisters, precision);
        double leftCount = RegisterArray<TRegisters>.Estimate(leftRegisters);
        double rightCount = RegisterArray<TRegisters>.Estimate(rightRegisters);
        TRegisters.Merge(rightRegisters, leftRegisters);
        return SketchOverlap.OfCounts(
            leftCount, rightCount, RegisterArray<TRegisters>.Estimate(leftRegisters), sigmas * RelativeStandardErrorOf(precision));
    }

    /// <summary>Copies all there is to persist.</summary>
    public readonly SketchSnapshot Snapshot()
    {
        if (_martingale is null)
        {
            return Copy(null);
        }

        lock (_martingale.Lock)
        {
            return Copy(_martingale.IsValid ? _martingale.Estimate : null);
        }
    }

    private readonly SketchSnapshot Copy(double? martingaleEstimate)
    {
        SketchState state = State;
        if (state is SparseTokens tokens)
        {
            return new SketchSnapshot(tokens.Precision, tokens.ToArray(), null, martingaleEstimate);
        }

        byte[] registers = RegistersOf(state, MaxPrecision);
        return new SketchSnapshot(DenseRegisters.PrecisionOf(registers), null, registers, martingaleEstimate);
    }

    // Not inlined: the caller is the path that warm adds do not leave.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Change(ulong hash)
    {
        if (_martingale is not null)
        {
            lock (_martingale.Lock)
            {
                if (_martingale.IsValid)
                {
                    return Change(hash, _martingale);
                }
            }
        }

        return Change(hash, observer: null);
    }

    private bool Change(ulong hash, Martingale? observer)
    {
        while (true)
        {
            SketchState state = State;
            if (state is DenseRegisters dense)
            {
                return dense.Raise<TRegisters>(hash, observer);
            }

            var tokens = (SparseTokens)state;
            switch (tokens.Insert(Token.Of(hash)))
            {
                case SparseTokens.Insertion.Present:
                    return false;
                case SparseTokens.Insertion.Inserted when tokens.Count <= SparseTokens.Limit(tokens.Precision):
                    return true;
                case SparseTokens.Insertion.Inserted:
                    Replace(tokens, tokens.Precision, observer);
                    return true;
                case SparseTokens.Insertion.Refused:
                    Replace(tokens, tokens.Precision, observer);
                    break;
            }
        }
    }

    // Gives up a table that is full, over the limit, frozen by another thread, or of too high a precision.
    private void Replace(SparseTokens tokens, int precision, Martingale? observer)
    {
        tokens.Freeze();
        uint[] frozen = tokens.ToArray();
        SketchState next = StateOf(frozen, precision);

        // Publishes the successor. If it fails, another thread has published its own, from the same frozen tokens.
        if (Interlocked.CompareExchange(ref _state, next, tokens) == tokens && next is DenseRegisters dense)
        {
            observer?.Restart(SparseTokens.Estimate(frozen.Length), RegisterArray<TRegisters>.ChangeProbability(dense.Registers));
        }
    }

    private void LowerTo(int precision)
    {
        for (SketchState state = State; state.Precision > precision; state = State)
        {
            if (state is SparseTokens tokens)
            {
                Replace(tokens, precision, observer: null);
                continue;
            }

            ((DenseRegisters)state).UnionWith<TRegisters>(new byte[1 << precision]); // with no keys
        }
    }

    private DenseRegisters MakeDense(int precision)
    {
        while (true)
        {
            SketchState state = State;
            if (state is DenseRegisters dense)
            {
                return dense;
            }

            var tokens = (SparseTokens)state;
            tokens.Freeze();
            var next = new DenseRegisters(RegistersOf(tokens, precision));
            Interlocked.CompareExchange(ref _state, next, tokens); // as in Replace
        }
    }

    private static SketchState StateOf(uint[] tokens, int precision) =>
        (SketchState?)SparseTokens.TryCreate(precision, tokens) ?? new DenseRegisters(RegisterArray<TRegisters>.Of(tokens, precision));

    // A copy, never the live array; of tokens at the lower of their precision and the given one.
    private static byte[] RegistersOf(SketchState state, int precision)
    {
        if (state is SparseTokens tokens)
        {
            return RegisterArray<TRegisters>.Of(tokens.ToArray(), Math.Min(tokens.Precision, precision));
        }

        byte[] registers = ((DenseRegisters)state).Registers;
        byte[] reduced = RegisterArray<TRegisters>.Reduce(registers, precision);
        return reduced == registers ? [.. registers] : reduced;
    }

    private static double Estimate(SketchState state) => state is SparseTokens tokens
        ? SparseTokens.Estimate(tokens.CountTokens())
        : RegisterArray<TRegisters>.Estimate(((DenseRegisters)state).Registers);
}
