using System.Runtime.CompilerServices;
using Primitives.Testing;

namespace Primitives.Tests;

public class SingleFlightTests
{
    private readonly SingleFlight<string, int> _flights = new();

    [Fact]
    public async Task Sixty_four_callers_of_one_key_run_the_factory_once()
    {
        var gate = new TaskCompletionSource<int>();
        int runs = 0;
        Task<int>[] callers = [.. Enumerable.Range(0, 64).Select(_ => _flights.RunAsync("a", async (_, _) =>
        {
            runs++;
            return await gate.Task;
        }))];

        Assert.Equal(1, _flights.Count);
        gate.SetResult(7);

        Assert.All(await Task.WhenAll(callers), value => Assert.Equal(7, value));
        Assert.Equal(1, runs);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task Nothing_is_remembered_once_the_factory_ended()
    {
        int runs = 0;
        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal(i, await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(++runs)));
        }
    }

    [Fact]
    public async Task Keys_are_told_apart_by_the_comparer()
    {
        var flights = new SingleFlight<string, int>(StringComparer.OrdinalIgnoreCase);
        var gate = new TaskCompletionSource<int>();
        Task<int> first = flights.RunAsync("a", (_, _) => new ValueTask<int>(gate.Task));
        Task<int> same = flights.RunAsync("A", (_, _) => throw new InvalidOperationException("runs twice"));
        Task<int> other = flights.RunAsync("b", (_, _) => ValueTask.FromResult(2));
        gate.SetResult(1);

        Assert.Equal((1, 1, 2), (await first, await same, await other));
    }

    [Fact]
    public async Task A_caller_that_cancels_leaves_alone()
    {
        var gate = new TaskCompletionSource<int>();
        CancellationToken seen = default;
        using var leaver = new CancellationTokenSource();
        Task<int> left = _flights.RunAsync("a", Factory, leaver.Token); // the one that started the factory
        Task<int> stays = _flights.RunAsync("a", Factory);

        await leaver.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(leaver.Token, exception.CancellationToken);
        Assert.False(seen.IsCancellationRequested);

        gate.SetResult(3);
        Assert.Equal(3, await stays);
        Assert.False(seen.IsCancellationRequested);

        async ValueTask<int> Factory(string key, CancellationToken token)
        {
            seen = token;
            return await gate.Task;
        }
    }

    [Fact]
    public async Task The_factory_is_cancelled_when_the_last_caller_left_and_a_newcomer_starts_another()
    {
        var started = new List<CancellationToken>();
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Task<int>[] callers = [_flights.RunAsync("a", Factory, first.Token), _flights.RunAsync("a", Factory, second.Token)];

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => callers[0]);
        Assert.False(started[0].IsCancellationRequested);

        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => callers[1]);
        Assert.True(started[0].IsCancellationRequested);
        Assert.Equal(0, _flights.Count);

        Assert.Equal(5, await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(5)));
        Assert.Single(started);

        async ValueTask<int> Factory(string key, CancellationToken token)
        {
            started.Add(token);
            await Task.Delay(Timeout.Infinite, token);
            return 0;
        }
    }

    [Fact]
    public async Task The_token_is_not_cancelled_after_the_factory_ended()
    {
        CancellationToken seen = default;
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource();
        Task<int> call = _flights.RunAsync("a", async (_, token) =>
        {
            seen = token;
            await gate.Task;
            return 1;
        }, source.Token);
        gate.SetResult();

        Assert.Equal(1, await call); // by now the only caller has left as well
        Assert.False(seen.IsCancellationRequested);
    }

    [Fact]
    public async Task A_caller_that_comes_cancelled_runs_nothing()
    {
        Task<int> call = _flights.RunAsync("a", (_, _) => throw new InvalidOperationException("must not run"), new CancellationToken(true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0, _flights.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_is_seen_by_all_waiters_and_leaves_nothing(bool beforeTheFirstAwait)
    {
        var gate = new TaskCompletionSource();
        var failure = new InvalidDataException("no such row");
        Task<int> first = _flights.RunAsync("a", async (_, _) =>
        {
            await gate.Task;
            throw failure;
        });
        Task<int> second = _flights.RunAsync("a", (_, _) => ValueTask.FromResult(1));
        gate.SetResult();

        Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => first));
        Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => second));
        if (beforeTheFirstAwait)
        {
            Task<int> failed = _flights.RunAsync("a", (_, _) => throw failure);
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => failed));
        }

        Assert.Equal(0, _flights.Count);
        Assert.Equal(2, await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(2)));
    }

    [Fact]
    public async Task A_waiter_that_saw_the_failure_can_retry_at_once()
    {
        // The flight is gone before its outcome is seen: a retry in the continuation never meets the failed run again.
        for (int round = 0; round < 200; round++)
        {
            var gate = new TaskCompletionSource();
            Task<int>[] callers = [.. Enumerable.Range(0, 4).Select(async _ =>
            {
                try
                {
                    return await _flights.RunAsync("a", async (_, _) =>
                    {
                        await gate.Task;
                        throw new InvalidDataException();
                    });
                }
                catch (InvalidDataException)
                {
                    return await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(1));
                }
            })];
            _ = Task.Run(gate.SetResult);
            Assert.All(await Task.WhenAll(callers), value => Assert.Equal(1, value));
        }
    }

    [Fact]
    public void A_failure_nobody_waits_for_is_not_reported_as_unobserved()
    {
        var marker = new InvalidDataException(Guid.NewGuid().ToString());
        int reported = 0;
        void Handler(object? sender, UnobservedTaskExceptionEventArgs e) => reported += e.Exception.InnerExceptions.Contains(marker) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += Handler;
        try
        {
            FailAlone(marker);
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Handler;
        }

        Assert.Equal(0, reported);
    }

    [Fact]
    public async Task Forget_lets_the_next_caller_run_anew_and_keeps_the_waiters()
    {
        var old = new TaskCompletionSource<int>();
        Task<int> before = _flights.RunAsync("a", (_, _) => new ValueTask<int>(old.Task));
        Assert.True(_flights.Forget("a"));
        Assert.False(_flights.Forget("a"));
        var @new = new TaskCompletionSource<int>();
        Task<int> after = _flights.RunAsync("a", (_, _) => new ValueTask<int>(@new.Task));

        old.SetResult(1);
        Assert.Equal(1, await before);
        Assert.Equal(1, _flights.Count); // the old run's end does not take the new one away
        Task<int> joins = _flights.RunAsync("a", (_, _) => throw new InvalidOperationException("runs twice"));
        @new.SetResult(2);
        Assert.Equal((2, 2), (await after, await joins));
    }

    [Fact]
    public async Task A_factory_that_asks_for_its_own_key_gets_a_clear_error()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => _flights.RunAsync("a", async (key, _) => await _flights.RunAsync(key, (_, _) => ValueTask.FromResult(1), CancellationToken.None)));
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _flights.Count);

        // Also when it blocks, and after it has moved to other threads.
        await Assert.ThrowsAsync<InvalidOperationException>(() => _flights.RunAsync(
            "a", (key, _) => ValueTask.FromResult(_flights.RunAsync(key, (_, _) => ValueTask.FromResult(1), CancellationToken.None).GetAwaiter().GetResult())));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _flights.RunAsync("a", async (key, _) =>
        {
            await Task.Yield();
            return await Task.Run(() => _flights.RunAsync(key, (_, _) => ValueTask.FromResult(1)));
        }));
    }

    [Fact]
    public async Task A_circle_through_other_keys_and_other_instances_is_found()
    {
        var other = new SingleFlight<int, int>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _flights.RunAsync("a", async (_, _) =>
            await _flights.RunAsync("b", async (_, _) =>
                await other.RunAsync(1, async (_, _) =>
                {
                    await Task.Yield();
                    return await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(1), CancellationToken.None);
                }, CancellationToken.None), CancellationToken.None)));
        Assert.Equal((0, 0), (_flights.Count, other.Count));
    }

    [Fact]
    public async Task A_circle_of_factories_that_different_callers_started_is_found()
    {
        // a waits for b and b for a, but neither started the other: only the graph of who waits for whom shows it.
        var bStarted = new TaskCompletionSource();
        var aJoined = new TaskCompletionSource();
        Task<int> b = _flights.RunAsync("b", async (_, _) =>
        {
            bStarted.SetResult();
            await aJoined.Task;
            return await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(1), CancellationToken.None);
        });
        Task<int> a = _flights.RunAsync("a", async (_, _) =>
        {
            await bStarted.Task;
            Task<int> joined = _flights.RunAsync("b", (_, _) => ValueTask.FromResult(2), CancellationToken.None);
            aJoined.SetResult();
            return await joined;
        });

        await Assert.ThrowsAsync<InvalidOperationException>(() => b);
        await Assert.ThrowsAsync<InvalidOperationException>(() => a);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task A_factory_may_ask_for_other_keys_and_for_one_key_twice()
    {
        int runs = 0;
        var gate = new TaskCompletionSource();
        int sum = await _flights.RunAsync("a", async (_, token) =>
        {
            Task<int>[] calls =
            [
                _flights.RunAsync("b", Slowly, token),
                _flights.RunAsync("b", Slowly, token),
                _flights.RunAsync("c", async (_, token) => await _flights.RunAsync("b", Slowly, token), token),
            ];
            gate.SetResult();
            return (await Task.WhenAll(calls)).Sum();
        });
        Assert.Equal((3, 1), (sum, runs));

        async ValueTask<int> Slowly(string key, CancellationToken token)
        {
            await gate.Task;
            return Interlocked.Increment(ref runs);
        }
    }

    [Fact]
    public async Task Work_that_outlives_its_factory_may_ask_for_the_key_again()
    {
        var ended = new TaskCompletionSource();
        Task<int>? later = null;
        await _flights.RunAsync("a", (_, _) =>
        {
            later = Later();
            return ValueTask.FromResult(1);
        });
        ended.SetResult();
        Assert.Equal(2, await later!);

        async Task<int> Later()
        {
            await ended.Task;
            return await _flights.RunAsync("a", (_, _) => ValueTask.FromResult(2));
        }
    }

    [Fact]
    public async Task Work_that_outlives_its_factory_does_not_keep_the_value_alive()
    {
        var flights = new SingleFlight<string, object>();
        var never = new TaskCompletionSource();
        (WeakReference value, Task work) = await Run(flights, never.Task);
        for (int i = 0; i < 1_000 && value.IsAlive; i++)
        {
            await Task.Delay(1); // the thread that held it last may not have let go
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(value.IsAlive);
        Assert.False(work.IsCompleted);
        never.SetResult();
        await work;

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task<(WeakReference, Task)> Run(SingleFlight<string, object> flights, Task never)
        {
            Task? work = null;
            var value = new WeakReference(await flights.RunAsync("a", (_, _) =>
            {
                work = Linger(never);
                return ValueTask.FromResult(new object());
            }));
            return (value, work!);
        }

        static async Task Linger(Task never) => await never;
    }

    [Fact]
    public async Task The_factory_sees_the_starters_context_but_not_its_synchronization_context()
    {
        var tenant = new AsyncLocal<string> { Value = "starter" };
        SynchronizationContext? before = SynchronizationContext.Current;
        var own = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(own);
        try
        {
            Task<int> call = _flights.RunAsync("a", (_, _) =>
            {
                Assert.Equal("starter", tenant.Value);
                Assert.Null(SynchronizationContext.Current);
                tenant.Value = "changed";
                return ValueTask.FromResult(1);
            });
            Assert.Same(own, SynchronizationContext.Current);
            Assert.Equal("starter", tenant.Value);
            SynchronizationContext.SetSynchronizationContext(before);
            Assert.Equal(1, await call);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public async Task Continuations_do_not_run_inside_the_factorys_end()
    {
        var gate = new TaskCompletionSource<int>();
        int landing = -1;
        var ran = new TaskCompletionSource<int>();
        Task<int> call = _flights.RunAsync("a", (_, _) => new ValueTask<int>(gate.Task));
        _ = call.ContinueWith(_ => ran.SetResult(Volatile.Read(ref landing)), TaskContinuationOptions.ExecuteSynchronously);
        landing = Environment.CurrentManagedThreadId;
        using var release = new ManualResetEventSlim();
        _ = call.ContinueWith(_ => release.Wait(), TaskContinuationOptions.ExecuteSynchronously);
        gate.SetResult(1); // would block here for ever if the continuation ran inside
        release.Set();
        await ran.Task;
    }

    [Fact]
    public void Rejects_bad_arguments()
    {
        Assert.Throws<ArgumentNullException>("key", () => { _ = _flights.RunAsync(null!, (_, _) => ValueTask.FromResult(1)); });
        Assert.Throws<ArgumentNullException>("factory", () => { _ = _flights.RunAsync("a", null!); });
        Assert.Throws<ArgumentNullException>("factory", () => { _ = _flights.RunAsync<int>("a", 1, null!); });
        Assert.Throws<ArgumentNullException>("key", () => _flights.Forget(null!));
    }

    [Fact]
    public void A_caller_that_joins_and_cannot_be_cancelled_allocates_nothing()
    {
        var gate = new TaskCompletionSource<int>();
        Task<int> first = _flights.RunAsync("a", (_, _) => new ValueTask<int>(gate.Task));
        Allocation.AssertNone(() => _flights.RunAsync("a", 0, static (_, _, _) => ValueTask.FromResult(1)));
        gate.SetResult(1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FailAlone(Exception failure)
    {
        var gate = new TaskCompletionSource();
        using var source = new CancellationTokenSource();
        Task<int> call = _flights.RunAsync("a", async (_, _) =>
        {
            await gate.Task;
            throw failure;
        }, source.Token);
        source.Cancel();
        ((IAsyncResult)call).AsyncWaitHandle.WaitOne();
        Assert.True(call.IsCanceled);
        gate.SetResult();
    }
}
