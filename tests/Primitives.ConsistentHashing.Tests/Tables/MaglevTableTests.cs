using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class MaglevTableTests
{
    private static readonly int[] Primes = [2, 3, 5, 7, 11, 13, 17, 31, 61, 97, 101, 127, 251, 257, 509, 521, 1_009];

    [Fact]
    public void Tables_are_those_of_envoy()
    {
        foreach (string[] row in TableVectors.Read("maglev.csv", 4))
        {
            RingNode<int>[] nodes = [.. row[2].Split('|').Select(Parse)];
            int[] expected = [.. row[3].Split(' ').Select(index => int.Parse(index, CultureInfo.InvariantCulture))];
            var table = MaglevTable<int>.Create(nodes, int.Parse(row[1], CultureInfo.InvariantCulture));
            Assert.Equal(expected, Slots(table));
        }

        static RingNode<int> Parse(string host, int index)
        {
            int colon = host.LastIndexOf(':');
            return new RingNode<int>(host[..colon], index, double.Parse(host[(colon + 1)..], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Every_slot_is_filled_by_envoys_rule()
    {
        Gen<double> weights = Gen.OneOf(
            Gen.Constant(1.0),
            Gen.Choose(1, 5).Select(i => (double)i),
            Gen.Choose(1, 1_000).Select(i => i / 3.0),
            Gen.Choose(-20, 20).Select(i => Math.Pow(10, i)));
        PropertyTest.Check(Nodes(weights), Gen.Elements(Primes), (nodes, size) =>
        {
            nodes = [.. nodes.Take(size)];
            var table = MaglevTable<string>.Create(nodes, size);
            Assert.Equal(MaglevReference.Fill(nodes, size), Slots(table));
        }, count: 1_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(700)]
    public void The_default_table_is_filled_by_envoys_rule(int count)
    {
        var random = new Random(count);
        RingNode<string>[] nodes = [.. Enumerable.Range(0, count).Select(i => new RingNode<string>($"10.0.0.{i}:80", $"10.0.0.{i}:80", 1 + random.Next(20)))];
        var table = MaglevTable<string>.Create(nodes);
        Assert.Equal(65_537, table.TableSize);
        Assert.Equal(MaglevReference.Fill(nodes, 65_537), Slots(table));
    }

    [Fact]
    public void Names_are_ordered_by_their_utf8_not_their_utf16()
    {
        // U+FF5E comes before U+1F600 in UTF-8 and after it, which begins with U+D83D, in UTF-16. Of three slots, the
        // node that picks first gets two.
        RingNode<string>[] nodes = [new("node-\U0001F600", "emoji"), new("node-\uFF5E", "tilde")];
        Assert.Equal(2, Slots(MaglevTable<string>.Create(nodes, 3)).Count(node => node == "tilde"));
    }

    [Fact]
    public void The_slot_is_the_hash_modulo_the_size()
    {
        foreach (int size in (int[])[.. Primes, 65_521, 65_537, 131_071, 999_983, 4_999_999, 5_000_011])
        {
            var table = MaglevTable<int>.Create([.. Enumerable.Range(0, Math.Min(size, 50)).Select(i => new RingNode<int>($"{i}", i))], size);
            int[] slots = Slots(table);
            var random = new Random(size);
            ulong last = ulong.MaxValue - (ulong.MaxValue % (ulong)size); // the last multiple
            ulong[] edges = [0, 1, last - 1, last, last + 1, ulong.MaxValue - 1, ulong.MaxValue, 1UL << 63, uint.MaxValue, 1UL << 32];
            IEnumerable<ulong> hashes = Enumerable.Range(0, 3_000)
                .Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))
                .SelectMany(hash => (ulong[])[hash, hash - (hash % (ulong)size), hash - (hash % (ulong)size) - 1]);
            foreach (ulong hash in edges.Concat(hashes))
            {
                Assert.True(slots[hash % (ulong)size] == table.GetNodeByHash(hash), $"{hash:X} modulo {size}");
            }
        }
    }

    [Fact]
    public void Equal_weights_get_equal_slots_up_to_one()
    {
        foreach (int count in (int[])[1, 2, 3, 7, 10, 64, 100, 1_000])
        {
            foreach (double weight in (double[])[1, 0.1, 3e50])
            {
                var table = MaglevTable<int>.Create(Nodes(count, _ => weight));
                int[] counts = CountSlots(table, count);
                Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }
        }
    }

    [Fact]
    public void Weights_get_their_share_of_slots_within_the_stated_bounds()
    {
        Gen<double> weights = Gen.OneOf(
            Gen.Choose(1, 100).Select(i => (double)i),
            Gen.Choose(-60, 60).Select(i => Math.Pow(10, i / 10.0)));
        PropertyTest.Check(weights.NonEmptyListOf(), Gen.Elements(97, 251, 1_009, 10_007), (list, size) =>
        {
            double[] given = [.. list.Take(size)];
            var table = MaglevTable<int>.Create(Nodes(given.Length, i => given[i]), size);
            int[] counts = CountSlots(table, given.Length);
            double sum = given.Sum();
            for (int i = 0; i < given.Length; i++)
            {
                double share = given[i] / sum;
                Assert.InRange(counts[i], Math.Max(1, ((size - given.Length) * share) - 1 - 1e-6), (size * share) + 2 + 1e-6);
            }
        }, count: 300);
    }

    [Fact]
    public void A_node_of_a_millionth_of_the_weight_gets_one_slot()
    {
        var table = MaglevTable<int>.Create([new("light", 0, 1), new("heavy", 1, 1e6)]);
        Assert.Equal([1, 65_536], CountSlots(table, 2));
    }

    [Fact]
    public void One_weight_out_of_all_proportion_does_not_stall_the_build()
    {
        // Asking every node in every round would take 5,000,011 * 50,000 questions.
        var table = MaglevTable<int>.Create(Nodes(50_000, i => i == 7 ? 1e50 : 1), 5_000_011);
        int[] counts = CountSlots(table, 50_000);
        Assert.Equal(5_000_011 - 49_999, counts[7]);
        Assert.All(counts, count => Assert.True(count >= 1));
    }

    [Fact]
    public void A_table_can_have_as_many_nodes_as_two_bytes_can_number()
    {
        var table = MaglevTable<int>.Create(Nodes(65_536, _ => 1));
        int[] counts = CountSlots(table, 65_536);
        Assert.Equal((1, 2), (counts.Min(), counts.Max()));
    }

    [Fact]
    public void The_order_of_the_nodes_does_not_matter() =>
        PropertyTest.Check(Nodes(Gen.Choose(1, 9).Select(i => (double)i)), nodes =>
        {
            RingNode<string>[] shuffled = [.. nodes];
            new Random(nodes.Length).Shuffle(shuffled);
            Assert.Equal(Slots(MaglevTable<string>.Create(nodes, 509)), Slots(MaglevTable<string>.Create(shuffled, 509)));
            Assert.Equal(Slots(MaglevTable<string>.Create(nodes, 509)), Slots(MaglevTable<string>.Create(shuffled.AsEnumerable(), 509)));
        });

    /// <summary>What the documentation says of needless moves; names and size are fixed, so the figures are exact.</summary>
    [Theory]
    [InlineData(10, 0.0025)]
    [InlineData(100, 0.006)]
    [InlineData(1_000, 0.006)]
    public void Removing_a_node_moves_few_keys_between_those_that_stay(int count, double allowed)
    {
        RingNode<int>[] nodes = Nodes(count, _ => 1);
        int[] before = Slots(MaglevTable<int>.Create(nodes));
        int needless = 0;
        int removals = 0;
        for (int removed = 0; removed < count; removed += Math.Max(1, count / 10), removals++)
        {
            int[] after = Slots(MaglevTable<int>.Create(nodes.Where(node => node.Value != removed)));
            needless += before.Zip(after).Count(pair => pair.First != removed && pair.First != pair.Second);
        }

        Assert.InRange((double)needless / removals / before.Length, 0, allowed);
    }

    [Fact]
    public void Keys_are_spread_as_evenly_as_chance_allows()
    {
        // 65,537 slots of 100 nodes differ by at most one, so the counts of random keys are as good as uniform.
        var table = MaglevTable<int>.Create(Nodes(100, _ => 1));
        var counts = new long[100];
        for (int key = 0; key < 200_000; key++)
        {
            counts[table.GetNode(key)]++;
        }

        Assert.InRange(ChiSquare.Statistic(counts), ChiSquare.Quantile(99, -4.26), ChiSquare.Quantile(99, 4.26));
    }

    [Fact]
    public void Every_key_form_goes_through_the_stable_hash()
    {
        var table = MaglevTable<int>.Create(Nodes(1_000, _ => 1));
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal(table.GetNodeByHash(StableHash.Compute("grüße")), table.GetNode("grüße"));
        Assert.Equal(table.GetNode("grüße"), table.GetNode(Encoding.UTF8.GetBytes("grüße")));
        Assert.Equal(table.GetNodeByHash(StableHash.Compute(42)), table.GetNode(42));
        Assert.Equal(table.GetNode(42), table.GetNode(42UL));
        Assert.Equal(table.GetNodeByHash(StableHash.Compute(guid)), table.GetNode(guid));

        Assert.True(table.TryGetNode("grüße", out int node) && node == table.GetNode("grüße"));
        Assert.True(table.TryGetNode(Encoding.UTF8.GetBytes("grüße"), out node) && node == table.GetNode("grüße"));
        Assert.True(table.TryGetNode(42, out node) && node == table.GetNode(42));
        Assert.True(table.TryGetNode(42UL, out node) && node == table.GetNode(42));
        Assert.True(table.TryGetNode(guid, out node) && node == table.GetNode(guid));
        Assert.True(table.TryGetNodeByHash(42, out node) && node == table.GetNodeByHash(42));
    }

    [Fact]
    public void A_table_without_nodes_finds_none()
    {
        var table = MaglevTable<string>.Create([]);
        Assert.Equal((0, 65_537), (table.NodeCount, table.TableSize));
        Assert.Empty(table.Members);
        foreach (ulong hash in (ulong[])[0, 1, ulong.MaxValue])
        {
            Assert.False(table.TryGetNodeByHash(hash, out string? node));
            Assert.Null(node);
            Assert.Throws<InvalidOperationException>(() => table.GetNodeByHash(hash));
        }

        Assert.False(table.TryGetNode("key", out _));
        Assert.Throws<InvalidOperationException>(() => table.GetNode("key"));
    }

    [Fact]
    public void Members_are_the_nodes_in_the_order_of_their_names()
    {
        RingNode<int>[] nodes = [new("b", 1, 2, "z"), new("a", 2, 3), new("c", 3)];
        var table = MaglevTable<int>.Create(nodes, 7);
        Assert.Equal([nodes[1], nodes[0], nodes[2]], table.Members);
        Assert.Equal(3, table.NodeCount);
    }

    [Fact]
    public void A_lookup_allocates_nothing()
    {
        var table = MaglevTable<string>.Create([new("a", "A"), new("b", "B"), new("c", "C")]);
        string text = new('x', 300);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        int sum = 0;
        Allocation.AssertNone(() => sum += table.GetNode(text).Length + table.GetNode([1, 2]).Length);
        Allocation.AssertNone(() => sum += table.GetNode(42).Length + table.GetNode(guid).Length);
        Allocation.AssertNone(() => sum += table.TryGetNode(text, out string? node) ? node.Length : 0);
        Assert.NotEqual(0, sum);
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-7)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(65_536)]
    [InlineData(65_539 * 67)]
    [InlineData(5_000_039)]
    [InlineData(int.MaxValue)]
    public void A_size_that_is_not_a_prime_in_range_is_refused(int size)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>("tableSize", () => MaglevTable<int>.Create([new("a", 1)], size));
        Assert.Contains("prime number from 2 to 5000011", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_with_fewer_slots_than_nodes_is_refused()
    {
        Assert.Equal(7, CountSlots(MaglevTable<int>.Create(Nodes(7, _ => 1), 7), 7).Sum());
        var error = Assert.Throws<ArgumentOutOfRangeException>("tableSize", () => MaglevTable<int>.Create(Nodes(8, _ => 1), 7));
        Assert.Contains("8 nodes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_nodes_than_two_bytes_can_number_are_refused()
    {
        var error = Assert.Throws<ArgumentException>("nodes", () => MaglevTable<int>.Create(Nodes(65_537, _ => 1), 5_000_011));
        Assert.Contains("65536", error.Message, StringComparison.Ordinal);
    }

    private static RingNode<int>[] Nodes(int count, Func<int, double> weightOf) =>
        [.. Enumerable.Range(0, count).Select(i => new RingNode<int>($"node-{i}", i, weightOf(i)))];

    private static Gen<RingNode<string>[]> Nodes(Gen<double> weights) =>
        Gen.Choose(0, 5_000).Select(number => $"10.0.{number / 250}.{number % 250}")
            .SelectMany(name => weights.Select(weight => new RingNode<string>(name, name, weight)))
            .NonEmptyListOf()
            .Select(nodes => nodes.DistinctBy(node => node.Name).ToArray());

    private static TNode[] Slots<TNode>(MaglevTable<TNode> table)
        where TNode : notnull =>
        [.. Enumerable.Range(0, table.TableSize).Select(slot => table.GetNodeByHash((ulong)slot))];

    private static int[] CountSlots(MaglevTable<int> table, int nodes)
    {
        var counts = new int[nodes];
        foreach (int node in Slots(table))
        {
            counts[node]++;
        }

        return counts;
    }
}
