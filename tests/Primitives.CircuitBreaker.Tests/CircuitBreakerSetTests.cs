using Primitives.Testing;
using static Primitives.Tests.CircuitSetup;

namespace Primitives.Tests;

public class CircuitBreakerSetTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_key_keeps_its_breaker_and_keys_do_not_share()
    {
        var set = new CircuitBreakerSet<string>(Options(), timeProvider: _time);
        CircuitBreaker a = set.Get("a");
        a.Trip();
        Assert.Same(a, set.Get("a"));
        Assert.Equal(CircuitState.Closed, set.Get("b").State);
        Assert.Equal(2, set.Count);
        Assert.True(set.TryGet("a", out CircuitBreaker? found) && ReferenceEquals(found, a));
        Assert.False(set.TryGet("c", out _));
        Assert.Equal(["a", "b"], set.ToArray().Select(pair => pair.Key).Order());
    }

    [Fact]
    public void Idle_breakers_are_forgotten_only_when_closed()
    {
        var set = new CircuitBreakerSet<int>(Options(), capacity: 10, Idle, _time);
        CircuitBreaker open = set.Get(0);
        open.Trip();
        CircuitBreaker isolated = set.Get(1);
        isolated.Isolate();
        CircuitBreaker used = set.Get(2);
        for (int key = 3; key < 10; key++)
        {
            set.Get(key);
        }

        for (int i = 0; i < 2; i++)
        {
            _time.Advance(Idle);
            Assert.Same(used, set.Get(2));
            set.Get(100 + i); // a new key looks through the others
        }

        Assert.Same(used, set.Get(2));
        Assert.Same(open, set.Get(0)); // half-open by now, and still held against it
        Assert.Same(isolated, set.Get(1));
        Assert.False(set.TryGet(3, out _));
        Assert.InRange(set.Count, 4, 5);
    }

    [Fact]
    public void A_key_that_finds_no_room_gets_a_breaker_of_its_own_that_is_not_remembered()
    {
        var set = new CircuitBreakerSet<int>(Options(), capacity: 2, Idle, _time);
        set.Get(0);
        set.Get(1);
        CircuitBreaker third = set.Get(2);
        third.Trip();
        Assert.NotSame(third, set.Get(2));
        Assert.Equal((2, 2L), (set.Count, set.Overflowed));
    }

    [Fact]
    public void New_settings_reach_old_and_new_breakers()
    {
        var set = new CircuitBreakerSet<int>(Options(o => o.MinimumThroughput = 100), timeProvider: _time);
        set.Get(0);
        set.Update(Options(o => o.MinimumThroughput = 1));
        foreach (int key in (int[])[0, 1])
        {
            set.Get(key).Acquire().Failure();
            Assert.Equal(CircuitState.Open, set.Get(key).State);
        }

        Assert.Throws<ArgumentException>("options", () => set.Update(new CircuitBreakerOptions { FailureRatio = 7 }));
    }

    [Fact]
    public void Many_threads_share_one_breaker_per_key_and_the_bound_holds()
    {
        var set = new CircuitBreakerSet<int>(Options(o => o.MinimumThroughput = 1_000_000), capacity: 50, Idle, _time);
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                set.Get(thread.Random.Next(100)).Acquire().Success();
                if (thread.Index == 0 && i % 100 == 0)
                {
                    _time.Advance(Idle / 3);
                }
            }
        });
        Assert.InRange(set.ToArray().Length, 1, 50);
        Assert.Equal(set.Count, set.ToArray().Length);

        var all = new CircuitBreakerSet<int>(Options(o => o.MinimumThroughput = 1_000_000));
        Race.Run(4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                all.Get(i % 100).Acquire().Success();
            }
        });
        Assert.Equal(80_000, all.ToArray().Sum(pair => pair.Value.Statistics.Succeeded)); // none counted elsewhere
    }

    [Fact]
    public void A_known_key_costs_no_allocation()
    {
        var set = new CircuitBreakerSet<string>();
        set.Get("payments");
        Allocation.AssertNone(() => set.Get("payments"));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new CircuitBreakerSet<int>(capacity: 0));
        Assert.Throws<ArgumentOutOfRangeException>("idleTime", () => new CircuitBreakerSet<int>(idleTime: TimeSpan.Zero));
        Assert.Throws<ArgumentException>("options", () => new CircuitBreakerSet<int>(new CircuitBreakerOptions { WindowSize = 0 }));
        Assert.Throws<ArgumentNullException>(() => new CircuitBreakerSet<string>().Get(null!));
    }
}
