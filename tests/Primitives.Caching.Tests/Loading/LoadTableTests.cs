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
    public void A_run_depends_on_itself_and_on_what_it_waits_for_through_others()
    {
        LoadRun[] runs = [.. Enumerable.Range(0, 4).Select(_ => new LoadRun(isCancellable: false, keys: 1))];
        Assert.False(runs[0].Token.CanBeCanceled);
        Assert.True(runs[0].DependsOn(runs[0]));
        Assert.False(runs[0].DependsOn(runs[1]));
        runs[0].BeginWait(runs[1]);
        runs[1].BeginWait(runs[2]);
        runs[1].BeginWait(runs[3]);
        runs[3].BeginWait(runs[1]); // a circle does not make it search for ever
        Assert.True(runs[0].DependsOn(runs[2]));
        Assert.False(runs[2].DependsOn(runs[0]));
        runs[1].EndWait(runs[2]);
        Assert.False(runs[0].DependsOn(runs[2]));
        Assert.True(runs[0].DependsOn(runs[3]));
    }

    private Load<int, int> Add(int key, int waiters, bool isRefresh = false)
    {
        var load = new Load<int, int>(key, 0, new LoadRun(isCancellable: true, keys: 1), startedAt: 0, isRefresh) { Waiters = waiters };
        _table.Add(load);
        return load;
    }

    private static async Task CancelledAsync(Load<int, int> load)
    {
        while (!load.Run.Token.IsCancellationRequested) // set on the pool, as the token's callbacks are the user's
        {
            await Task.Yield();
        }
    }
}
