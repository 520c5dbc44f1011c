namespace Primitives.Tests;

public class RefreshRuleTests
{
    private const long Never = long.MaxValue;

    [Fact]
    public void By_age_from_the_instant_on_and_without_beta_never_before()
    {
        var rule = new RefreshRule(beta: null, seed: 7);
        Assert.False(rule.IsDue(999, refreshAt: 1_000, expiresAt: 1_001, loadTicks: 1_000_000, hash: 1));
        Assert.True(rule.IsDue(1_000, refreshAt: 1_000, expiresAt: 1_001, loadTicks: 0, hash: 1));
        Assert.False(rule.IsDue(long.MaxValue - 1, Never, Never, loadTicks: 5, hash: 1));
    }

    [Fact]
    public void Early_only_what_was_loaded_and_expires()
    {
        var rule = new RefreshRule(beta: 1e9, seed: 7);
        Assert.True(rule.IsDue(1, Never, expiresAt: 1_000, loadTicks: 10, hash: 1));
        Assert.False(rule.IsDue(1, Never, expiresAt: 1_000, loadTicks: 0, hash: 1));
        Assert.False(rule.IsDue(1, Never, Never, loadTicks: 10, hash: 1));
    }

    [Fact]
    public void A_dearer_load_or_a_larger_beta_is_earlier_and_the_last_instants_are_always_due()
    {
        Assert.True(Due(beta: 1, loadTicks: 100) < Due(beta: 1, loadTicks: 1_000));
        Assert.True(Due(beta: 1, loadTicks: 100) < Due(beta: 10, loadTicks: 100));
        Assert.Equal(Due(beta: 10, loadTicks: 100), Due(beta: 1, loadTicks: 1_000)); // only their product counts
        var rule = new RefreshRule(beta: 1, seed: 7);
        Assert.All(Enumerable.Range(0, 1_000), now => Assert.True(rule.IsDue(now, Never, expiresAt: now, loadTicks: 1, hash: 1)));

        static int Due(double beta, long loadTicks)
        {
            var rule = new RefreshRule(beta, seed: 7);
            return Enumerable.Range(0, 10_000).Count(now => rule.IsDue(now, Never, now + 500, loadTicks, hash: 1));
        }
    }

    [Fact]
    public void Keys_draw_apart_and_one_instant_draws_once()
    {
        var rule = new RefreshRule(beta: 1, seed: 7);
        bool[] first = [.. Enumerable.Range(0, 1_000).Select(now => rule.IsDue(now, Never, now + 500, loadTicks: 500, hash: 1))];
        bool[] again = [.. Enumerable.Range(0, 1_000).Select(now => rule.IsDue(now, Never, now + 500, loadTicks: 500, hash: 1))];
        bool[] second = [.. Enumerable.Range(0, 1_000).Select(now => rule.IsDue(now, Never, now + 500, loadTicks: 500, hash: 2))];
        Assert.Equal(first, again);
        Assert.InRange(first.Zip(second).Count(pair => pair.First != pair.Second), 300, 700);
    }
}
