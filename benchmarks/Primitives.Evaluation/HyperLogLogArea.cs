using System.Numerics;

namespace Primitives.Evaluation;

/// <summary>HyperLogLog and UltraLogLog: error over thousands of trials, memory, and cost against the plain loops.</summary>
internal static class HyperLogLogArea
{
    public static readonly Area Area = new("hyperloglog", Accuracy, Speed);

    private const int Precision = 14;
    private const int Registers = 1 << Precision;
    private const int UltraPrecision = 13;
    private const int UltraRegisters = 1 << UltraPrecision;

    /// <summary>Set to 7 or 8, takes 5,000 trials to 10^7 keys, in some minutes, or to 10^8, in some half an hour.</summary>
    private const string LongVariable = "PRIMITIVES_HYPERLOGLOG_EXPONENT";

    // Small, about the switches to registers (1,024 and 2,048), about 2.5 m where the raw estimator of 2007 has its bump.
    private static readonly int[] Counts = [10, 100, 1_000, 1_100, 2_000, 2_100, 10_000, 20_480, 40_960, 100_000, 1_000_000];

    private static void Accuracy(Scorecard card)
    {
        HyperLogLog warm = Filled(0, 1_000_000);
        card.AtMost("bytes allocated by a dense Add", Allocated.BytesPerOperation(n => AddAll(warm, n)), 0, "B");
        card.AtMost("memory of a set of 100 keys, p = 14", MemoryOf(100), 512, "B", "objects and headers included");

        // 3,000 trials know a standard error to 1.3 % and a bias to 0.018 standard errors.
        string exponent = Environment.GetEnvironmentVariable(LongVariable) ?? "6";
        int trials = exponent == "6" ? 3_000 : 5_000;
        int[] counts = exponent switch
        {
            "7" => [.. Counts, 10_000_000],
            "8" => [.. Counts, 10_000_000, 100_000_000],
            _ => Counts,
        };
        string range = $"n = 10 … 10^{exponent}, {trials:#,0} trials";

        Errors[] errors = Trials(
            trials, counts, () => new HyperLogLog(Precision), (sketch, from, to) => AddRange(sketch, from, to), sketch => sketch.Estimate());
        double error = 1.04 / Math.Sqrt(Registers);
        Report(card, "HyperLogLog, p = 14", errors, error, 1.02, range);
        card.AtMost(
            "error right after the switch to registers and at 2.5 m, against 1.04/√m",
            errors.Where(found => found.Count is 2_100 or 40_960).Max(found => found.Rmse) / error, 1.02, "x");

        errors = Trials(
            trials, counts, () => new UltraLogLog(UltraPrecision), (sketch, from, to) => AddRange(sketch, from, to), sketch => sketch.Estimate());
        Report(card, "UltraLogLog, p = 13", errors, 0.7609 / Math.Sqrt(UltraRegisters), 1.02, range);
        card.AtMost(
            "UltraLogLog, memory for the same error, against registers of 6 bits",
            8.0 / 6 * Math.Pow(errors.Last().Rmse * Math.Sqrt(UltraRegisters) / 1.04, 2), 0.75, "x", "measured at the last n");
    }

    private static double MemoryOf(int keys)
    {
        var sketches = new HyperLogLog[10_000];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < sketches.Length; i++)
        {
            sketches[i] = Filled(i * keys, keys);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(sketches);
        return (double)(after - before) / sketches.Length;
    }

    private static void Report(Scorecard card, string name, Errors[] errors, double error, double target, string note)
    {
        card.AtMost($"{name}: worst bias, in standard errors", errors.Max(found => Math.Abs(found.Bias)) / error, 0.1, "", note);
        Errors worst = errors.MaxBy(found => found.Rmse)!;
        card.AtMost($"{name}: worst RMSE, against the promised", worst.Rmse / error, target, "x", $"{worst.Rmse:0.000%} at n = {worst.Count:#,0}");
    }

    private static Errors[] Trials<T>(int trials, int[] counts, Func<T> create, Action<T, long, long> add, Func<T, double> estimate)
    {
        var errors = new double[trials][];
        Parallel.For(0, trials, trial =>
        {
            T sketch = create();
            long first = (long)trial << 32;
            long added = 0;
            errors[trial] = new double[counts.Length];
            for (int i = 0; i < counts.Length; i++)
            {
                add(sketch, first + added, first + counts[i]);
                added = counts[i];
                errors[trial][i] = (estimate(sketch) / added) - 1;
            }
        });
        return [.. counts.Select((count, i) => new Errors(
            count, errors.Average(found => found[i]), Math.Sqrt(errors.Average(found => found[i] * found[i]))))];
    }

    private static void AddRange(HyperLogLog sketch, long from, long to)
    {
        for (long key = from; key < to; key++)
        {
            sketch.Add(key);
        }
    }

    private static void AddRange(UltraLogLog sketch, long from, long to)
    {
        for (long key = from; key < to; key++)
        {
            sketch.Add(key);
        }
    }

