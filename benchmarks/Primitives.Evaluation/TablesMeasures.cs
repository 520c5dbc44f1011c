namespace Primitives.Evaluation;

/// <summary>Maglev, jump, JumpBack and rendezvous hashing.</summary>
internal static class TablesMeasures
{
    private const int Hashes = 1 << 16;

    public static void Accuracy(Scorecard card)
    {
        card.AtMost("keys that move to another bucket than the new one, jump", WrongMoves(JumpHash.GetBucketByHash), 0, "", "65,536 keys, 1 to 200 buckets");
        card.AtMost("keys that move to another bucket than the new one, JumpBack", WrongMoves(JumpBackHash.GetBucketByHash), 0, "", "65,536 keys, 1 to 200 buckets");
        foreach (int nodes in (int[])[10, 100, 1_000])
        {
            card.AtMost($"Maglev slots of {nodes:#,0} equal nodes, most less fewest", SlotSpread(nodes), 1);
        }

        card.AtMost("slots that move without need when one of 100 nodes leaves, Maglev", MaglevChurn(100), 1, "%", "the price of an even table");
        card.AtMost("keys that move without need when one of 20 weighted nodes leaves, rendezvous", RendezvousChurn(20), 0, "", "65,536 keys");

        ulong[] hashes = RandomHashes();
        var table = MaglevTable<int>.Create(Nodes(100));
        var rendezvous = RendezvousHash<int>.Create(Nodes(20));
        card.AtMost("bytes allocated by a Maglev lookup", Allocated.BytesPerOperation(n => Lookups(table, hashes, n)), 0, "B");
        card.AtMost("bytes allocated by JumpBack", Allocated.BytesPerOperation(n => JumpBack(hashes, 100, n)), 0, "B");
        card.AtMost("bytes allocated by a rendezvous lookup", Allocated.BytesPerOperation(n => Rendezvous(rendezvous, hashes, n)), 0, "B");
    }

    private static double WrongMoves(Func<ulong, int, int> bucketOf)
    {
        int wrong = 0;
        foreach (ulong hash in RandomHashes())
        {
            int before = 0;
            for (int buckets = 2; buckets <= 200; buckets++)
            {
                int after = bucketOf(hash, buckets);
                wrong += after != before && after != buckets - 1 ? 1 : 0;
                before = after;
            }
        }

        return wrong;
    }

    private static double SlotSpread(int nodes)
    {
        var table = MaglevTable<int>.Create(Nodes(nodes));
        int[] counts = new int[nodes];
        for (int slot = 0; slot < table.TableSize; slot++)
        {
            counts[table.GetNodeByHash((ulong)slot)]++;
        }

        return counts.Max() - counts.Min();
    }

    private static double MaglevChurn(int nodes)
    {
        var before = MaglevTable<int>.Create(Nodes(nodes));
        var after = MaglevTable<int>.Create(Nodes(nodes).AsSpan()[..^1]);
        int moved = 0;
        for (int slot = 0; slot < before.TableSize; slot++)
        {
            int node = before.GetNodeByHash((ulong)slot);
            moved += node != nodes - 1 && node != after.GetNodeByHash((ulong)slot) ? 1 : 0;
        }

        return 100.0 * moved / before.TableSize;
    }

    private static double RendezvousChurn(int nodes)
    {
        RingNode<int>[] members = [.. Nodes(nodes).Select(node => node with { Weight = node.Value + 1 })];
        var before = RendezvousHash<int>.Create(members);
        var after = RendezvousHash<int>.Create(members.AsSpan()[..^1]);
        return RandomHashes().Count(hash => before.GetNodeByHash(hash) is var node && node != nodes - 1 && node != after.GetNodeByHash(hash));
    }

    private static long Rendezvous(RendezvousHash<int> rendezvous, ulong[] hashes, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += rendezvous.GetNodeByHash(hashes[i & (Hashes - 1)]);
        }

        return sum;
    }

    public static void Speed(Scorecard card)
    {
        ulong[] hashes = RandomHashes();
        foreach (int buckets in (int[])[100, 1_000])
        {
            RatioResult jump = Ratio.Of(n => JumpBack(hashes, buckets, n), n => Jump(hashes, buckets, n));
            card.AtLeast($"JumpBack against jump, {buckets:#,0} buckets", jump.Speedup, 4, "x", jump.Note);
        }

        foreach (int nodes in (int[])[10, 100, 1_000])
        {
            var table = MaglevTable<int>.Create(Nodes(nodes));
            int[] perSlot = [.. Enumerable.Range(0, table.TableSize).Select(slot => table.GetNodeByHash((ulong)slot))];
            RatioResult lookup = Ratio.Of(n => Lookups(table, hashes, n), n => Reads(perSlot, hashes, n));
            card.AtMost($"Maglev lookup of {nodes:#,0} nodes, against reading an array at the scaled hash", lookup.Value, 2, "x", lookup.Note);
        }
    }

    private static RingNode<int>[] Nodes(int count) => [.. Enumerable.Range(0, count).Select(i => new RingNode<int>($"node-{i}", i))];

    private static ulong[] RandomHashes()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Hashes).Select(_ => (ulong)random.NextInt64() << 1)];
    }

    private static long Jump(ulong[] hashes, int buckets, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += JumpHash.GetBucketByHash(hashes[i & (Hashes - 1)], buckets);
        }

        return sum;
    }

    private static long JumpBack(ulong[] hashes, int buckets, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += JumpBackHash.GetBucketByHash(hashes[i & (Hashes - 1)], buckets);
        }

        return sum;
    }

    private static long Lookups(MaglevTable<int> table, ulong[] hashes, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += table.GetNodeByHash(hashes[i & (Hashes - 1)]);
        }

        return sum;
    }

    // A hash must become an index for any array; this is the cheapest way, where Maglev's rule asks for a remainder.
    private static long Reads(int[] perSlot, ulong[] hashes, int n)
    {
        long sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += perSlot[(int)Math.BigMul(hashes[i & (Hashes - 1)], (ulong)perSlot.Length, out _)];
        }

        return sum;
    }
}
