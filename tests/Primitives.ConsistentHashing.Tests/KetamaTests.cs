using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Primitives.Tests;

public class KetamaTests
{
    private static readonly string[] Names = ["ketama", "ketama.two", "eq5", "w3"];

    public static TheoryData<string> Configurations => new(Names);

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Every_key_goes_where_libketama_sends_it(string configuration)
    {
        HashRing<string> ring = Ring(configuration);
        string[][] rows = [.. Rows().Where(row => row[0] == configuration)];

        Assert.InRange(rows.Length, 34, 40);
        foreach (string[] row in rows)
        {
            ulong hash = ring.HashOf(row[1]);
            (ulong point, int owner) = FirstAtOrAfter(ring, hash);

            Assert.Equal(row[2], (hash >> 32).ToString(CultureInfo.InvariantCulture));
            Assert.Equal(row[3], (point >> 32).ToString(CultureInfo.InvariantCulture));
            Assert.Equal(row[4], ring.Members[owner].Name);
            Assert.Equal(row[4], ring.GetNode(row[1]));
            Assert.Equal(row[4], ring.GetNode(Encoding.UTF8.GetBytes(row[1])));
        }
    }

    [Fact]
    public void Every_row_of_the_vectors_belongs_to_a_configuration()
    {
        string[][] rows = Rows();

        Assert.Equal(148, rows.Length);
        Assert.Equal(Names.Order(), rows.Select(row => row[0]).Distinct().Order());
    }

    [Theory]
    [InlineData("ketama", 1264, "6cd687b39d3dfd6bcc5922c74182d2002c06feca91bf7380d9488c3532cc5764")]
    [InlineData("ketama.two", 636, "fd8a364b97fa75e159554f19613ef50193be9e1a350aadb793674b29735b635f")]
    [InlineData("eq5", 800, "8662c17054cb66da5ae204679b9dc2cc2fe62d2eb5fbe293f56b1c4f2fb5cf44")]
    [InlineData("w3", 480, "f06c67c746a0104ca08b390fa53230fbdc155aea75e3ee60f6386600cf3850d0")]
    public void The_whole_ring_is_libketamas_point_by_point(string configuration, int points, string sha256)
    {
        HashRing<string> ring = Ring(configuration);
        var text = new StringBuilder();
        foreach ((ulong point, int owner) in ring.Table)
        {
            text.Append(CultureInfo.InvariantCulture, $"{point >> 32} {ring.Members[owner].Name}\n");
        }

        Assert.Equal(points, ring.PointCount);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
    }

    [Theory]
    [InlineData("ketama", new[] { 176, 88, 56, 104, 296, 236, 280, 28 })]
    [InlineData("ketama.two", new[] { 256, 128, 212, 40 })]
    [InlineData("eq5", new[] { 160, 160, 160, 160, 160 })]
    [InlineData("w3", new[] { 80, 160, 240 })]
    public void Weights_give_the_points_that_libketama_gives(string configuration, int[] points) =>
        Assert.Equal(points, Ring(configuration).Statistics.Shares.Select(share => share.Points));

    // Arithmetic that does not narrow as libketama's goes wrong at one or the other of these.
    [Theory]
    [InlineData(1, 160)]
    [InlineData(7, 160)]
    [InlineData(25, 160)]
    [InlineData(61, 156)]
    public void Equal_nodes_have_the_points_of_single_precision_arithmetic(int nodes, int pointsEach)
    {
        HashRing<int> ring = HashRing<int>.Create(
            [.. Enumerable.Range(0, nodes).Select(i => new RingNode<int>($"10.0.2.{i}:11212", i))], RingPoints.Ketama());

        Assert.All(ring.Statistics.Shares, share => Assert.Equal(pointsEach, share.Points));
        Assert.Equal(nodes * pointsEach, ring.PointCount);
    }

    [Fact]
    public void Adding_removing_and_reweighting_give_the_ring_made_in_one_go()
    {
        HashRing<string> whole = Ring("ketama");
        HashRing<string> stepwise = HashRing<string>.Create([], RingPoints.Ketama()).Add(new("gone:1", "gone", 500));
        foreach (RingNode<string> node in whole.Members.Reverse())
        {
            stepwise = stepwise.Add(node with { Weight = 7 }).SetWeight(node.Name, node.Weight);
        }

        stepwise = stepwise.Remove("gone:1");

        Assert.Equal(whole.Members, stepwise.Members);
        Assert.True(whole.Table.SequenceEqual(stepwise.Table));
    }

    [Fact]
    public void Omitting_the_default_port_changes_the_points_of_names_with_that_port_alone()
    {
        string[] names = ["a:11211", "b:11212", "c", "d:111211", "e:11211.example"];
        RingNode<string>[] nodes = Array.ConvertAll(names, name => new RingNode<string>(name, name));
        HashRing<string> libketama = HashRing<string>.Create(nodes, RingPoints.Ketama(KetamaNaming.HostPort));
        HashRing<string> libmemcached = HashRing<string>.Create(nodes, RingPoints.Ketama(KetamaNaming.OmitDefaultPort));

        ILookup<string, ulong> expected = PointsByName(libketama);
        ILookup<string, ulong> actual = PointsByName(libmemcached);

        Assert.Equal(names, libmemcached.Members.Select(node => node.Name));
        Assert.All(names[1..], name => Assert.Equal(expected[name], actual[name]));
        Assert.Empty(expected["a:11211"].Intersect(actual["a:11211"]));
        Assert.Equal(
            PointsByName(HashRing<string>.Create([new("a", "a"), .. nodes[1..]], RingPoints.Ketama()))["a"],
            actual["a:11211"]);
    }

