using System.Diagnostics;
using System.Globalization;

namespace Primitives.Evaluation;

internal static class SnowflakeArea
{
    public static readonly Area Area = new("snowflake", Accuracy, Speed);

    private static readonly SnowflakeLayout Twitter = SnowflakeLayout.Twitter;

    // 22 bits of sequence, which no tick uses up: the Twitter layout's 4,096 ids a millisecond, one per 244 ns, would be
    // the limit of what is measured, not the code.
    private static readonly SnowflakeLayout Wide = new(41, 0, 22, SnowflakeLayout.JavaScriptSafe.Epoch);

    private static void Accuracy(Scorecard card)
    {
        Bytes(card);
        PublishedIds(card);
        ScriptedRace(card);
        Restarts(card);
        SaturatedWait(card);
    }

    private static void Speed(Scorecard card)
    {
        var ids = new SnowflakeGenerator(0, Wide);
        long[] span = new long[64];

        RatioResult next = Ratio.Of(count => Next(ids, count), ReadClock);
        card.AtMost("Next() against a bare GetUtcNow()", next.Value, 1.4, "x", next.Note + ", 22 sequence bits");

        RatioResult spans = Ratio.Of(count => NextSpans(ids, span, count), ReadClock);
        card.AtMost("an id of a span of 64 against a bare GetUtcNow()", spans.Value, 0.3, "x", spans.Note + ", 22 sequence bits");

        WaitingRate(card);
    }

    /// <summary>Two threads under a clock that stalls, jumps ahead by seconds and goes back by seconds.</summary>
    private static void ScriptedRace(Scorecard card)
    {
        const int Threads = 2;
        const int Each = 2_000_000;
        var maxAhead = TimeSpan.FromSeconds(10);
        var clock = new ScriptedClock(Twitter.Epoch, static reading =>
        {
            long moving = reading - Math.Min(reading % 40_000, 8_000);
            long jumps = reading / 250_000 * 2;
            long back = reading % 300_000 is >= 150_000 and < 180_000 ? 3 : 0;
            return (moving * 30) + ((10 + jumps - back) * TimeSpan.TicksPerSecond);
        });
        var ids = new SnowflakeGenerator(
            new SnowflakeOptions { WorkerId = 7, Overflow = SequenceOverflow.Borrow, MaxAhead = maxAhead }, timeProvider: clock);
        long[][] taken = new long[Threads][];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            long[] mine = taken[index] = new long[Each];
            for (int i = 0; i < mine.Length; i++)
            {
                mine[i] = ids.Next();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        long[] all = [.. taken.SelectMany(mine => mine)];
        Array.Sort(all);
        string note = string.Create(
            CultureInfo.InvariantCulture, $"of {all.Length:#,0}, 2 threads, {ids.Statistics.ClockRollbacks} rollbacks of the clock");
        card.AtMost("ids handed out twice", CountDescents(all), 0, note: note);
        card.AtMost("ids not larger than the thread's one before", taken.Sum(CountDescents), 0, note: note);
    }

    private static int CountDescents(long[] ids) => ids.Zip(ids.Skip(1)).Count(pair => pair.Second <= pair.First);

    /// <summary>One worker restarted again and again while its clock is stepped about.</summary>
    private static void Restarts(Scorecard card)
    {
        const int Restarts = 200;
        var random = new Random(7);
        var mark = new MarkInMemory();
        var options = new SnowflakeOptions { WorkerId = 7, Overflow = SequenceOverflow.Borrow };
        DateTimeOffset start = Twitter.Epoch.AddYears(15);
        var taken = new List<long>();
        int withoutMark = 0;
        long lastWithoutMark = -1;
        for (int restart = 0; restart < Restarts; restart++)
        {
            start = start.AddMilliseconds(random.Next(-2_000, 4_000));
            DateTimeOffset now = start;
            var clock = new ScriptedClock(now, static reading => reading * 100);
            var marked = new SnowflakeGenerator(options, mark, clock);
            while (taken.Count < (restart + 1) * 100 && marked.TryNext(out long id))
            {
                taken.Add(id);
            }

            long unmarked = new SnowflakeGenerator(options, timeProvider: clock).Next();
            withoutMark += unmarked <= lastWithoutMark ? 1 : 0;
            lastWithoutMark = unmarked;
        }

        string note = string.Create(
            CultureInfo.InvariantCulture, $"{taken.Count:#,0} ids, {Restarts} restarts; without a mark {withoutMark} restarts fall back");
        card.AtMost("ids not above the last one before a restart, with a mark", CountDescents([.. taken]), 0, note: note);
    }

    /// <summary>Whether a caller that always waits gets every sequence number of every tick.</summary>
    private static void SaturatedWait(Scorecard card)
    {
        const int Ticks = 200;
        var clock = new ScriptedClock(Twitter.Epoch, static reading => reading); // 10,000 readings a millisecond
        var ids = new SnowflakeGenerator(7, timeProvider: clock);
        for (int i = 0; i < Twitter.IdsPerTick; i++)
        {
            ids.Next();
        }

        long first = ids.Next();
        long last = first;
        for (int i = 1; i < Ticks * Twitter.IdsPerTick; i++)
        {
            last = ids.Next();
        }

        double ticks = ((Twitter.Decode(last).Timestamp - Twitter.Decode(first).Timestamp) / Twitter.Tick) + 1;
        card.AtLeast("sequence numbers used while callers wait", 100 * Ticks / ticks, 100, "%", $"{Ticks} ticks of {Twitter.IdsPerTick}");
    }

    private static void PublishedIds(Scorecard card)
    {
        (SnowflakeLayout Layout, long Id, string Time)[] published =
        [
            (Twitter, 1212092628029698048, "2019-12-31T19:26:16.771Z"),
            (Twitter, 1541815603606036480, "2022-06-28T16:07:40.105Z"),
            (SnowflakeLayout.Discord, 175928847299117063, "2016-04-30T11:18:25.796Z"),
            (SnowflakeLayout.Instagram, 2384288897814875714, "2020-08-26T13:43:27.313Z"),
            (SnowflakeLayout.Instagram, 2383568809444681765, "2020-08-25T13:52:46.090Z"),
        ];
        int wrong = published.Count(item =>
            item.Layout.Decode(item.Id).Timestamp != DateTimeOffset.Parse(item.Time, CultureInfo.InvariantCulture));
        card.AtMost("published ids decoded to another time", wrong, 0, note: $"{published.Length} of Twitter, Discord, Instagram");
    }

    private static void Bytes(Scorecard card)
    {
        // The run-time compiles a generator for the kind of clock it sees first, and no program but this one has another
        // than the system's; so that one comes first, for long enough.
        var ids = new SnowflakeGenerator(0, Wide);
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(400))
        {
            Blackhole.Consume(Next(ids, 1_000));
        }

        var borrowing = new SnowflakeGenerator(new SnowflakeOptions
        {
            WorkerId = 0,
            Layout = new(41, 0, 4, Wide.Epoch),
            Overflow = SequenceOverflow.Borrow,
            MaxAhead = TimeSpan.FromHours(1),
        });
        long[] span = new long[64];
        card.AtMost("bytes allocated by Next()", Allocated.BytesPerOperation(count => Next(ids, count)), 0);
        card.AtMost("bytes allocated per id of a span", Allocated.BytesPerOperation(count => NextSpans(ids, span, count)), 0);
        card.AtMost("bytes allocated by NextAsync() without a wait", Allocated.BytesPerOperation(count => NextAsynchronously(ids, count)), 0);
        card.AtMost("bytes allocated by NextAsync() that borrows", Allocated.BytesPerOperation(count => NextAsynchronously(borrowing, count)), 0);
    }

