using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

/// <summary>The numbered races R1 to R14 of the design notes.</summary>
public class CircuitRaceTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(16, 16)]
    [InlineData(8, 2)]
    public void R1_At_the_end_of_a_break_exactly_the_probes_allowed_get_through(int probes, int atOnce)
    {
        var transitions = new TransitionLog();
        CircuitBreaker breaker = Breaker(_time, o =>
            (o.HalfOpenProbes, o.HalfOpenConcurrency, o.OnTransition, o.ProbeTimeout) = (probes, atOnce, transitions.Add, TimeSpan.FromHours(20)));
        int rounds = 50;
        for (int round = 0; round < rounds; round++)
        {
            breaker.Trip();
            _time.Advance(8 * Second);
            int admitted = 0;
            var permits = new CircuitPermit[32];
            Race.Run(8, thread =>
            {
                for (int i = 0; i < 4; i++)
                {
                    if (breaker.TryAcquire(out permits[(thread.Index * 4) + i]))
                    {
                        Interlocked.Increment(ref admitted);
                    }
                }
            });
            Assert.Equal(Math.Min(probes, atOnce), admitted);

            // Those that run end; the rest follow, and the last closes it.
            for (int done = 0; done < probes; done++)
            {
                Assert.Equal(CircuitState.HalfOpen, breaker.State);
                int mine = Array.FindIndex(permits, permit => permit.IsProbe);
                CircuitPermit probe = mine >= 0 ? permits[mine] : breaker.AcquireProbe();
                permits[Math.Max(0, mine)] = default;
                Assert.True(probe.Success());
            }

            Assert.Equal(CircuitState.Closed, breaker.State);
        }

        transitions.WaitFor(3 * rounds);
        Assert.Equal(rounds, transitions.All.Count(transition => transition.To == CircuitState.HalfOpen));
        Assert.Equal(Enumerable.Range(1, 3 * rounds).Select(i => (long)i), transitions.All.Select(transition => transition.Generation));
    }

    [Fact]
    public void R2_A_result_of_any_earlier_generation_never_counts()
    {
        foreach (CallOutcome outcome in Enum.GetValues<CallOutcome>())
        {
            CircuitBreaker breaker = Breaker(_time);
            CircuitPermit[] old = [.. Enumerable.Range(0, 4).Select(_ => breaker.Acquire())];
            breaker.Trip();
            Assert.False(old[0].Report(outcome)); // while open
            Assert.Equal(CircuitState.Open, breaker.State);
            _time.Advance(Second);
            CircuitPermit probe = breaker.AcquireProbe();
            Assert.False(old[1].Report(outcome)); // while half-open
            Assert.Equal(1, breaker.GetSnapshot().ProbesInFlight);
            Assert.True(probe.Success());
            Assert.False(old[2].Report(outcome)); // closed, but another closed
            Assert.Equal((0, 0), (breaker.GetSnapshot().Calls, breaker.GetSnapshot().Failures));
            breaker.Reset();
            Assert.False(old[3].Report(outcome));
            Assert.Equal(4, breaker.Statistics.Stale);
        }
    }

    [Fact]
    public void R3_Cancelled_probes_free_their_places_and_give_no_verdict()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.HalfOpenProbes, o.HalfOpenConcurrency) = (2, 2));
        breaker.Trip();
        _time.Advance(Second);
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                if (breaker.TryAcquire(out CircuitPermit permit))
                {
                    Assert.True(permit.Ignore());
                }
            }
        });

        Assert.Equal((CircuitState.HalfOpen, 0, 0), (breaker.State, breaker.GetSnapshot().ProbesInFlight, breaker.GetSnapshot().Calls));
        CircuitPermit first = breaker.AcquireProbe();
        CircuitPermit second = breaker.AcquireProbe();
        breaker.Refused(CircuitRejection.ProbesBusy);
        Assert.True(first.Success() && second.Success());
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void R4_When_probes_hang_one_caller_begins_the_next_round()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.HalfOpenProbes, o.HalfOpenConcurrency) = (2, 2));
        breaker.Trip();
        _time.Advance(Second);
        CircuitPermit[] hung = [breaker.AcquireProbe(), breaker.AcquireProbe()];
        for (int round = 0; round < 50; round++)
        {
            _time.Advance(10 * Second);
            int admitted = 0;
            Race.Run(4, _ =>
            {
                if (breaker.TryAcquire(out CircuitPermit _))
                {
                    Interlocked.Increment(ref admitted);
                }
            });
            Assert.Equal(2, admitted); // as many as a round has, not as many as called
        }

        Assert.False(hung[0].Success() || hung[1].Failure());
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
    }

    [Fact]
    public void R5_A_clock_that_stands_goes_back_or_jumps_breaks_nothing()
    {
        var clock = new FreeClock();
        var breaker = new CircuitBreaker(Options(), clock);
        clock.Now = 5_000;
        breaker.Acquire().Failure();
        clock.Now = -100_000; // before the breaker was made
        breaker.Acquire().Failure();
        Assert.InRange(breaker.GetSnapshot().Failures, 1, 2);
        breaker.Trip();
        TimeSpan retryAfter = breaker.Refused(CircuitRejection.Open).RetryAfter;
        Assert.Equal(Second, retryAfter);
        breaker.Refused(CircuitRejection.Open); // stands: as long as ever
        clock.Now = long.MaxValue / 2;
        Assert.True(breaker.AcquireProbe().Success());
        clock.Now = 0;
        Assert.True(breaker.Acquire().Success());
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void R6_Many_that_trip_at_once_make_one_transition_whose_end_all_see()
    {
        var transitions = new TransitionLog();
        CircuitBreaker breaker = Breaker(_time, o => (o.MinimumThroughput, o.OnTransition) = (40, transitions.Add));
        const int Rounds = 100;
        for (int round = 0; round < Rounds; round++)
        {
            Race.Run(4, _ =>
            {
                for (int i = 0; i < 40; i++)
                {
                    if (breaker.TryAcquire(out CircuitPermit permit))
                    {
                        permit.Failure();
                    }
                    else
                    {
                        Assert.Equal(Second, permit.RetryAfter); // never a state without its end
                    }
                }
            });
            Assert.Equal(round + 1, breaker.Statistics.Opened);
            Assert.Equal((CircuitState.Open, 1), (breaker.State, breaker.GetSnapshot().ConsecutiveOpens));
            breaker.Reset();
        }

        transitions.WaitFor(2 * Rounds);
        Assert.All(transitions.All.Where(transition => transition.To == CircuitState.Open), opened => Assert.Equal(Second, opened.BreakDuration));
    }

    [Fact]
    public void R7_Isolating_and_resetting_win_over_reports_under_way()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.MinimumThroughput = 10);
        int done = 0;
        Race.Run(
            () =>
            {
                for (int i = 0; i < 2_000; i++)
                {
                    breaker.Isolate();
                    Assert.Equal(CircuitState.Isolated, breaker.State); // no report and no probe ends it
                    breaker.Reset();
                }

                Volatile.Write(ref done, 1);
            },
            Work,
            Work);
        Assert.Equal(CircuitMode.Normal, breaker.Mode);

        void Work()
        {
            while (Volatile.Read(ref done) == 0)
            {
                if (breaker.TryAcquire(out CircuitPermit permit))
                {
                    permit.Failure();
                }
            }
        }
    }

    [Fact]
    public void R8_An_observer_may_throw_and_call_back()
    {
        var transitions = new TransitionLog();
        CircuitBreaker? breaker = null;
        breaker = Breaker(_time, o => o.OnTransition = transition =>
        {
            transitions.Add(transition);
            Assert.True(breaker!.GetSnapshot().Generation >= transition.Generation);
            if (transition.To == CircuitState.Open)
            {
                breaker.Reset(); // a transition from within a transition
            }

            throw new InvalidOperationException();
        });
        breaker.Acquire().Failure();
        breaker.Acquire().Failure();

        transitions.WaitFor(2);
        Assert.True(SpinWait.SpinUntil(() => breaker.Statistics.ObserverFailures == 2, TimeSpan.FromSeconds(30)));
        Assert.Equal([CircuitState.Open, CircuitState.Closed], transitions.All.Select(transition => transition.To));
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Theory]
    [InlineData(CircuitWindowKind.Time, 1)]
    [InlineData(CircuitWindowKind.Time, 10)]
    [InlineData(CircuitWindowKind.Count, 1)]
    [InlineData(CircuitWindowKind.Count, 1000)]
    public void R9_No_count_is_lost_while_threads_move_the_window_on(CircuitWindowKind kind, int size)
    {
        const int Each = 20_000;
        CircuitBreaker breaker = Breaker(_time, o =>
        {
            o.Window = kind;
            o.WindowSize = size;
            o.WindowSlices = Math.Min(size, 10);
            o.FailureRatio = 1;
            o.MinimumThroughput = kind == CircuitWindowKind.Count ? size : 1_000_000;
        });
        CircuitPermit success = breaker.Acquire();
        success.Success(); // one success in the window, or the failures would be all there is
        Race.Run(4, thread =>
        {
            for (int i = 0; i < Each; i++)
            {
                CircuitPermit permit = breaker.Acquire();
                Assert.True(i % 2 == 0 && size > 1 ? permit.Failure() : permit.Success());
                if (thread.Index == 0 && i % 100 == 0)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(130));
                }
            }
        });

        CircuitStatistics statistics = breaker.Statistics;
        Assert.Equal((4 * Each) + 1, statistics.Succeeded + statistics.Failed);
        Assert.Equal(size > 1 ? 2 * Each : 0, statistics.Failed);
        CircuitSnapshot snapshot = breaker.GetSnapshot();
        Assert.True(kind == CircuitWindowKind.Time ? snapshot.Failures <= snapshot.Calls : snapshot.Calls == size);
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void R9_A_caller_that_stalled_for_windows_takes_nothing_from_the_current_slice(int windows)
    {
        var clock = new FreeClock();
        var breaker = new CircuitBreaker(Options(o => (o.FailureRatio, o.MinimumThroughput) = (1, 1_000)), clock);
        clock.Now = 100_000;
        for (int i = 0; i < 5; i++)
        {
            breaker.Acquire().Failure();
        }

        // It read the clock then, and comes to record only now.
        clock.Now -= windows * 10_000;
        breaker.Acquire().Failure();
        breaker.Acquire().Success();
        clock.Now = 100_000;
        Assert.Equal((5, 5), (breaker.GetSnapshot().Calls, breaker.GetSnapshot().Failures));
        Assert.Equal((1, 6), (breaker.Statistics.Succeeded, breaker.Statistics.Failed)); // late, but they were calls
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void R9_A_window_by_count_never_shows_more_than_was_reported(int size)
    {
        const int Threads = 4;
        CircuitBreaker breaker = Breaker(_time, o => (o.Window, o.WindowSize, o.MinimumThroughput, o.FailureRatio) = (CircuitWindowKind.Count, size, size, 1));
        long most = 0;
        int running = Threads;
        Race.Run(Threads + 1, thread =>
        {
            if (thread.Index == Threads)
            {
                while (Volatile.Read(ref running) > 0)
                {
                    CircuitSnapshot snapshot = breaker.GetSnapshot();
                    most = Math.Max(most, Math.Max(snapshot.Calls, Math.Max(snapshot.Failures, snapshot.SlowCalls)));
                }

                return;
            }

            for (int i = 0; i < 50_000; i++)
            {
                CircuitPermit permit = breaker.TryAcquire(out CircuitPermit acquired) ? acquired : default;
                permit.Report(i % 2 == 0 ? CallOutcome.Failure : CallOutcome.Success);
                if (breaker.State != CircuitState.Closed)
                {
                    breaker.Reset();
                }
            }

            Interlocked.Decrement(ref running);
        });
        Assert.InRange(most, 0, size + Threads);
    }

    [Fact]
    public void R9_Within_one_slice_every_count_is_there()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.FailureRatio, o.MinimumThroughput) = (1, 1_000_000));
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                CircuitPermit permit = breaker.Acquire();
                Assert.True(i % 5 == 0 ? permit.Failure() : permit.Success());
            }
        });
        Assert.Equal((200_000, 40_000), (breaker.GetSnapshot().Calls, breaker.GetSnapshot().Failures));
    }

    [Fact]
    public void R10_When_all_probes_are_ignored_the_next_can_still_decide()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.HalfOpenProbes, o.HalfOpenConcurrency) = (2, 2));
        breaker.Trip();
        _time.Advance(Second);
        for (int i = 0; i < 100; i++)
        {
            CircuitPermit first = breaker.AcquireProbe();
            CircuitPermit second = breaker.AcquireProbe();
            Assert.True(first.Ignore() && second.Ignore());
        }

        Assert.True(breaker.AcquireProbe().Success());
        Assert.True(breaker.AcquireProbe().Success());
        Assert.Equal(CircuitState.Closed, breaker.State);
    }

    [Fact]
    public void R11_RetryAfter_is_never_negative_and_never_too_early()
    {
        var random = new Random(11);
        CircuitBreaker breaker = Breaker(_time, o => o.Break = Backoff.Exponential(Second, 60 * Second).WithSeed(1));
        for (int i = 0; i < 2_000; i++)
        {
            if (breaker.TryAcquire(out CircuitPermit permit))
            {
                permit.Failure();
                continue;
            }

            TimeSpan retryAfter = permit.RetryAfter;
            Assert.Equal(retryAfter, breaker.GetSnapshot().RetryAfter);
            Assert.InRange(retryAfter, TimeSpan.FromTicks(1), 60 * Second);
            _time.Advance(retryAfter - TimeSpan.FromTicks(1));
            Assert.False(breaker.TryAcquire(out _));
            _time.Advance(TimeSpan.FromTicks(1 + random.Next(2)));
            Assert.True(breaker.TryAcquire(out permit));
            permit.Report(random.Next(4) == 0 ? CallOutcome.Success : CallOutcome.Failure);
        }
    }

    [Fact]
    public async Task R12_A_classifier_that_throws_makes_the_call_a_failure_and_frees_its_place()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.Classify = _ => throw new NotSupportedException());
        Assert.Throws<InvalidOperationException>(() => breaker.Execute<int>(() => throw new InvalidOperationException()));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await breaker.ExecuteAsync<int>(async _ =>
            {
                await Task.Yield();
                throw new InvalidOperationException();
            }));
        Assert.Equal(2, breaker.Statistics.Failed);
        Assert.Equal(CircuitState.Open, breaker.State);

        _time.Advance(Second);
        Assert.Throws<NotSupportedException>(() => breaker.Execute(static state => state, 1, _ => throw new NotSupportedException()));
        Assert.Equal((CircuitState.Open, 2), (breaker.State, breaker.GetSnapshot().ConsecutiveOpens)); // a failed probe

        // Not even if the classifier of exceptions would call that exception a success.
        breaker = Breaker(_time, o => o.Classify = _ => CallOutcome.Success);
        Assert.Throws<NotSupportedException>(() => breaker.Execute(static state => state, 1, _ => throw new NotSupportedException()));
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await breaker.ExecuteAsync(static (state, _) => new ValueTask<int>(state), 1, _ => throw new NotSupportedException()));
        Assert.Equal(2, breaker.Statistics.Failed);
    }

    [Fact]
    public void R13_A_default_permit_and_a_second_report_are_inert()
    {
        CircuitPermit none = default;
        Assert.False(none.Success() || none.Failure() || none.Ignore() || none.IsAcquired || none.IsProbe);

        CircuitBreaker breaker = Breaker(_time);
        CircuitPermit permit = breaker.Acquire();
        Assert.True(permit.Failure());
        Assert.False(permit.Failure() || permit.Success() || permit.Ignore());
        Assert.Equal(1, breaker.GetSnapshot().Calls);

        // Half-open, even a copy is found out.
        breaker.Trip();
        _time.Advance(Second);
        breaker.Update(Options(o => o.HalfOpenProbes = 2));
        CircuitPermit probe = breaker.AcquireProbe();
        CircuitPermit copy = probe;
        Assert.True(probe.Success());
        Assert.False(copy.Success());
        Assert.Equal(CircuitState.HalfOpen, breaker.State);
    }

    [Fact]
    public async Task R14_What_is_thrown_before_the_first_await_is_reported_once()
    {
        CircuitBreaker breaker = Breaker(_time, o => o.MinimumThroughput = 100);
        ValueTask<int> call = breaker.ExecuteAsync<int>(_ => throw new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await breaker.TryExecuteAsync<int, int>((_, _) => throw new InvalidOperationException(), 0));
        Assert.Equal((2, 2), (breaker.GetSnapshot().Calls, breaker.GetSnapshot().Failures));
        Assert.Equal((0, 2), (breaker.Statistics.Succeeded, breaker.Statistics.Failed));
    }

    [Fact]
    public async Task A_storm_of_calls_cancellations_and_hangs_ends_with_nothing_in_flight()
    {
        CircuitBreaker breaker = Breaker(_time, o => (o.HalfOpenProbes, o.HalfOpenConcurrency, o.ProbeTimeout) = (4, 3, Second));
        CircuitPermit old = breaker.Acquire();
        Race.Run(4, thread =>
        {
            Random random = thread.Random;
            for (int i = 0; i < 20_000; i++)
            {
                if (breaker.TryAcquire(out CircuitPermit permit) && random.Next(50) != 0)
                {
                    permit.Report((CallOutcome)random.Next(3));
                }

                if (random.Next(20) == 0)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
                }
            }
        });
        Assert.False(old.Success());

        while (breaker.State != CircuitState.Closed)
        {
            _time.Advance(8 * Second);
            await breaker.TryExecuteAsync(static (_, _) => new ValueTask<int>(0), 0);
        }

        Assert.Equal(0, breaker.GetSnapshot().ProbesInFlight);
        CircuitStatistics statistics = breaker.Statistics;
        Assert.True(statistics.Opened > 10 && statistics.Rejected > 0 && statistics.Stale > 0, statistics.ToString());
    }

    private sealed class FreeClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Now;
    }
}