    [Fact]
    public void Without_the_default_port_the_names_with_and_without_it_are_one_given_twice()
    {
        RingPoints rule = RingPoints.Ketama(KetamaNaming.OmitDefaultPort);
        foreach ((string one, string other) in new[] { ("a", "a:11211"), ("a:11211", "a") })
        {
            HashRing<int> ring = HashRing<int>.Create([new(one, 1), new("b", 2)], rule);
            foreach (ArgumentException refusal in new[]
            {
                Assert.Throws<ArgumentException>("node", () => ring.Add(new(other, 3))),
                Assert.Throws<ArgumentException>("nodes", () => HashRing<int>.Create([new(one, 1), new("b", 2), new(other, 3)], rule)),
            })
            {
                Assert.Contains("\"a\"", refusal.Message, StringComparison.Ordinal);
                Assert.Contains("\"a:11211\"", refusal.Message, StringComparison.Ordinal);
            }

            Assert.Equal(2, HashRing<int>.Create([new(one, 1), new(other, 2)], RingPoints.Ketama()).NodeCount); // two to libketama
        }
    }

    [Fact]
    public void The_default_naming_is_libketamas() =>
        Assert.True(
            HashRing<string>.Create([new("a:11211", "a")], RingPoints.Ketama()).Table.SequenceEqual(
                HashRing<string>.Create([new("a:11211", "a")], RingPoints.Ketama(KetamaNaming.HostPort)).Table));

    [Fact]
    public void A_weight_too_small_for_a_point_gives_a_node_without_keys()
    {
        HashRing<string> ring = HashRing<string>.Create([new("big:1", "big", 1_000), new("small:1", "small", 1)], RingPoints.Ketama());

        Assert.True(ring.Contains("small:1"));
        Assert.Equal([79 * 4, 0], ring.Statistics.Shares.Select(share => share.Points)); // floor(1000 / 1001 * 80) = 79
        Assert.Equal(0, ring.Statistics.Shares[1].Share);
        Assert.All(Enumerable.Range(0, 1_000), key => Assert.Equal("big", ring.GetNode(key)));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.5)]
    [InlineData(4_294_967_296)]
    [InlineData(1e300)]
    public void Weights_that_a_file_of_libketama_cannot_hold_are_refused_by_name(double weight)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => HashRing<int>.Create([new("a:1", 1), new("b:1", 2, weight)], RingPoints.Ketama()));

        Assert.Contains("\"b:1\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ketama", refusal.Message, StringComparison.Ordinal);
        HashRing<int> ring = HashRing<int>.Create([new("a:1", 1), new("b:1", 2)], RingPoints.Ketama());
        Assert.Throws<ArgumentException>(() => ring.SetWeight("b:1", weight));
        Assert.Throws<ArgumentException>(() => ring.Add(new("c:1", 3, weight)));
    }

    [Fact]
    public void The_digest_is_the_platforms_for_every_length_around_its_blocks()
    {
        byte[] data = new byte[300];
        new Random(1).NextBytes(data);
        byte[] digest = new byte[Md5.DigestBytes];
        for (int length = 0; length <= data.Length; length++)
        {
            Md5.Compute(data.AsSpan(0, length), digest);

            Assert.Equal(CryptographicOperations.HashData(HashAlgorithmName.MD5, data.AsSpan(0, length)), digest);
        }
    }

    private static string[][] Rows() =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", "ketama.csv")).Skip(1).Select(line => line.Split(','))];

    private static HashRing<string> Ring(string configuration)
    {
        (string Name, double Weight)[] nodes = configuration switch
        {
            "ketama" =>
            [
                ("10.0.1.1:11211", 600), ("10.0.1.2:11211", 300), ("10.0.1.3:11211", 200), ("10.0.1.4:11211", 350),
                ("10.0.1.5:11211", 1000), ("10.0.1.6:11211", 800), ("10.0.1.7:11211", 950), ("10.0.1.8:11211", 100),
            ],
            "ketama.two" => [("10.0.1.1:11211", 60), ("10.0.1.2:11211", 30), ("10.0.1.7:11211", 50), ("10.0.1.8:11211", 10)],
            "eq5" => [.. Enumerable.Range(1, 5).Select(i => ($"10.0.0.{i}:11212", 1.0))],
            "w3" => [("cache-a.example:11311", 10), ("cache-b.example:11311", 20), ("cache-c.example:11311", 30)],
            _ => throw new ArgumentOutOfRangeException(nameof(configuration)),
        };
        return HashRing<string>.Create(
            Array.ConvertAll(nodes, node => new RingNode<string>(node.Name, node.Name, node.Weight)), RingPoints.Ketama());
    }

    private static (ulong Point, int Owner) FirstAtOrAfter(HashRing<string> ring, ulong hash)
    {
        (ulong Point, int Owner)? first = null;
        foreach ((ulong Point, int Owner) entry in ring.Table)
        {
            first ??= entry;
            if (entry.Point >= hash)
            {
                return entry;
            }
        }

        return first!.Value;
    }

    private static ILookup<string, ulong> PointsByName(HashRing<string> ring)
    {
        var points = new List<(string Name, ulong Point)>();
        foreach ((ulong point, int owner) in ring.Table)
        {
            points.Add((ring.Members[owner].Name, point));
        }

        return points.ToLookup(entry => entry.Name, entry => entry.Point);
    }
}