    /// <summary>Ids per millisecond of one thread that asks for more than the Twitter layout has.</summary>
    private static void WaitingRate(Scorecard card)
    {
        // The best of several windows: whatever else runs on the machine takes the processor away for milliseconds, and a
        // tick that was not there for us cannot be used. The median is in the note.
        const int Windows = 9;
        using Process process = Process.GetCurrentProcess();
        var ids = new SnowflakeGenerator(7);
        double[] shares = new double[Windows];
        double[] burnt = new double[Windows];
        for (int window = 0; window < Windows; window++)
        {
            TimeSpan processor = process.TotalProcessorTime;
            long begun = Stopwatch.GetTimestamp();
            long count = 0;
            while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(200))
            {
                count += 1_024;
                Blackhole.Consume(Next(ids, 1_024));
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
            process.Refresh();
            shares[window] = 100 * count / elapsed.TotalMilliseconds / Twitter.IdsPerTick;
            burnt[window] = (process.TotalProcessorTime - processor) / elapsed;
        }

        double best = shares.Max();
        double processorAtBest = burnt[Array.IndexOf(shares, best)];
        Array.Sort(shares);
        card.AtLeast(
            "ids used of 4,096 per ms while waiting, idle machine",
            best,
            90,
            "%",
            string.Create(
                CultureInfo.InvariantCulture,
                $"best of {Windows} windows of 200 ms, median {shares[Windows / 2]:0} %; {processorAtBest:0.00} processors busy"));
    }

    private static long ReadClock(int count)
    {
        TimeProvider clock = TimeProvider.System;
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += clock.GetUtcNow().UtcTicks;
        }

        return sum;
    }

    private static long Next(SnowflakeGenerator ids, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += ids.Next();
        }

        return sum;
    }

    private static long NextSpans(SnowflakeGenerator ids, long[] span, int count)
    {
        long sum = 0;
        for (int left = count; left > 0; left -= span.Length)
        {
            ids.Next(span.AsSpan(0, Math.Min(span.Length, left)));
            sum += span[0];
        }

        return sum;
    }

    private static long NextAsynchronously(SnowflakeGenerator ids, int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
        {
            ValueTask<long> id = ids.NextAsync();
            sum += id.IsCompletedSuccessfully ? id.Result : throw new InvalidOperationException("It waits.");
        }

        return sum;
    }

    /// <summary>A clock whose reading depends only on how often it was read.</summary>
    private sealed class ScriptedClock(DateTimeOffset start, Func<long, long> script) : TimeProvider
    {
        private long _readings;

        public override DateTimeOffset GetUtcNow() => start.AddTicks(script(Interlocked.Increment(ref _readings)));
    }

    private sealed class MarkInMemory : IHighWaterMark
    {
        private DateTimeOffset? _mark;

        public DateTimeOffset? Read() => _mark;

        public void Raise(DateTimeOffset mark) => _mark = _mark is null || mark > _mark ? mark : _mark;
    }
}
