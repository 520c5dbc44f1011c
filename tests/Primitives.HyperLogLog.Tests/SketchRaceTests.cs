using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Whatever threads do at once, the sketch is in the end that of all keys: the oracle is a sequential one.</summary>
public class SketchRaceTests
{
    [Theory]
    [InlineData(Subject.Hyper, false)]
    [InlineData(Subject.Ultra, false)]
    [InlineData(Subject.Hyper, true)]
    [InlineData(Subject.Ultra, true)]
    public void Concurrent_adds_give_the_sequential_sketch(string family, bool martingale)
    {
        for (int round = 0; round < 40; round++)
        {
            // Through all sizes of the table and, in most rounds, the switch to registers.
            int perThread = 100 * (round + 1);
            Subject shared = Subject.Create(family, 11, martingale);
            Race.Run(4, thread =>
            {
                // Half of each thread's keys are another's as well.
                for (int i = 0; i < perThread; i++)
                {
                    long key = (long)(thread.Index / 2 * 1_000_000) + (thread.Index % 2 == 0 ? i : perThread - 1 - i);
                    shared.Add(key);
                    Assert.False(shared.Add(key));
                }
            });

            Subject sequential = Subject.Of(family, 11, 0, perThread);
            sequential.AddRange(1_000_000, perThread);
            Assert.Equal(sequential.IsSparse, shared.IsSparse);
            Assert.Equal(sequential.Estimate(), shared.Estimate());
            if (!martingale)
            {
                Assert.Equal(sequential.ToBytes(), shared.ToBytes());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Of_threads_that_add_one_new_key_at_least_one_is_told_so(string family)
    {
        Subject shared = Subject.Create(family, 14);
        for (int round = 0; round < 300; round++)
        {
            int told = 0;
            Race.Run(3, _ => Interlocked.Add(ref told, shared.Add(round) ? 1 : 0));
            Assert.True(told >= 1);
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_thread_sees_its_own_adds_at_once_while_others_add(string family)
    {
        // Sparse, so that the estimate is exact: it may never be below what this thread alone has added.
        Subject shared = Subject.Create(family, 14);
        Race.Run(4, thread =>
        {
            for (int i = 0; i < 450; i++)
            {
                shared.Add((thread.Index * 1_000_000L) + i);
                Assert.True(shared.Estimate() > i + 0.99);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void A_key_found_there_is_counted_though_the_thread_that_inserts_it_has_not_gone_on(string family)
    {
        // Both add the same keys, so one finds what the other is just inserting. Sparse all the time: near-exact.
        for (int round = 0; round < 40; round++)
        {
            Subject shared = Subject.Create(family, 14);
            Race.Run(2, _ =>
            {
                for (int i = 1; i <= 1_000; i++)
                {
                    shared.Add(i);
                    Assert.InRange(shared.Estimate(), i, 1_001);
                    Assert.InRange(shared.Bounds(1).Lower, i, 1_000);
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Adds_during_unions_are_not_lost(string family)
    {
        // Unions rewrite registers by vector stores; every add that overlaps one must survive it.
        for (int round = 0; round < 20; round++)
        {
            int precision = round % 3 == 0 ? 9 : 14;
            Subject shared = Subject.Create(family, precision);
            Subject[] others = [.. Enumerable.Range(0, 10).Select(i => Subject.Of(family, precision, 10_000_000 + (i * 300), 3_000))];
            int adding = 2;
            Race.Run(4, thread =>
            {
                if (thread.Index >= 2)
                {
                    shared.AddRange(thread.Index * 1_000_000, 20_000);
                    Interlocked.Decrement(ref adding);
                    return;
                }

                do
                {
                    for (int i = thread.Index; i < others.Length; i += 2)
                    {
                        shared.UnionWith(others[i]);
                    }
                }
                while (Volatile.Read(ref adding) > 0);
            });

            Subject sequential = Subject.Of(family, precision, 2_000_000, 20_000);
            sequential.AddRange(3_000_000, 20_000);
            sequential.AddRange(10_000_000, (9 * 300) + 3_000);
            Assert.Equal(sequential.ToBytes(), shared.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Adds_while_unions_lower_the_precision_are_not_lost(string family)
    {
        for (int round = 0; round < 60; round++)
        {
            Subject shared = Subject.Create(family, 14);
            shared.AddRange(5_000_000, round % 2 == 0 ? 5_000 : 100); // dense or sparse
            Subject[] others = [.. Enumerable.Range(8, 6).Select(p => Subject.Of(family, p, 10_000_000 + p, p % 2 == 0 ? 3_000 : 10))];
            Race.Run(4, thread =>
            {
                if (thread.Index < 2)
                {
                    // From 13 and 12 down to 9 and 8.
                    for (int i = others.Length - 1 - thread.Index; i >= 0; i -= 2)
                    {
                        shared.UnionWith(others[i]);
                        Assert.InRange(shared.Estimate(), 1, 100_000);
                    }

                    return;
                }

                shared.AddRange(thread.Index * 1_000_000, 3_000);
            });

            Subject sequential = Subject.Create(family, 8);
            sequential.AddRange(5_000_000, round % 2 == 0 ? 5_000 : 100);
            sequential.AddRange(2_000_000, 3_000);
            sequential.AddRange(3_000_000, 3_000);
            foreach (int p in Enumerable.Range(8, 6))
            {
                sequential.AddRange(10_000_000 + p, p % 2 == 0 ? 3_000 : 10);
            }

            Assert.Equal(8, shared.Precision);
            Assert.Equal(sequential.ToBytes(), shared.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void Sketches_may_be_united_into_each_other_at_the_same_time(string family)
    {
        for (int round = 0; round < 30; round++)
        {
            Subject left = Subject.Of(family, 12, 0, 20 << (round % 10));
            Subject right = Subject.Of(family, 12, 1_000_000, 20 << (round % 7));
            Race.Run(
                () => left.UnionWith(right),
                () => right.UnionWith(left),
                () => _ = left.IntersectionWith(right, 2),
                () => _ = right.Reduce(8).ToBytes());
            left.UnionWith(right);
            right.UnionWith(left);
            Assert.Equal(left.ToBytes(), right.ToBytes());
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void What_is_persisted_during_adds_and_unions_both_ways_is_whole_and_nothing_is_lost(string family)
    {
        for (int round = 0; round < 12; round++)
        {
            Subject[] shared = [Subject.Create(family, 12, martingale: round % 2 == 0), Subject.Create(family, round % 3 == 0 ? 12 : 9)];
            Race.Run(4, thread =>
            {
                Subject mine = shared[thread.Index % 2];
                Subject other = shared[1 - (thread.Index % 2)];
                for (int i = 0; i < 4_000; i++)
                {
                    mine.Add((thread.Index * 10_000) + i);
                    if (i % 97 == 0)
                    {
                        Subject copy = Subject.FromBytes(family, mine.ToBytes());
                        Assert.InRange(copy.Estimate(), 1, 25_000);
                        Assert.True(copy.Precision >= mine.Precision);
                    }

                    if (i % 401 == thread.Index)
                    {
                        mine.UnionWith(other);
                    }
                }
            });
            shared[0].UnionWith(shared[1]);
            shared[1].UnionWith(shared[0]);

            Subject sequential = Subject.Create(family, shared[1].Precision);
            for (int thread = 0; thread < 4; thread++)
            {
                sequential.AddRange(thread * 10_000, 4_000);
            }

            Assert.Equal(round % 3 == 0 ? 12 : 9, shared[0].Precision);
            Assert.All(shared, sketch => Assert.Equal(sequential.ToBytes(), sketch.ToBytes()));
            Assert.All(shared, sketch => Assert.Null(sketch.MartingaleEstimate));
        }
    }

    [Theory]
    [MemberData(nameof(Subject.Families), MemberType = typeof(Subject))]
    public void The_martingale_estimate_of_concurrent_adds_is_one_of_some_order(string family)
    {
        // Its error is that of any order: within five standard errors, which chance misses once in a million.
        double deviation = (family == Subject.Hyper ? 0.833 : 0.658) / Math.Sqrt(1 << 12);
        for (int round = 0; round < 5; round++)
        {
            Subject shared = Subject.Create(family, 12, martingale: true);
            Race.Run(4, thread => shared.AddRange(((round * 4L) + thread.Index) << 32, 10_000));
            Assert.InRange(shared.MartingaleEstimate!.Value / 40_000, 1 - (5 * deviation), 1 + (5 * deviation));
        }
    }
}
