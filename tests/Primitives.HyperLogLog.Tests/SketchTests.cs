using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What holds for HyperLogLog and UltraLogLog alike: keys, arguments, unions, precisions.</summary>
public class SketchTests
{
    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void An_empty_sketch_is_sparse_and_counts_zero(string family)
    {
        Subject empty = Subject.Create(family, 14);
        Assert.True(empty.IsSparse);
        Assert.Equal(0, empty.Estimate());
        Assert.Equal(new BoundedEstimate(0, 0, 0), empty.Bounds(3));
        Assert.Null(empty.MartingaleEstimate);

        Subject dense = Subject.Create(family, 4);
        Assert.False(dense.IsSparse);
        Assert.Equal(0, dense.Estimate());
        Assert.Equal(new BoundedEstimate(0, 0, 0), dense.Bounds(1));
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Add_says_whether_the_key_was_new_and_the_count_is_that_of_distinct_keys(string family)
    {
        Subject sketch = Subject.Create(family, 14);
        for (int round = 0; round < 3; round++)
        {
            for (long key = 0; key < 1_000; key++)
            {
                Assert.Equal(round == 0, sketch.Add(key));
            }
        }

        Assert.Equal(1_000, sketch.Estimate(), 0.01);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_key_that_was_added_never_changes_a_dense_sketch(string family)
    {
        Subject sketch = Subject.Of(family, 10, 0, 20_000);
        Assert.False(sketch.IsSparse);
        byte[] before = sketch.ToBytes();
        for (long key = 0; key < 20_000; key++)
        {
            Assert.False(sketch.Add(key));
        }

        Assert.Equal(before, sketch.ToBytes());
    }

    [Fact]
    public void Every_key_form_is_the_stable_hash_of_its_bytes()
    {
        Guid guid = Guid.Parse("0198c0de-0000-7000-8000-000000000001");
        (Func<HyperLogLog, bool> Hyper, Func<UltraLogLog, bool> Ultra, ulong Hash)[] forms =
        [
            (s => s.Add("grüße"), s => s.Add("grüße"), StableHash.Compute(Encoding.UTF8.GetBytes("grüße"))),
            (s => s.Add([1, 2, 3]), s => s.Add([1, 2, 3]), StableHash.Compute([1, 2, 3])),
            (s => s.Add(42), s => s.Add(42), StableHash.Compute(42L)),
            (s => s.Add(42UL), s => s.Add(42UL), StableHash.Compute(42L)),
            (s => s.Add((byte)42), s => s.Add((byte)42), StableHash.Compute(42L)),
            (s => s.Add(-1L), s => s.Add(-1L), StableHash.Compute(ulong.MaxValue)),
            (s => s.Add(guid), s => s.Add(guid), StableHash.Compute(guid)),
        ];
        foreach (var (hyperForm, ultraForm, hash) in forms)
        {
            var hyper = new HyperLogLog();
            Assert.True(hyper.AddHash(hash));
            Assert.False(hyperForm(hyper));
            var ultra = new UltraLogLog();
            Assert.True(ultra.AddHash(hash));
            Assert.False(ultraForm(ultra));
        }
    }

    [Theory]
    [InlineData(Subject.Hyper, 4)]
    [InlineData(Subject.Hyper, 6)]
    [InlineData(Subject.Hyper, 7)]
    [InlineData(Subject.Hyper, 10)]
    [InlineData(Subject.Hyper, 14)]
    [InlineData(Subject.Hyper, 18)]
    [InlineData(Subject.Ultra, 6)]
    [InlineData(Subject.Ultra, 7)]
    [InlineData(Subject.Ultra, 13)]
    public void A_sketch_is_sparse_up_to_an_eighth_of_its_registers(string family, int precision)
    {
        int limit = precision < 7 ? 0 : (1 << precision) / 8;
        Subject sketch = Subject.Of(family, precision, 0, limit);
        Assert.Equal(precision >= 7, sketch.IsSparse);
        sketch.AddRange(0, limit);
        Assert.Equal(precision >= 7, sketch.IsSparse);
        Assert.Equal(limit, sketch.Estimate(), 0.01 + (limit / 1e4));
        sketch.AddRange(-12, 12); // at precision 18, three keys are expected to share their 32 bits with another
        Assert.False(sketch.IsSparse);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Growth_and_the_switch_to_registers_lose_nothing(string family)
    {
        // The same keys, once through tokens and once straight into registers.
        var random = new Random(1);
        for (int precision = 7; precision <= 14; precision++)
        {
            Subject grown = Subject.Create(family, precision);
            Subject straight = Dense(family, precision);
            for (int i = 0; i < 4_000; i++)
            {
                ulong hash = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(40) << random.Next(40);
                grown.AddHash(hash);
                straight.AddHash(hash);
            }

            straight.UnionWith(Subject.Create(family, precision));
            Assert.False(grown.IsSparse);
            Assert.Equal(straight.ToBytes(), grown.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_union_is_the_single_stream_bit_for_bit_in_any_order_and_across_precisions(string family) =>
        PropertyTest.Check(
            Gen.Choose(4, 12).Zip(Gen.Choose(4, 12)).Zip(Gen.Choose(0, 3)),
            Gen.Choose(0, 3).Zip(Gen.Choose(0, int.MaxValue)),
            (precisions, sizes) =>
            {
                ((int leftPrecision, int rightPrecision), int leftSize) = precisions;
                (int rightSize, int seed) = sizes;
                int[] counts = [0, 20, 400, 3_000];
                long first = (long)seed << 20;
                Subject left = Subject.Of(family, leftPrecision, first, counts[leftSize]);
                Subject right = Subject.Of(family, rightPrecision, first + (counts[leftSize] / 2), counts[rightSize]);
                Subject single = Subject.Create(family, Math.Min(leftPrecision, rightPrecision));
                single.AddRange(first + (counts[leftSize] / 2), counts[rightSize]);
                single.AddRange(first, counts[leftSize]);

                Subject leftFirst = left.Reduce(leftPrecision);
                leftFirst.UnionWith(right);
                Subject rightFirst = right.Reduce(rightPrecision);
                rightFirst.UnionWith(left);
                Assert.Equal(single.Precision, leftFirst.Precision);
                Assert.Equal(single.IsSparse, leftFirst.IsSparse);
                Assert.Equal(single.ToBytes(), leftFirst.ToBytes());
                Assert.Equal(single.ToBytes(), rightFirst.ToBytes());
                Assert.Equal(single.Estimate(), rightFirst.Estimate());
            });

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Many_sketches_unite_to_the_same_in_every_order(string family)
    {
        Subject[] parts = [.. Enumerable.Range(0, 12).Select(i => Subject.Of(family, 9 + (i % 4), i * 40, 10 << (i % 8)))];
        var random = new Random(3);
        byte[]? expected = null;
        for (int round = 0; round < 20; round++)
        {
            random.Shuffle(parts);
            Subject union = Subject.Create(family, 14);
            foreach (Subject part in parts)
            {
                union.UnionWith(part);
            }

            expected ??= union.ToBytes();
            Assert.Equal(9, union.Precision);
            Assert.Equal(expected, union.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_reduced_sketch_is_the_one_built_at_that_precision(string family)
    {
        foreach (int count in new[] { 0, 1, 50, 1_000, 50_000 })
        {
            Subject sketch = Subject.Of(family, 12, 0, count);
            byte[] before = sketch.ToBytes();
            for (int precision = 4; precision <= 12; precision++)
            {
                Subject reduced = sketch.Reduce(precision);
                Assert.Equal(precision, reduced.Precision);
                Assert.Equal(Subject.Of(family, precision, 0, count).ToBytes(), reduced.ToBytes());
            }

            Assert.Equal(before, sketch.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_copy_does_not_share_registers_or_tokens(string family)
    {
        foreach (int count in new[] { 100, 10_000 })
        {
            Subject sketch = Subject.Of(family, 12, 0, count);
            byte[] before = sketch.ToBytes();
            sketch.Reduce(12).AddRange(1_000_000, 50_000);
            Assert.Equal(before, sketch.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_union_of_small_sketches_stays_sparse_while_it_fits(string family)
    {
        Subject left = Subject.Of(family, 14, 0, 1_000);
        left.UnionWith(Subject.Of(family, 14, 500, 1_000));
        Assert.True(left.IsSparse);
        Assert.Equal(1_500, left.Estimate(), 0.02);
        Assert.InRange(left.PersistedLength, 1_500 * 4, (1_500 * 4) + 100);

        left.UnionWith(Subject.Of(family, 14, 0, 2_048));
        Assert.True(left.IsSparse);
        left.UnionWith(Subject.Of(family, 14, 0, 2_049));
        Assert.False(left.IsSparse);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_union_with_itself_changes_nothing(string family)
    {
        Subject sketch = Subject.Create(family, 8, martingale: true);
        sketch.AddRange(0, 5_000);
        byte[] before = sketch.ToBytes();
        sketch.UnionWith(sketch);
        Assert.Equal(before, sketch.ToBytes());
        Assert.NotNull(sketch.MartingaleEstimate);
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Registers_that_can_rise_no_further_count_as_infinitely_many_and_compare_as_unknown(string family)
    {
        Subject full = Subject.Create(family, 4);
        for (ulong register = 0; register < 16; register++)
        {
            for (int zeros = 0; zeros <= 60; zeros++)
            {
                full.AddHash((register << 60) | (zeros == 60 ? 0 : 1UL << (59 - zeros)));
            }
        }

        Assert.Equal(double.PositiveInfinity, full.Estimate());
        Assert.Equal(double.PositiveInfinity, full.Bounds(2).Upper);
        Assert.False(full.AddHash(0));
        Subject some = Subject.Of(family, 4, 0, 1_000);
        Assert.Equal(new BoundedEstimate(1, 0, 1), full.JaccardWith(some, 2));
        BoundedEstimate both = full.IntersectionWith(some, 2);
        Assert.Equal((some.Estimate(), 0), (both.Value, both.Lower));
        Assert.True(both.Upper > both.Value);
        Assert.Equal(new BoundedEstimate(double.PositiveInfinity, 0, double.PositiveInfinity), full.IntersectionWith(full, 2));
        Assert.Equal(full.ToBytes(), Subject.FromBytes(family, full.ToBytes()).ToBytes());
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Hashes_at_the_ends_of_the_range_are_counted(string family)
    {
        foreach (int precision in new[] { 4, 7, 14, 18 })
        {
            Subject sketch = Subject.Create(family, precision);
            Assert.True(sketch.AddHash(0));
            Assert.False(sketch.AddHash(0));
            Assert.True(sketch.AddHash(ulong.MaxValue));
            Assert.Equal(2, sketch.Estimate(), 0.15);

            Subject dense = Dense(family, precision);
            dense.AddHash(0);
            dense.AddHash(ulong.MaxValue);
            Assert.False(dense.AddHash(0));
            Assert.Equal(family == Subject.Ultra, dense.AddHash(1)); // one rank less, of which HyperLogLog knows nothing
            Assert.True(double.IsFinite(dense.Estimate()));
        }
    }

    [Theory]
    [InlineData(0.26, 4)]
    [InlineData(double.PositiveInfinity, 4)]
    [InlineData(0.259, 5)]
    [InlineData(0.01, 14)]
    [InlineData(0.008125, 14)]
    [InlineData(0.0081, 15)]
    [InlineData(0.00204, 18)]
    public void ForError_takes_the_lowest_precision_that_reaches_it(double error, int precision)
    {
        HyperLogLog sketch = HyperLogLog.ForError(error);
        Assert.Equal(precision, sketch.Precision);
        Assert.True(sketch.RelativeStandardError <= error);
    }

    [Theory]
    [InlineData(0.2, 4)]
    [InlineData(0.01, 13)]
    [InlineData(0.0015, 18)]
    public void ForError_of_UltraLogLog_does_too(double error, int precision)
    {
        UltraLogLog sketch = UltraLogLog.ForError(error);
        Assert.Equal(precision, sketch.Precision);
        Assert.True(sketch.RelativeStandardError <= error);
    }

    [Theory]
    [InlineData(0.002)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void ForError_refuses_what_no_precision_reaches(double error)
    {
        var hyper = Assert.Throws<ArgumentOutOfRangeException>("relativeStandardError", () => HyperLogLog.ForError(error));
        Assert.Contains("0.00203", hyper.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("relativeStandardError", () => UltraLogLog.ForError(Math.Min(error, 0.001)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(19)]
    [InlineData(int.MinValue)]
    public void Precisions_out_of_range_are_refused(int precision)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new HyperLogLog(precision));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new UltraLogLog(precision));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new HyperLogLog().Reduce(precision));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new UltraLogLog().Reduce(precision));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new HyperLogLog(10).Reduce(11));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(precision), () => new UltraLogLog(10).Reduce(11));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Sigmas_are_one_to_three(int sigmas)
    {
        foreach (string family in new[] { Subject.Hyper, Subject.Ultra })
        {
            Subject sketch = Subject.Create(family, 10);
            Assert.Throws<ArgumentOutOfRangeException>(nameof(sigmas), () => sketch.Bounds(sigmas));
            Assert.Throws<ArgumentOutOfRangeException>(nameof(sigmas), () => sketch.IntersectionWith(sketch, sigmas));
            Assert.Throws<ArgumentOutOfRangeException>(nameof(sigmas), () => sketch.JaccardWith(sketch, sigmas));
        }
    }

    [Fact]
    public void Null_is_refused()
    {
        Assert.Throws<ArgumentNullException>("other", () => new HyperLogLog().UnionWith(null!));
        Assert.Throws<ArgumentNullException>("other", () => new HyperLogLog().IntersectionWith(null!));
        Assert.Throws<ArgumentNullException>("other", () => new HyperLogLog().JaccardWith(null!));
        Assert.Throws<ArgumentNullException>("stream", () => new HyperLogLog().WriteTo(null!));
        Assert.Throws<ArgumentNullException>("stream", () => HyperLogLog.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("other", () => new UltraLogLog().UnionWith(null!));
        Assert.Throws<ArgumentNullException>("other", () => new UltraLogLog().IntersectionWith(null!));
        Assert.Throws<ArgumentNullException>("other", () => new UltraLogLog().JaccardWith(null!));
        Assert.Throws<ArgumentNullException>("stream", () => new UltraLogLog().WriteTo(null!));
        Assert.Throws<ArgumentNullException>("stream", () => UltraLogLog.ReadFrom(null!));
    }

    [Fact]
    public void The_defaults_are_precision_14_and_13()
    {
        Assert.Equal(14, new HyperLogLog().Precision);
        Assert.Equal(13, new UltraLogLog().Precision);
        Assert.Equal("0.8125 %", (new HyperLogLog().RelativeStandardError * 100).ToString("0.####", CultureInfo.InvariantCulture) + " %");
        Assert.Equal("0.8407 %", (new UltraLogLog().RelativeStandardError * 100).ToString("0.####", CultureInfo.InvariantCulture) + " %");
    }

    // Forced by a union with registers that are all zero.
    private static Subject Dense(string family, int precision)
    {
        byte[] bytes = family == Subject.Hyper
            ? Form<HyperLogLogRegisters>(precision)
            : Form<UltraLogLogRegisters>(precision);
        return Subject.FromBytes(family, bytes);
    }

    private static byte[] Form<TRegisters>(int precision)
        where TRegisters : struct, IRegisters
    {
        var snapshot = new SketchSnapshot(precision, null, new byte[1 << precision], null);
        byte[] bytes = new byte[SketchForm<TRegisters>.Length(snapshot)];
        SketchForm<TRegisters>.Write(snapshot, bytes);
        return bytes;
    }
}
