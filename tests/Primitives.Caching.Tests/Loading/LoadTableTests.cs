namespace Primitives.Tests;

public class LoadTableTests
{
    private readonly LoadTable<int, int> _table = new(comparer: null);

    [Fact]
    public void A_load_is_found_until_it_completes_and_then_may_be_stored()
    {
        Load<int, int> load = Add(1, waiters: 1);
        Assert.Same(load, _table.Find(1));
        Assert.Null(_table.Find(2));
        Assert.True(_table.Complete(load));
        Assert.Null(_table.Find(1));
        Assert.Equal(0, _table.Count);
        Assert.True(load.IsCompleted);
    }

    [Fact]
    public void A_detached_load_goes_on_for_those_who_wait_and_may_not_be_stored()
    {
        Load<int, int> load = Add(1, waiters: 1);
        _table.Detach(1);
        Assert.Null(_table.Find(1));
        Assert.False(load.Run.Token.IsCancellationRequested);
        Load<int, int> next = Add(1, waiters: 1);
        Assert.False(_table.Complete(load));
        Assert.Same(next, _table.Find(1)); // the older one takes nothing away from it
        Assert.True(_table.Complete(next));
    }

    [Fact]
    public async Task A_detached_refresh_is_told_to_stop()
    {
        Load<int, int> one = Add(1, waiters: 0, isRefresh: true);
        Load<int, int> two = Add(2, waiters: 0, isRefresh: true);
        _table.Detach(1);
        await CancelledAsync(one);
        _table.DetachAll();
        await CancelledAsync(two);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public async Task The_last_waiter_to_leave_stops_the_load_and_no_other_does()
    {
        Load<int, int> load = Add(1, waiters: 2);
        _table.Leave(load);
        Assert.Same(load, _table.Find(1));
        Assert.False(load.Run.Token.IsCancellationRequested);
        _table.Leave(load);
        Assert.Null(_table.Find(1));
        await CancelledAsync(load);
        Assert.False(_table.Complete(load));
    }

    [Fact]
    public async Task A_run_for_many_keys_is_stopped_when_nobody_wants_any_of_them()
    {
        var run = new LoadRun(isCancellable: true, keys: 2);
        run.AbandonKey();
        Assert.False(run.Token.IsCancellationRequested);
        run.WantKey();
        run.AbandonKey();
        Assert.False(run.Token.IsCancellationRequested);
        run.AbandonKey();
        while (!run.Token.IsCancellationRequested)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public void A_load_that_is_over_is_not_found_though_the_comparer_threw_when_it_was_to_be_removed()
    {
        bool throws = false;
        var table = new LoadTable<int, int>(EqualityComparer<int>.Create(static (x, y) => x == y, x => throws ? throw new TimeoutException() : x));
        Load<int, int> load = Make(1, waiters: 1);
        table.Add(load);
        throws = true;
        Assert.Throws<TimeoutException>(() => table.Complete(load));
        throws = false;
        Assert.Null(table.Find(1));
        Assert.Equal(0, table.Count);
        Load<int, int> next = Make(1, waiters: 1);
        table.Add(next);
        Assert.Same(next, table.Find(1));
        Assert.False(table.Complete(load));
        Assert.True(table.Complete(next));
    }

    private Load<int, int> Add(int key, int waiters, bool isRefresh = false)
    {
        Load<int, int> load = Make(key, waiters, isRefresh);
        _table.Add(load);
        return load;
    }

    private static Load<int, int> Make(int key, int waiters, bool isRefresh = false) =>
        new(key, 0, new LoadRun(isCancellable: true, keys: 1), startedAt: 0, isRefresh ? new Entry<int, int>(key, 0, 0, 1) : null) { Waiters = waiters };

    private static async Task CancelledAsync(Load<int, int> load)
    {
        while (!load.Run.Token.IsCancellationRequested) // set on the pool, as the token's callbacks are the user's
        {
            await Task.Yield();
        }
    }
}
