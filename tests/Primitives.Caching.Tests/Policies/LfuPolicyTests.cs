namespace Primitives.Tests;

public class LfuPolicyTests
{
    private const int Capacity = 100;

    private readonly EntryTable<int, int> _table = new(new KeyEquality<int>(null, seed: 7));
    private readonly LfuPolicy<int, int> _policy;
    private int _capacity = Capacity;

    public LfuPolicyTests() => _policy = new(_table, Capacity, isWeighted: false, seed: 7);

    [Fact]
    public void Nobody_has_to_go_while_there_is_room_and_then_one_for_each_that_comes()
    {
        for (int key = 0; key < Capacity; key++)
        {
            Assert.Empty(Add(key));
        }

        Assert.Equal(Capacity, _policy.CountLocked);
        for (int key = Capacity; key < 5 * Capacity; key++)
        {
            Assert.Single(Add(key));
            Assert.Equal(Capacity, _policy.CountLocked);
        }
    }

    [Fact]
    public void Hits_are_noted_by_whoever_adds_next_and_decide_who_goes()
    {
        for (int key = 0; key < Capacity; key++)
        {
            Add(key);
        }

        int[] used = [.. Enumerable.Range(0, Capacity / 2)];
        var left = new List<int>();
        for (int round = 0; round < 400; round++)
        {
            foreach (int key in used)
            {
                if (Find(key) is { } entry)
                {
                    _policy.Hit(entry);
                }
            }

            left.AddRange(Add(1_000 + round));
        }

        Assert.InRange(_policy.Hits, 400 * used.Length * 9 / 10, 400 * used.Length);
        Assert.InRange(left.Intersect(used).Count(), 0, used.Length / 10);
    }

    [Fact]
    public void A_hit_of_what_has_left_meanwhile_harms_nobody()
    {
        Add(1);
        Entry<int, int> entry = Find(1)!;
        Remove(entry);
        _policy.Hit(entry);
        Add(2); // takes note of it
        Assert.Equal((1, 1L), (_policy.CountLocked, _policy.Hits));
        Assert.Equal(Region.None, entry.Region);
    }

    [Fact]
    public void A_smaller_capacity_makes_as_many_go_as_are_asked_for_and_clearing_all()
    {
        for (int key = 0; key < Capacity; key++)
        {
            Add(key);
        }

        _capacity = 10;
        _policy.SetCapacityLocked(10);
        while (_policy.CountLocked > 10)
        {
            Remove(_policy.OverflowLocked(0, mustEvict: true)!);
        }

        Assert.Single(Add(500));
        _policy.ClearLocked();
        _table.ClearLocked();
        Assert.Equal(0, _policy.CountLocked);
        Assert.Null(_policy.OverflowLocked(0, mustEvict: true));
        Assert.Empty(Add(1));
    }

    [Fact]
    public void One_entry_takes_the_place_of_another_of_its_key()
    {
        Add(1);
        Entry<int, int> old = Find(1)!;
        var fresh = new Entry<int, int>(1, old.Hash, 2, 1);
        _policy.ReplaceLocked(old, fresh);
        _table.ReplaceLocked(old, fresh);
        Assert.Equal((Region.None, 1), (old.Region, _policy.CountLocked));
        Assert.NotEqual(Region.None, fresh.Region);
        Remove(fresh);
        Assert.Equal(0, _policy.CountLocked);
    }

    private Entry<int, int>? Find(int key) => _table.FindLocked(key, _table.Keys.Hash(key));

    /// <returns>Who had to go.</returns>
    private List<int> Add(int key)
    {
        var entry = new Entry<int, int>(key, _table.Keys.Hash(key), key, 1);
        List<int> left = [];
        _policy.PrepareLocked(entry.Hash);
        while (_policy.OverflowLocked(1, mustEvict: _table.Count + 1 > _capacity) is { } victim)
        {
            left.Add(victim.Key);
            Remove(victim);
        }

        _table.AddLocked(entry);
        _policy.AddLocked(entry);
        return left;
    }

    private void Remove(Entry<int, int> entry)
    {
        _table.RemoveLocked(entry);
        _policy.RemoveLocked(entry);
    }
}
