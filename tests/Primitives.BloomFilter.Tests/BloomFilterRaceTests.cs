using Primitives.Testing;

namespace Primitives.Tests;

public class BloomFilterRaceTests
{
    private const int Threads = 4;

    public static TheoryData<BloomFilterLayout> Layouts => [BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Concurrent_adds_leave_the_bits_of_sequential_ones_and_each_is_seen_once_it_returned(BloomFilterLayout layout)
    {
        const int Keys = 20_000;
        for (int round = 0; round < 3; round++)
        {
            // Over-full, so that threads meet in every word; as many keys again are common to all threads.
            BloomFilter filter = BloomFilter.Create(Keys, 0.01, layout);
            long[] added = new long[Threads];
            Race.Run(Threads, thread =>
            {
                for (int i = 0; i < Keys; i++)
                {
                    filter.Add(Key(thread.Index, i));
                    filter.Add(i);
                    Assert.True(filter.Contains(Key(thread.Index, i)));
                    Volatile.Write(ref added[thread.Index], i + 1);

                    int other = thread.Random.Next(Threads);
                    long seen = Volatile.Read(ref added[other]);
                    if (seen > 0)
                    {
                        Assert.True(filter.Contains(Key(other, seen - 1)), "An Add had returned, and its key is missing.");
                        Assert.True(filter.Contains(seen - 1), "An Add had returned, and its key is missing.");
                    }
                }
            });

            BloomFilter sequential = BloomFilter.Create(Keys, 0.01, layout, singleWriter: true);
            for (int i = 0; i < Keys; i++)
            {
                sequential.Add(i);
                for (int thread = 0; thread < Threads; thread++)
                {
                    sequential.Add(Key(thread, i));
                }
            }

            Assert.Equal(sequential.ToBytes(), filter.ToBytes());
        }

        static long Key(int thread, long i) => ((thread + 1L) << 32) + i;
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Of_the_threads_that_race_to_add_a_key_at_least_one_is_told_that_it_was_new(BloomFilterLayout layout)
    {
        const int Keys = 20_000;
        BloomFilter filter = BloomFilter.Create(Keys, 1e-7, layout); // so that no key is present by chance
        int[] told = new int[Keys];
        Race.Run(Threads, thread =>
        {
            for (int i = 0; i < Keys; i++)
            {
                if (filter.Add(i))
                {
                    Interlocked.Increment(ref told[i]);
                }
            }
        });
        Assert.All(told, times => Assert.InRange(times, 1, Threads));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Unions_and_bulk_adds_lose_nothing_to_adds_at_the_same_time(BloomFilterLayout layout)
    {
        const int Keys = 10_000;
        BloomFilter filter = BloomFilter.Create(Keys, 0.01, layout);
        BloomFilter other = BloomFilter.Create(Keys, 0.01, layout);
        ulong[] hashes = [.. Enumerable.Range(3 * Keys, Keys).Select(i => StableHash.Compute(i))];
        for (int i = 2 * Keys; i < 3 * Keys; i++)
        {
            other.Add(i);
        }

        BloomFilter? clone = null;
        Race.Run(
            () => AddAll(0, Keys),
            () => AddAll(Keys, 2 * Keys),
            () => filter.UnionWith(other),
            () => filter.AddMany(hashes),
            () => clone = filter.Clone());

        BloomFilter sequential = BloomFilter.Create(Keys, 0.01, layout);
        for (int i = 0; i < 4 * Keys; i++)
        {
            sequential.Add(i);
        }

        Assert.Equal(sequential.ToBytes(), filter.ToBytes());
        clone!.UnionWith(filter);
        Assert.Equal(sequential.ToBytes(), clone.ToBytes()); // a clone in between holds a part, and nothing else

        void AddAll(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                filter.Add(i);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Readers_of_a_single_writer_see_every_key_whose_add_returned(BloomFilterLayout layout)
    {
        const int Keys = 50_000;
        BloomFilter filter = BloomFilter.Create(Keys, 0.01, layout, singleWriter: true);
        long added = 0;
        Race.Run(3, thread =>
        {
            if (thread.Index == 0)
            {
                for (int i = 0; i < Keys; i++)
                {
                    filter.Add(i);
                    Volatile.Write(ref added, i + 1);
                }

                return;
            }

            for (long seen = 0; seen < Keys; seen = Volatile.Read(ref added))
            {
                if (seen > 0)
                {
                    Assert.True(filter.Contains(seen - 1) && filter.Contains(thread.Random.NextInt64(seen)));
                }
            }
        });
    }

    /// <summary>A wait for a key must end: the load may not be taken out of the loop.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_loop_that_waits_for_a_key_ends(BloomFilterLayout layout)
    {
        BloomFilter filter = BloomFilter.Create(1_000, 1e-6, layout);
        Race.Run(
            () =>
            {
                while (!filter.Contains(1L))
                {
                }
            },
            () =>
            {
                for (int i = 1_000; i >= 1; i--)
                {
                    filter.Add(i);
                }
            });
    }
}
