using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Primitives.Testing;

/// <summary>
/// Runs bodies on threads of their own, released together, and waits for all of them. What any of them throws is
/// thrown here; threads that do not finish in time are a deadlock or a livelock, reported with who waits and where.
/// </summary>
public static class Race
{
    /// <summary>How long a race may take before it counts as stuck. Generous: test machines are busy.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Runs one body on several threads.</summary>
    /// <param name="threads">How many threads run <paramref name="body"/>. At least 1.</param>
    /// <param name="body">The work of one thread; its argument tells the threads apart.</param>
    /// <param name="timeout">How long all may take; <see cref="DefaultTimeout"/> when omitted.</param>
    /// <exception cref="TimeoutException">Some thread did not finish; the message says which, and its last mark.</exception>
    public static void Run(int threads, Action<RaceThread> body, TimeSpan? timeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentNullException.ThrowIfNull(body);
        RunAll(Enumerable.Repeat(body, threads).ToArray(), timeout ?? DefaultTimeout);
    }

    /// <summary>Runs different bodies, one thread each.</summary>
    public static void Run(params Action[] bodies)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        RunAll(Array.ConvertAll(bodies, body => new Action<RaceThread>(_ => body())), DefaultTimeout);
    }

    private static void RunAll(Action<RaceThread>[] bodies, TimeSpan timeout)
    {
        using var start = new Barrier(bodies.Length);
        var racers = new RaceThread[bodies.Length];
        for (int i = 0; i < bodies.Length; i++)
        {
            racers[i] = new RaceThread(i, bodies[i], start);
        }

        foreach (RaceThread racer in racers)
        {
            racer.Start();
        }

        long begun = Stopwatch.GetTimestamp();
        bool finished = true;
        foreach (RaceThread racer in racers)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(begun);
            finished &= racer.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        Exception[] failures = [.. racers.Select(racer => racer.Failure).OfType<Exception>()];
        if (!finished)
        {
            // A failed thread is often why the others wait, so its exception travels along.
            throw new TimeoutException(Describe(racers, timeout), failures.FirstOrDefault());
        }

        if (failures.Length == 1)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
        }

        if (failures.Length > 1)
        {
            throw new AggregateException($"{failures.Length} of {racers.Length} threads failed.", failures);
        }
    }

    private static string Describe(RaceThread[] racers, TimeSpan timeout)
    {
        var text = new StringBuilder();
        text.AppendLine($"Not all of {racers.Length} threads finished within {timeout.TotalSeconds:0.###} s:");
        foreach (RaceThread racer in racers)
        {
            text.AppendLine(racer.Describe());
        }

        return text.ToString();
    }
}