    private static void Speed(Scorecard card)
    {
        HyperLogLog warm = Filled(0, 2_000_000);
        RatioResult add = Ratio.Of(n => AddAll(warm, n), HashAll);
        card.AtMost("Add(long), dense and warm, against hashing alone", add.Value, 2.5, "x", add.Note);

        PlainHyperLogLog plain = PlainFilled(0, 2_000_000);
        PlainHyperLogLog otherPlain = PlainFilled(0, 2_000_000);
        RatioResult shared = Ratio.Of(
            n => InParallel(() => AddAll(warm, n), () => AddAll(warm, n)),
            n => InParallel(() => PlainAddAll(plain, n), () => PlainAddAll(otherPlain, n)));
        card.AtMost("2 threads on one sketch, against each on unshared registers", shared.Value, 1.2, "x", shared.Note);
        RatioResult alone = Ratio.Of(n => AddAll(warm, n), n => PlainAddAll(plain, n));
        card.AtMost("1 thread, against registers that only one thread may use", alone.Value, 1.2, "x", alone.Note);

        RatioResult estimate = Ratio.Of(n => EstimateAll(warm, n), n => PowSum(plain.Registers, n));
        RatioResult looked = Ratio.Of(n => EstimateAll(warm, n), n => PowerSum(plain.Registers, n));
        card.AtMost(
            "Estimate(), against a scalar sum of Math.Pow", estimate.Value, 0.25, "x", $"{estimate.Note}; {looked.Value:0.00}x of a sum of powers from a table");

        HyperLogLog[] parts = [.. Enumerable.Range(0, 16).Select(i => Filled(i * 100_000, 100_000))];
        byte[][] plainParts = [.. Enumerable.Range(0, 16).Select(i => PlainFilled(i * 100_000, 100_000).Registers)];
        RatioResult union = Ratio.Of(n => UnionAll(parts, n), n => PlainUnionAll(plainParts, n));
        card.AtLeast("union of sketches, against a byte loop, times", union.Speedup, 8, "x", union.Note);
    }

    private static HyperLogLog Filled(int first, int count)
    {
        var sketch = new HyperLogLog(Precision);
        for (int i = 0; i < count; i++)
        {
            sketch.Add(first + i);
        }

        return sketch;
    }

    private static PlainHyperLogLog PlainFilled(int first, int count)
    {
        var sketch = new PlainHyperLogLog(Precision);
        for (int i = 0; i < count; i++)
        {
            sketch.Add(first + i);
        }

        return sketch;
    }

    private static long HashAll(int n)
    {
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += StableHash.Compute((long)i);
        }

        return (long)sum;
    }

    private static long AddAll(HyperLogLog sketch, int n)
    {
        long changed = 0;
        for (int i = 0; i < n; i++)
        {
            if (sketch.Add((long)i))
            {
                changed++;
            }
        }

        return changed;
    }

    private static long PlainAddAll(PlainHyperLogLog sketch, int n)
    {
        for (int i = 0; i < n; i++)
        {
            sketch.Add((long)i);
        }

        return sketch.Registers[0];
    }

    private static long InParallel(Func<long> first, Func<long> second)
    {
        Task<long> other = Task.Factory.StartNew(second, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return first() + other.GetAwaiter().GetResult();
    }

    private static long EstimateAll(HyperLogLog sketch, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += sketch.Estimate();
        }

        return (long)sum;
    }

    private static long PowSum(byte[] registers, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            foreach (byte register in registers)
            {
                sum += Math.Pow(2, -register);
            }
        }

        return (long)sum;
    }

    private static long PowerSum(byte[] registers, int n)
    {
        double[] powers = [.. Enumerable.Range(0, 64).Select(rank => Math.ScaleB(1, -rank))];
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            foreach (byte register in registers)
            {
                sum += powers[register];
            }
        }

        return (long)sum;
    }

    // Each batch of 16 starts with an empty target: no union is for nothing.
    private static long UnionAll(HyperLogLog[] parts, int n)
    {
        HyperLogLog target = parts[0].Reduce(Precision);
        for (int i = 1; i < n; i++)
        {
            if (i % parts.Length == 0)
            {
                target = parts[0].Reduce(Precision);
            }
            else
            {
                target.UnionWith(parts[i % parts.Length]);
            }
        }

        return target.Precision;
    }

    private static long PlainUnionAll(byte[][] parts, int n)
    {
        byte[] target = [.. parts[0]];
        for (int i = 1; i < n; i++)
        {
            if (i % parts.Length == 0)
            {
                target = [.. parts[0]];
            }
            else
            {
                byte[] source = parts[i % parts.Length];
                for (int j = 0; j < target.Length; j++)
                {
                    target[j] = Math.Max(target[j], source[j]);
                }
            }
        }

        return target[0];
    }

    /// <summary>The textbook's registers, for one thread.</summary>
    private sealed class PlainHyperLogLog(int precision)
    {
        public byte[] Registers { get; } = new byte[1 << precision];

        public void Add(long key)
        {
            ulong hash = StableHash.Compute(key);
            byte rank = (byte)(BitOperations.LeadingZeroCount((hash << precision) | (1UL << (precision - 1))) + 1);
            ref byte register = ref Registers[(int)(hash >> (64 - precision))];
            if (rank > register)
            {
                register = rank;
            }
        }
    }

    /// <summary>Relative errors at one number of keys.</summary>
    private sealed record Errors(int Count, double Bias, double Rmse);
}
