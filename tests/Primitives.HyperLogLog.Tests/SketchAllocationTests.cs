using Primitives.Testing;

namespace Primitives.Tests;

[Collection(nameof(Alone))]
public class SketchAllocationTests
{
    /// <summary>Memory of the whole process is measured, so no other test may run.</summary>
    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public class Alone;

    [Fact]
    public void A_dense_add_allocates_nothing_whatever_the_key()
    {
        var hyper = new HyperLogLog(7);
        var ultra = new UltraLogLog(7);
        for (long key = 0; key < 100; key++)
        {
            hyper.Add(key);
            ultra.Add(key);
        }

        Guid guid = Guid.Parse("0198c0de-0000-7000-8000-000000000001");
        byte[] bytes = new byte[300];
        string text = new('я', 2_000);
        long next = 0;
        Allocation.AssertNone(() =>
        {
            hyper.Add(next++); // new keys, some of which raise registers
            hyper.Add(bytes);
            hyper.Add(text);
            hyper.Add(guid);
            ultra.Add(next);
            ultra.Add(bytes);
            ultra.Add(text);
            ultra.Add(guid);
        });
    }

    [Fact]
    public void Estimates_and_sparse_adds_of_known_keys_allocate_nothing()
    {
        var sparse = new HyperLogLog();
        sparse.Add(1);
        var dense = new HyperLogLog(10);
        var ultra = new UltraLogLog(10);
        for (long key = 0; key < 5_000; key++)
        {
            dense.Add(key);
            ultra.Add(key);
        }

        double sum = 0;
        Allocation.AssertNone(() =>
        {
            sparse.Add(1);
            sum += sparse.Estimate() + dense.Estimate() + ultra.Estimate() + dense.Bounds(2).Upper;
        });
    }

    [Fact]
    public void A_hundred_keys_take_half_a_kilobyte_and_an_empty_sketch_an_eighth()
    {
        const int Sketches = 1_000;
        Assert.InRange(Median(100), 400, 512);
        Assert.InRange(Median(0), 64, 128);

        // What earlier tests left behind may go while this one counts, once.
        static double Median(int keys) => Enumerable.Range(0, 5).Select(_ => BytesOf(keys)).Order().ElementAt(2);

        static double BytesOf(int keys)
        {
            var held = new HyperLogLog[Sketches];
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < Sketches; i++)
            {
                held[i] = new HyperLogLog();
                for (int key = 0; key < keys; key++)
                {
                    held[i].Add(((long)i << 32) + key);
                }
            }

            long after = GC.GetTotalMemory(forceFullCollection: true);
            GC.KeepAlive(held);
            return (double)(after - before) / Sketches;
        }
    }
}
