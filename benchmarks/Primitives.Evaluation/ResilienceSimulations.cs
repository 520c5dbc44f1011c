using System.Globalization;

namespace Primitives.Evaluation;

/// <summary>
/// What jitter is for, simulated in event time with fixed seeds: clients that contend for one row (the model of "Exponential
/// Backoff And Jitter", AWS Architecture Blog, 2015), and clients that all lost their server at once. And a storm.
/// </summary>
internal static class ResilienceSimulations
{
    private const int Clients = 100;
    private const int Repetitions = 15;

    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Cap = TimeSpan.FromMilliseconds(2_000);

    public static void Report(Scorecard card)
    {
        (double none, double noneMs) = Contention(null);
        (string Name, Backoff Backoff)[] modes =
        [
            ("exponential, no jitter", Backoff.Exponential(Base, Cap, jitter: BackoffJitter.None)),
            ("equal jitter", Backoff.Exponential(Base, Cap, jitter: BackoffJitter.Equal)),
            ("full jitter", Backoff.Exponential(Base, Cap)),
            ("decorrelated jitter", Backoff.Decorrelated(Base, Cap)),
            ("Polly's V2", Backoff.PollyV2(Base, Cap)),
        ];
        foreach ((string name, Backoff backoff) in modes)
        {
            (double calls, double milliseconds) = Contention(backoff);
            card.AtMost(
                $"contention of {Clients} clients, {name}: calls against no backoff",
                calls / none,
                1,
                "x",
                string.Create(CultureInfo.InvariantCulture, $"{calls:0} calls in {milliseconds:0} ms; without backoff {none:0} in {noneMs:0} ms"));
        }

        int plain = PeakAfterOutage(Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), jitter: BackoffJitter.None));
        int full = PeakAfterOutage(Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)));
        card.AtMost(
            "outage of 60 s, 2,000 clients: full jitter's peak arrivals against plain exponential's",
            100.0 * full / plain,
            5,
            "%",
            $"{full} in 100 ms against {plain}");
        card.AtMost("storm of 8 threads: probes beyond those allowed", ProbesTooMany(), 0, note: "200 half-open rounds, 3 probes each");
    }

    /// <summary>Each client reads a version and writes if it is unchanged, else backs off and begins again; each message takes
    /// a normal 10 ms, sd 2. Gives the writes tried and the time until all have succeeded, on average.</summary>
    private static (double Calls, double Milliseconds) Contention(Backoff? backoff)
    {
        double calls = 0;
        double milliseconds = 0;
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            var random = new Random(repetition);
            var events = new PriorityQueue<(int Client, bool Write, int Seen), double>();
            BackoffEnumerator[] delays = [.. Enumerable.Range(0, Clients)
                .Select(client => (backoff ?? default).WithSeed((ulong)((repetition * Clients) + client)).GetEnumerator())];
            int version = 0;
            double end = 0;
            for (int client = 0; client < Clients; client++)
            {
                events.Enqueue((client, false, 0), Network(random));
            }

            while (events.TryDequeue(out (int Client, bool Write, int Seen) message, out double now))
            {
                if (!message.Write)
                {
                    // The read reaches the server, its answer the client, and the client's write the server.
                    events.Enqueue((message.Client, true, version), now + Network(random) + Network(random));
                    continue;
                }

                calls++;
                if (message.Seen == version)
                {
                    version++;
                    end = now;
                    continue;
                }

                double wait = backoff is not null && delays[message.Client].MoveNext() ? delays[message.Client].Current.TotalMilliseconds : 0;
                events.Enqueue((message.Client, false, 0), now + Network(random) + wait + Network(random));
            }

            milliseconds += end;
        }

        return (calls / Repetitions, milliseconds / Repetitions);
    }

    private static double Network(Random random)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return Math.Max(0, 10 + (2 * normal));
    }

    /// <summary>Every client fails at once and goes on trying until the server is back after 60 s. Gives the most arrivals in
    /// 100 ms after the first 5 s.</summary>
    private static int PeakAfterOutage(Backoff backoff)
    {
        int[] arrivals = new int[1_000];
        for (ulong client = 0; client < 2_000; client++)
        {
            double now = 0;
            foreach (TimeSpan delay in backoff.WithSeed(client))
            {
                now += delay.TotalMilliseconds;
                arrivals[(int)(now / 100)]++;
                if (now >= 60_000)
                {
                    break;
                }
            }
        }

        return arrivals.Skip(50).Max();
    }

    private static int ProbesTooMany()
    {
        const int Probes = 3;
        int tooMany = 0;
        var breaker = new CircuitBreaker(new CircuitBreakerOptions
        {
            MinimumThroughput = 1,
            Break = Backoff.Constant(TimeSpan.FromTicks(1), BackoffJitter.None),
            HalfOpenProbes = Probes,
            HalfOpenConcurrency = Probes,
        });
        for (int round = 0; round < 200; round++)
        {
            CircuitPermit trip = breaker.Acquire();
            trip.Failure();
            int admitted = 0;
            var permits = new CircuitPermit[8];
            using var start = new Barrier(permits.Length);
            Thread[] threads = [.. Enumerable.Range(0, permits.Length).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                if (breaker.TryAcquire(out permits[i]))
                {
                    Interlocked.Increment(ref admitted);
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            tooMany += Math.Abs(admitted - Probes);
            for (int i = 0; i < permits.Length; i++)
            {
                permits[i].Success();
            }
        }

        return tooMany;
    }
}
