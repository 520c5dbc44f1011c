using Primitives.Testing;

namespace Primitives.Tests;

public class BoundedLoadRouterRaceTests
{
    private const int Threads = 6;
    private const int Quarters = 5; // a factor of 1.25

    private static readonly HashRing<string> Ring = HashRing<string>.Create(
        [new("a", "a"), new("b", "b", 2), new("c", "c"), new("d", "d", 4)], 40);

    // A storm on one key has one outcome whatever the order of the threads: that of as many calls one after another.
    [Fact]
    public void A_storm_on_one_key_ends_with_the_loads_of_the_sequential_model()
    {
        const int Each = 500;
        ulong hash = Ring.HashOf("hot");
        NaiveBoundedLoads model = Model();
        for (int i = 0; i < Threads * Each; i++)
        {
            model.Acquire(hash);
        }

        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(Ring));
        Race.Run(Threads, _ =>
        {
            for (int i = 0; i < Each; i++)
            {
                bounded.AcquireByHash(hash);
            }
        });

        Assert.Equal(Threads * Each, bounded.InFlight);
        Assert.All(bounded.GetLoads(), load => Assert.Equal(model.LoadOf(load.Node.Name), load.InFlight));
    }

    // Without releases a capacity only grows, so what held at the grant holds in every later snapshot.
    [Fact]
    public void No_snapshot_of_a_storm_of_grants_shows_a_node_above_its_capacity()
    {
        const int Each = 1_000;
        NaiveBoundedLoads model = Model();
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(Ring));
        Race.Run(Threads, thread =>
        {
            for (int i = 0; i < Each; i++)
            {
                bounded.Acquire(thread.Random.Next(5));
                if (thread.Index == 0)
                {
                    IReadOnlyList<NodeLoad<string>> loads = bounded.GetLoads();
                    int leases = loads.Sum(load => load.InFlight);
                    Assert.All(loads, load =>
                    {
                        Assert.True(load.InFlight <= model.CapacityOf(load.Node.Name, leases));
                        Assert.Equal(model.CapacityOf(load.Node.Name, leases + 1), load.Capacity);
                    });
                }
            }
        });

        Assert.Equal(Threads * Each, bounded.InFlight);
    }

    [Fact]
    public void A_storm_of_grants_and_releases_never_passes_the_capacity_at_its_peak_and_leaves_nothing()
    {
        const int Held = 20; // the most a thread holds at once, so there are never more than Threads * Held
        NaiveBoundedLoads model = Model();
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(Ring));
        Race.Run(Threads, thread =>
        {
            var leases = new List<NodeLease<string>>();
            for (int i = 0; i < 4_000; i++)
            {
                if (leases.Count < Held && thread.Random.Next(5) < 3)
                {
                    leases.Add(bounded.Acquire(thread.Random.Next(3)));
                }
                else if (leases.Count > 0)
                {
                    int which = thread.Random.Next(leases.Count);
                    leases[which].Dispose();
                    leases[which] = leases[^1];
                    leases.RemoveAt(leases.Count - 1);
                }

                if (i % 16 == 0)
                {
                    IReadOnlyList<NodeLoad<string>> loads = bounded.GetLoads();
                    Assert.InRange(loads.Sum(load => load.InFlight), leases.Count, Threads * Held);
                    Assert.All(loads, load => Assert.InRange(
                        load.InFlight,
                        leases.Count(lease => lease.Node == load.Node.Name),
                        model.CapacityOf(load.Node.Name, Threads * Held)));
                }
            }

            leases.ForEach(lease => lease.Dispose());
        });

        Assert.Equal(0, bounded.InFlight);
        Assert.All(bounded.GetLoads(), load => Assert.Equal(0, load.InFlight));
    }

    [Fact]
    public void One_lease_disposed_by_all_threads_at_once_counts_once()
    {
        var bounded = new BoundedLoadRouter<string>(new HashRingRouter<string>(Ring));
        NodeLease<string>[] leases = [.. Enumerable.Range(0, 2_000).Select(key => bounded.Acquire(key))];
        NodeLease<string> kept = bounded.Acquire(1);

        Race.Run(Threads, _ => Array.ForEach(leases, lease => lease.Dispose()));

        Assert.Equal(1, bounded.InFlight);
        kept.Dispose();
        Assert.Equal(0, bounded.InFlight);
    }

    [Fact]
    public void Grants_releases_and_changes_of_the_ring_at_once_lose_no_lease()
    {
        var router = new HashRingRouter<string>(Ring);
        var bounded = new BoundedLoadRouter<string>(router);
        var kept = new NodeLease<string>[Threads][];
        Race.Run(Threads, thread =>
        {
            if (thread.Index == 0)
            {
                kept[0] = [];
                for (int i = 0; i < 400; i++)
                {
                    string name = "bcd"[i % 3].ToString(); // "a" stays, so there is always a node
                    router.Update(ring => ring.Remove(name));
                    Assert.DoesNotContain(bounded.GetLoads(), load => load.Node.Name == name);
                    router.Update(ring => ring.Add(Ring.Members.Single(node => node.Name == name)));
                }

                return;
            }

            var leases = new List<NodeLease<string>>();
            for (int i = 0; i < 3_000; i++)
            {
                leases.Add(bounded.Acquire(thread.Random.Next(50)));
                if (leases.Count > 30)
                {
                    int which = thread.Random.Next(leases.Count);
                    leases[which].Dispose();
                    leases.RemoveAt(which);
                }
            }

            kept[thread.Index] = [.. leases];
        });

        NodeLease<string>[] left = [.. kept.SelectMany(leases => leases)];
        Assert.Equal(left.Length, bounded.InFlight);
        Assert.All(
            bounded.GetLoads(),
            load => Assert.Equal(left.Count(lease => lease.Node == load.Node.Name), load.InFlight));

        Race.Run(2, _ => Array.ForEach(left, lease => lease.Dispose()));
        Assert.Equal(0, bounded.InFlight);
        Assert.All(bounded.GetLoads(), load => Assert.Equal(0, load.InFlight));
    }

    private static NaiveBoundedLoads Model()
    {
        var model = new NaiveBoundedLoads(Quarters);
        model.Use(Ring);
        return model;
    }
}
