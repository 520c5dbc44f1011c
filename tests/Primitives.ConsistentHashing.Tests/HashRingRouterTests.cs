using Primitives.Testing;

namespace Primitives.Tests;

public class HashRingRouterTests
{
    [Fact]
    public void The_ring_is_the_one_last_put_in_place()
    {
        HashRing<int> first = HashRing<int>.Create([]);
        var router = new HashRingRouter<int>(first);
        Assert.Same(first, router.Ring);

        HashRing<int> second = router.Update(ring => ring.Add(new("a", 1)));

        Assert.Same(second, router.Ring);
        Assert.Equal(1, router.Ring.GetNode("key"));
        Assert.Equal(0, first.NodeCount); // a snapshot stays what it was
        Assert.Same(second, router.Update(ring => ring)); // to change nothing is a change
    }

    [Fact]
    public void Reading_and_looking_up_allocate_nothing_and_an_update_only_what_its_change_does()
    {
        HashRing<int> a = HashRing<int>.Create([new("a", 1), new("b", 2)]);
        HashRing<int> b = a.Remove("a");
        var router = new HashRingRouter<int>(a);
        int sum = 0;

        Allocation.AssertNone(() => sum += router.Ring.GetNode("key") + router.Ring.GetNode(7) + router.Ring.NodeCount);
        Func<HashRing<int>, HashRing<int>> swap = ring => ring == a ? b : a;
        Allocation.AssertNone(() => router.Update(swap));
    }

    [Fact]
    public void Null_is_refused()
    {
        var router = new HashRingRouter<int>(HashRing<int>.Create([]));

        Assert.Throws<ArgumentNullException>("ring", () => new HashRingRouter<int>(null!));
        Assert.Throws<ArgumentNullException>("change", () => router.Update(null!));
        HashRing<int> before = router.Ring;
        Assert.Throws<InvalidOperationException>(() => router.Update(_ => null!));
        Assert.Same(before, router.Ring);
    }

    [Fact]
    public void A_ring_that_hashes_keys_otherwise_is_refused()
    {
        RingNode<int>[] nodes = [new("a:1", 1)];
        RingPoints[] rules = [RingPoints.Standard(), RingPoints.Ketama(), RingPoints.Nginx, RingPoints.Envoy()];
        foreach (RingPoints from in rules)
        {
            foreach (RingPoints to in rules.Where(rule => rule != from))
            {
                HashRing<int> ring = HashRing<int>.Create(nodes, from);
                var router = new HashRingRouter<int>(ring);

                Assert.Throws<InvalidOperationException>(() => router.Update(_ => HashRing<int>.Create(nodes, to)));
                Assert.Same(ring, router.Ring);
            }
        }
    }

    [Fact]
    public void A_ring_of_another_rule_that_hashes_keys_alike_is_taken()
    {
        var router = new HashRingRouter<int>(HashRing<int>.Create([new("a:11211", 1)]));
        router.Update(ring => HashRing<int>.Create([.. ring.Members], 17));
        Assert.Equal(17, router.Ring.PointCount);

        var ketama = new HashRingRouter<int>(HashRing<int>.Create([new("a:11211", 1)], RingPoints.Ketama()));
        HashRing<int> renamed = ketama.Update(
            ring => HashRing<int>.Create([.. ring.Members], RingPoints.Ketama(KetamaNaming.OmitDefaultPort)));
        Assert.Same(renamed, ketama.Ring);
    }

    [Fact]
    public void What_a_change_throws_leaves_the_ring_as_it_is()
    {
        var router = new HashRingRouter<int>(HashRing<int>.Create([new("a", 1)]));
        HashRing<int> before = router.Ring;

        Assert.Throws<TimeoutException>(() => router.Update(_ => throw new TimeoutException()));
        Assert.Throws<ArgumentException>(() => router.Update(ring => ring.Add(new("a", 2))));
        Assert.Throws<ArgumentException>(() => router.Update(ring => ring.Remove("b")));

        Assert.Same(before, router.Ring);
    }

    [Fact]
    public void A_change_runs_again_on_the_newer_ring_when_another_came_in_between()
    {
        var router = new HashRingRouter<int>(HashRing<int>.Create([new("a", 1)]));
        var given = new List<HashRing<int>>();

        router.Update(ring =>
        {
            given.Add(ring);
            if (given.Count == 1)
            {
                router.Update(other => other.Add(new("b", 2)));
            }

            return ring.Add(new("c", 3));
        });

        Assert.Equal([1, 2], given.Select(ring => ring.NodeCount));
        Assert.Equal(["a", "b", "c"], router.Ring.Members.Select(node => node.Name));
    }

    [Fact]
    public void No_update_of_many_threads_is_lost()
    {
        const int Threads = 8;
        const int NodesEach = 24;
        var router = new HashRingRouter<int>(HashRing<int>.Create([], 20));

        Race.Run(Threads, thread =>
        {
            for (int i = 0; i < NodesEach; i++)
            {
                RingNode<int> node = new($"node-{thread.Index}-{i}", (thread.Index * NodesEach) + i);
                HashRing<int> mine = router.Update(ring => ring.Add(node with { Weight = 3 }));
                Assert.True(mine.Contains(node.Name));
                router.Update(ring => ring.SetWeight(node.Name, 1));
                if (i % 3 == 2)
                {
                    router.Update(ring => ring.Remove(node.Name));
                }

                Assert.Equal(i % 3 != 2, router.Ring.Contains(node.Name)); // nobody else touches it
            }
        });

        RingNode<int>[] expected =
        [
            .. from thread in Enumerable.Range(0, Threads)
               from i in Enumerable.Range(0, NodesEach)
               where i % 3 != 2
               select new RingNode<int>($"node-{thread}-{i}", (thread * NodesEach) + i),
        ];
        HashRing<int> whole = HashRing<int>.Create(expected, 20);
        Assert.Equal(whole.Members, router.Ring.Members);
        Assert.True(whole.Table.SequenceEqual(router.Ring.Table));
    }

    [Fact]
    public void Readers_see_one_whole_ring_and_never_an_older_one_than_before()
    {
        const int Generations = 300;
        // The value of every node is the ring's generation, so lookups of a mixture would disagree; the number of nodes
        // follows from it, so a table of one generation with the nodes of another would show as well.
        var router = new HashRingRouter<int>(RingOf(0));
        Action reader = () =>
        {
            for (int last = 0; last < Generations;)
            {
                HashRing<int> ring = router.Ring;
                int generation = ring.GetNode(0);
                Assert.True(generation >= last);
                last = generation;
                Assert.Equal(NodesOf(generation), ring.NodeCount);
                for (int key = 0; key < 200; key++)
                {
                    Assert.Equal(generation, ring.GetNode(key));
                }
            }
        };

        Race.Run(
            reader,
            reader,
            reader,
            () =>
            {
                for (int generation = 1; generation <= Generations; generation++)
                {
                    router.Update(_ => RingOf(generation));
                }
            });

        static int NodesOf(int generation) => 1 + (generation % 13 * 3);

        static HashRing<int> RingOf(int generation) => HashRing<int>.Create(
            [.. Enumerable.Range(0, NodesOf(generation)).Select(i => new RingNode<int>($"n{i}", generation))], 40);
    }
}
