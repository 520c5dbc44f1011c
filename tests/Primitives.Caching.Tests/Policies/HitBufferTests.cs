using Primitives.Testing;

namespace Primitives.Tests;

public class HitBufferTests
{
    [Fact]
    public void A_ring_gives_each_hit_once_and_in_order()
    {
        var ring = new HitRing(16);
        Assert.Empty(Take(ring));
        for (uint hash = 1; hash <= 10; hash++)
        {
            ring.Write(hash);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], Take(ring));
        Assert.Empty(Take(ring));
        for (uint hash = 11; hash <= 20; hash++)
        {
            ring.Write(hash);
        }

        Assert.Equal([11, 12, 13, 14, 15, 16, 17, 18, 19, 20], Take(ring)); // across the end of the slots
        Assert.Equal((20, 20), (ring.Written, ring.Hits));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(48)]
    [InlineData(1_000)]
    public void A_ring_that_was_full_gives_the_latest_and_counts_them_all(int hits)
    {
        var ring = new HitRing(16);
        for (uint hash = 1; hash <= hits; hash++)
        {
            ring.Write(hash);
        }

        Assert.Equal(Enumerable.Range(hits - 15, 16).Select(hash => (uint)hash), Take(ring));
        Assert.Equal((hits, hits), (ring.Written, ring.Hits));
    }

    [Fact]
    public void Threads_that_share_a_ring_invent_no_hit_and_lose_none_to_a_reader()
    {
        const int Threads = 4;
        const int Each = 50_000;
        var ring = new HitRing(2_048);
        var gate = new Lock();
        long taken = 0;
        Race.Run(Threads, thread =>
        {
            for (uint i = 0; i < Each; i++)
            {
                ring.Write(((uint)thread.Index << 24) | i);
                if (i % 100 == 0)
                {
                    lock (gate)
                    {
                        uint[] hashes = Take(ring);
                        taken += hashes.Length;
                        Assert.All(hashes, hash => Assert.True(hash >> 24 < Threads && (hash & 0xFFFFFF) < Each));
                    }
                }
            }
        });
        Assert.InRange(ring.Written, 1, Threads * Each);
        Assert.InRange(ring.Hits, 1, Threads * Each); // never one too many
        Assert.InRange(taken, 1, Threads * Each);
    }

    [Fact]
    public void Each_thread_writes_to_a_ring_of_the_buffer_and_the_hits_add_up()
    {
        var buffer = new HitBuffer(capacity: 100);
        Assert.Equal(0, buffer.Hits);
        Assert.Null(buffer.Own());
        buffer.Record(7);
        Assert.Equal(1, buffer.Hits);
        Thread[] others = [.. Enumerable.Range(0, 8).Select(_ => new Thread(() => buffer.Record(9)))];
        foreach (Thread thread in others)
        {
            thread.Start();
            thread.Join(); // one after the other: of two at once in one ring one may be lost
        }

        Assert.Equal(9, buffer.Hits);
        Assert.Equal(9, Created(buffer).Sum(ring => ring.Written));
    }

    [Fact]
    public void Every_ring_is_found_among_those_created_once_and_without_a_gap()
    {
        var buffer = new HitBuffer(capacity: 100);
        Assert.Empty(Created(buffer));
        Race.Run(8, _ => buffer.Record(3));
        HitRing[] rings = [.. Created(buffer)];
        Assert.InRange(rings.Length, 1, 8);
        Assert.Equal(rings.Length, rings.Distinct().Count());
        Assert.Equal(buffer.Hits, rings.Sum(ring => ring.Written)); // so none is missing
        Assert.Null(buffer.Created(rings.Length));
        Assert.Null(buffer.Created(-1));
        Assert.Null(buffer.Created(int.MaxValue));
    }

    private static IEnumerable<HitRing> Created(HitBuffer buffer)
    {
        for (int i = 0; buffer.Created(i) is { } ring; i++)
        {
            yield return ring;
        }
    }

    private static uint[] Take(HitRing ring)
    {
        (long first, long end) = ring.TakeNew();
        var hashes = new List<uint>();
        for (long i = first; i < end; i++)
        {
            hashes.Add(ring[i]);
        }

        return [.. hashes];
    }
}
