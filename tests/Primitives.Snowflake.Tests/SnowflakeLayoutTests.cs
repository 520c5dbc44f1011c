using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class SnowflakeLayoutTests
{
    private static readonly DateTimeOffset Epoch = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<SnowflakeLayout> Presets =>
    [
        SnowflakeLayout.Twitter,
        SnowflakeLayout.Discord,
        SnowflakeLayout.Instagram,
        SnowflakeLayout.Sonyflake,
        SnowflakeLayout.JavaScriptSafe,
    ];

    [Theory]
    // The post that Twitter's API reference shows, created 2019-12-31T19:26:16.000Z.
    [InlineData(1212092628029698048, "2019-12-31T19:26:16.771Z", 327, 0)]
    // The worked example of Wikipedia's article on Snowflake ids: 367597485448 ms after the epoch, machine 378.
    [InlineData(1541815603606036480, "2022-06-28T16:07:40.105Z", 378, 0)]
    public void Twitter_ids_decode_exactly(long id, string timestamp, int worker, int sequence) =>
        AssertDecodes(SnowflakeLayout.Twitter, id, timestamp, worker, sequence);

    [Theory]
    // The example of Discord's API reference: worker 1, process 0, increment 7.
    [InlineData(175928847299117063, "2016-04-30T11:18:25.796Z", 1 << 5, 7)]
    public void Discord_ids_decode_exactly(long id, string timestamp, int worker, int sequence) =>
        AssertDecodes(SnowflakeLayout.Discord, id, timestamp, worker, sequence);

    [Theory]
    // The example of "Sharding & IDs at Instagram": 1387263000 ms after the epoch, shard 1341, sequence 5001 % 1024.
    [InlineData((1387263000L << 23) | (1341L << 10) | 905, "2011-09-09T22:28:04.721Z", 1341, 905)]
    // Media ids whose times were published with them, to the second.
    [InlineData(2384288897814875714, "2020-08-26T13:43:27.313Z", 2675, 578)]
    [InlineData(2383568809444681765, "2020-08-25T13:52:46.090Z", 2474, 37)]
    public void Instagram_ids_decode_exactly(long id, string timestamp, int shard, int sequence) =>
        AssertDecodes(SnowflakeLayout.Instagram, id, timestamp, shard, sequence);

    [Fact]
    public void Sonyflake_ids_have_the_sequence_above_the_machine()
    {
        // Sonyflake: time in 10 ms << 24 | sequence << 16 | machine.
        long id = (1_234_567L << 24) | (200L << 16) | 4_321;
        SnowflakeParts parts = SnowflakeLayout.Sonyflake.Decode(id);

        Assert.Equal(new DateTimeOffset(2014, 9, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(12_345_670), parts.Timestamp);
        Assert.Equal(4_321, parts.WorkerId);
        Assert.Equal(200, parts.Sequence);
        Assert.Equal(id, SnowflakeLayout.Sonyflake.Encode(parts.Timestamp, 4_321, 200));
    }

    [Theory]
    [InlineData(nameof(SnowflakeLayout.Twitter), 63, 1023, 4096, 4_096_000, "2080-07-10T17:30:30.209Z")]
    [InlineData(nameof(SnowflakeLayout.Discord), 63, 1023, 4096, 4_096_000, "2084-09-06T15:47:35.552Z")]
    [InlineData(nameof(SnowflakeLayout.Instagram), 63, 8191, 1024, 1_024_000, "2046-06-27T17:00:49.497Z")]
    [InlineData(nameof(SnowflakeLayout.Sonyflake), 63, 65535, 256, 25_600, "2188-11-16T03:28:58.880Z")]
    [InlineData(nameof(SnowflakeLayout.JavaScriptSafe), 53, 31, 128, 128_000, "2094-09-07T15:47:35.552Z")]
    public void Presets_state_their_capacity(string preset, int bits, int maxWorker, int perTick, double perSecond, string exhausted)
    {
        var layout = (SnowflakeLayout)typeof(SnowflakeLayout).GetProperty(preset)!.GetValue(null)!;

        Assert.Equal(bits, layout.TotalBits);
        Assert.Equal(maxWorker, layout.MaxWorkerId);
        Assert.Equal(perTick, layout.IdsPerTick);
        Assert.Equal(perSecond, layout.IdsPerSecond, tolerance: 1e-6);
        Assert.Equal(Parse(exhausted), layout.Exhausted);
    }

    [Fact]
    public void The_largest_JavaScriptSafe_id_is_the_largest_safe_integer()
    {
        SnowflakeLayout layout = SnowflakeLayout.JavaScriptSafe;
        long largest = layout.Encode(layout.Exhausted.AddTicks(-1), layout.MaxWorkerId, layout.IdsPerTick - 1);

        Assert.Equal(9_007_199_254_740_991, largest);
        Assert.Equal(largest, (long)(double)largest);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void The_fields_reach_to_the_ends_of_an_id(SnowflakeLayout layout)
    {
        Assert.Equal(0, layout.Encode(layout.Epoch, 0, 0));
        Assert.Equal(new SnowflakeParts(layout.Epoch, 0, 0), layout.Decode(0));

        long largest = layout.Encode(layout.Exhausted.AddTicks(-1), layout.MaxWorkerId, layout.IdsPerTick - 1);
        Assert.Equal(long.MaxValue >> (63 - layout.TotalBits), largest);
        Assert.Equal(
            new SnowflakeParts(layout.Exhausted - layout.Tick, layout.MaxWorkerId, layout.IdsPerTick - 1), layout.Decode(largest));
    }

    [Fact]
    public void Decode_and_Encode_are_inverse_for_any_layout() =>
        PropertyTest.Check(LayoutsWithIds, drawn =>
        {
            (SnowflakeLayout layout, long id) = drawn;
            SnowflakeParts parts = layout.Decode(id);

            Assert.InRange(parts.WorkerId, 0, layout.MaxWorkerId);
            Assert.InRange(parts.Sequence, 0, layout.IdsPerTick - 1);
            Assert.Equal(id, layout.Encode(parts.Timestamp, parts.WorkerId, parts.Sequence));
            Assert.Equal(id, layout.Encode(parts.Timestamp + layout.Tick - TimeSpan.FromTicks(1), parts.WorkerId, parts.Sequence));
        });

    [Fact]
    public void MinFor_parts_the_ids_of_earlier_ticks_from_those_of_the_instants_tick_and_later() =>
        PropertyTest.Check(LayoutsWithIds, drawn =>
        {
            (SnowflakeLayout layout, long id) = drawn;
            DateTimeOffset made = layout.Decode(id).Timestamp;

            Assert.True(layout.MinFor(made) <= id);
            Assert.True(layout.MinFor(made + layout.Tick - TimeSpan.FromTicks(1)) <= id);
            Assert.True(layout.MinFor(made + layout.Tick) > id || id == long.MaxValue);
        });

    [Fact]
    public void MinFor_is_defined_below_the_epoch_and_past_exhaustion()
    {
        SnowflakeLayout safe = SnowflakeLayout.JavaScriptSafe;
        Assert.Equal(0, safe.MinFor(DateTimeOffset.MinValue));
        Assert.Equal(0, safe.MinFor(safe.Epoch.AddTicks(-1)));
        Assert.Equal(0, safe.MinFor(safe.Epoch));
        Assert.Equal(1L << 12, safe.MinFor(safe.Epoch.AddMilliseconds(1)));
        Assert.Equal(1L << 53, safe.MinFor(safe.Exhausted));
        Assert.Equal(1L << 53, safe.MinFor(DateTimeOffset.MaxValue));
        Assert.Equal(long.MaxValue, SnowflakeLayout.Twitter.MinFor(DateTimeOffset.MaxValue));
    }

    [Fact]
    public void Instants_count_in_UTC_whatever_their_offset()
    {
        var instant = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.FromHours(5));
        Assert.Equal(SnowflakeLayout.Twitter.MinFor(instant.ToUniversalTime()), SnowflakeLayout.Twitter.MinFor(instant));
        Assert.Equal(TimeSpan.Zero, new SnowflakeLayout(41, 10, 12, instant).Epoch.Offset);
        Assert.Equal(new SnowflakeLayout(41, 10, 12, instant.ToUniversalTime()), new SnowflakeLayout(41, 10, 12, instant));
    }

    [Fact]
    public void WithEpoch_changes_nothing_but_the_epoch()
    {
        SnowflakeLayout moved = SnowflakeLayout.Sonyflake.WithEpoch(Epoch);

        Assert.Equal(Epoch, moved.Epoch);
        Assert.NotEqual(SnowflakeLayout.Sonyflake, moved);
        Assert.Equal(SnowflakeLayout.Sonyflake, moved.WithEpoch(SnowflakeLayout.Sonyflake.Epoch));
    }

    [Theory]
    [InlineData(0, 10, 12, "timestampBits")]
    [InlineData(-1, 10, 12, "timestampBits")]
    [InlineData(64, 0, 0, "timestampBits")]
    [InlineData(41, -1, 12, "workerBits")]
    [InlineData(20, 32, 5, "workerBits")]
    [InlineData(41, 10, -1, "sequenceBits")]
    [InlineData(20, 5, 31, "sequenceBits")]
    public void A_field_outside_its_range_is_refused_by_name(int timestamp, int worker, int sequence, string parameter) =>
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => new SnowflakeLayout(timestamp, worker, sequence, Epoch));

    [Fact]
    public void More_than_63_bits_are_refused_with_the_sum()
    {
        ArgumentOutOfRangeException exception =
            Assert.Throws<ArgumentOutOfRangeException>(() => new SnowflakeLayout(42, 10, 12, Epoch));
        Assert.Contains("42 + 10 + 12 bits are 64", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ticks_must_be_positive_and_orders_known()
    {
        Assert.Throws<ArgumentOutOfRangeException>("tick", () => new SnowflakeLayout(41, 10, 12, Epoch, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("tick", () => new SnowflakeLayout(41, 10, 12, Epoch, TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(
            "order", () => new SnowflakeLayout(41, 10, 12, Epoch, order: (SnowflakeFieldOrder)2));
    }

    [Fact]
    public void Ids_that_are_not_of_the_layout_do_not_decode()
    {
        Assert.Throws<ArgumentOutOfRangeException>("id", () => SnowflakeLayout.Twitter.Decode(-1));
        Assert.Throws<ArgumentOutOfRangeException>("id", () => SnowflakeLayout.JavaScriptSafe.Decode(1L << 53));
        Assert.Throws<ArgumentOutOfRangeException>("id", () => new SnowflakeLayout(1, 0, 0, Epoch).Decode(2));

        // 63 bits of milliseconds go far beyond the calendar.
        var endless = new SnowflakeLayout(63, 0, 0, Epoch);
        Assert.Throws<ArgumentOutOfRangeException>("id", () => endless.Decode(long.MaxValue));
        Assert.Equal(DateTimeOffset.MaxValue, endless.Exhausted);
        Assert.Equal(DateTimeOffset.MaxValue.AddTicks(-9_999), endless.Decode(endless.MinFor(DateTimeOffset.MaxValue)).Timestamp);
    }

    [Fact]
    public void Parts_outside_the_layout_do_not_encode()
    {
        SnowflakeLayout layout = SnowflakeLayout.JavaScriptSafe;
        Assert.Throws<ArgumentOutOfRangeException>("timestamp", () => layout.Encode(layout.Epoch.AddTicks(-1), 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("timestamp", () => layout.Encode(layout.Exhausted, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("workerId", () => layout.Encode(layout.Epoch, -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("workerId", () => layout.Encode(layout.Epoch, 32, 0));
        Assert.Throws<ArgumentOutOfRangeException>("sequence", () => layout.Encode(layout.Epoch, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>("sequence", () => layout.Encode(layout.Epoch, 0, 128));
    }

    [Fact]
    public void Nothing_allocates()
    {
        SnowflakeLayout layout = SnowflakeLayout.Twitter;
        Allocation.AssertNone(() =>
        {
            SnowflakeParts parts = layout.Decode(1212092628029698048);
            layout.Encode(parts.Timestamp, parts.WorkerId, parts.Sequence);
            layout.MinFor(parts.Timestamp);
        });
    }

    /// <summary>Layouts whose whole range the calendar holds, each with one of its ids.</summary>
    private static Gen<(SnowflakeLayout Layout, long Id)> LayoutsWithIds =>
        from timestampBits in Gen.Choose(1, 45)
        from workerBits in Gen.Choose(0, Math.Min(31, 63 - timestampBits))
        from sequenceBits in Gen.Choose(0, Math.Min(30, 63 - timestampBits - workerBits))
        from tickTicks in Gen.Elements(1L, 7L, 10_000L, 10_000L, 33_333L)
        from order in Gen.Elements(SnowflakeFieldOrder.WorkerThenSequence, SnowflakeFieldOrder.SequenceThenWorker)
        from bits in Gen.Choose(0, 63)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        let id = ((long)high << 32) ^ low
        let most = long.MaxValue >> (63 - timestampBits - workerBits - sequenceBits)
        select (new SnowflakeLayout(timestampBits, workerBits, sequenceBits, Epoch, TimeSpan.FromTicks(tickTicks), order),
            bits == 63 ? most : (id >>> bits) & most);

    private static void AssertDecodes(SnowflakeLayout layout, long id, string timestamp, int worker, int sequence)
    {
        SnowflakeParts expected = new(Parse(timestamp), worker, sequence);
        Assert.Equal(expected, layout.Decode(id));
        Assert.Equal(id, layout.Encode(expected.Timestamp, worker, sequence));
    }

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
