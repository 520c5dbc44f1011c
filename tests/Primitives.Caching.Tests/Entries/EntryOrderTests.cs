namespace Primitives.Tests;

public class EntryOrderTests
{
    private static readonly Region[] Regions = [Region.Window, Region.Probation, Region.Protected];

    [Fact]
    public void Does_what_three_plain_lists_do()
    {
        var random = new Random(11);
        var order = new EntryOrder<int, string>();
        Dictionary<Region, List<Entry<int, string>>> model = Regions.ToDictionary(region => region, _ => new List<Entry<int, string>>());
        for (int step = 0; step < 20_000; step++)
        {
            Region region = Regions[random.Next(Regions.Length)];
            Entry<int, string>[] all = [.. model.Values.SelectMany(list => list)];
            Entry<int, string>? any = all.Length == 0 ? null : all[random.Next(all.Length)];
            int kind = random.Next(10);
            if (any is null || (kind < 4 && all.Length < 60))
            {
                var entry = new Entry<int, string>(step, (uint)step, "x", random.Next(1, 9));
                order.Add(entry, region);
                model[region].Add(entry);
            }
            else if (kind < 7)
            {
                order.Remove(any);
                Assert.Equal(Region.None, any.Region);
                Assert.Single(model.Values, list => list.Remove(any));
            }
            else if (kind == 7)
            {
                Region own = any.Region;
                order.Touch(any);
                model[own].Remove(any);
                model[own].Add(any);
            }
            else
            {
                model[any.Region].Remove(any);
                order.Move(any, region);
                model[region].Add(any);
            }

            Assert.Equal(model.Values.Sum(list => list.Count), order.Count);
            Assert.All(Regions, list =>
            {
                Assert.Same(model[list].FirstOrDefault(), order.Oldest(list));
                Assert.Same(model[list].LastOrDefault(), order.Newest(list));
                Assert.Equal(model[list].Count, order.CountOf(list));
                Assert.Equal(model[list].Sum(entry => (long)entry.Weight), order.WeightOf(list));
                Assert.All(model[list], entry => Assert.Equal(list, entry.Region));
            });
        }

        // The whole order, not only its ends.
        foreach (Region region in Regions)
        {
            foreach (Entry<int, string> entry in model[region])
            {
                Assert.Same(entry, order.Oldest(region));
                order.Remove(entry);
            }
        }

        Assert.Equal(0, order.Count);
    }

    [Fact]
    public void Slots_are_used_again_and_there_are_no_more_than_the_capacity_needs()
    {
        var order = new EntryOrder<int, string>();
        order.SetCapacity(20);
        var entries = new Queue<Entry<int, string>>();
        int largest = 0;
        for (int i = 0; i < 1_000; i++)
        {
            if (entries.Count == 20)
            {
                order.Remove(entries.Dequeue());
            }

            var entry = new Entry<int, string>(i, (uint)i, "x", 1);
            order.Add(entry, Region.Window);
            entries.Enqueue(entry);
            largest = Math.Max(largest, entry.Slot);
        }

        Assert.Equal(20 + (int)Region.Protected, largest);
        order.SetCapacity(30); // the bound may rise
        for (int i = 0; i < 10; i++)
        {
            order.Add(new Entry<int, string>(i, (uint)i, "x", 1), Region.Probation);
        }

        Assert.Equal(30, order.Count);
    }

    [Fact]
    public void Clearing_takes_every_entry_out_and_leaves_a_usable_order()
    {
        var order = new EntryOrder<int, string>();
        Entry<int, string>[] entries = [.. Enumerable.Range(0, 50).Select(i => new Entry<int, string>(i, (uint)i, "x", 2))];
        foreach (Entry<int, string> entry in entries)
        {
            order.Add(entry, Regions[entry.Key % 3]);
        }

        order.Clear();
        Assert.All(entries, entry => Assert.Equal(Region.None, entry.Region));
        Assert.Equal(0, order.Count);
        Assert.All(Regions, region => Assert.Null(order.Oldest(region)));
        Assert.All(Regions, region => Assert.Equal(0, order.WeightOf(region)));
        order.Add(entries[7], Region.Protected);
        Assert.Same(entries[7], order.Newest(Region.Protected));
    }

    [Fact]
    public void An_entry_that_left_is_not_kept_alive()
    {
        var order = new EntryOrder<int, object>();
        WeakReference left = AddAndRemove(order);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.False(left.IsAlive);
        Assert.Equal(0, order.Count);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference AddAndRemove(EntryOrder<int, object> order)
        {
            var entry = new Entry<int, object>(1, 1, new object(), 1);
            order.Add(entry, Region.Window);
            order.Remove(entry);
            return new WeakReference(entry);
        }
    }

    [Fact]
    public void An_entry_packs_its_weight_kind_region_and_slot()
    {
        var plain = new Entry<int, string>(1, 2, "x", int.MaxValue);
        var rich = new RichEntry<int, string>(1, 2, "x", int.MaxValue, isMissing: false);
        Assert.Equal((int.MaxValue, false), (plain.Weight, plain.IsRich));
        Assert.Equal((int.MaxValue, true), (rich.Weight, rich.IsRich));
        Assert.All(Regions, region =>
        {
            plain.SetPlace(region, (1 << 30) - 1);
            Assert.Equal((region, (1 << 30) - 1), (plain.Region, plain.Slot));
        });
        plain.SetPlace(Region.None, 0);
        Assert.Equal((Region.None, 0), (plain.Region, plain.Slot));
    }
}
