using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Primitives.Tests;

public class NginxTests
{
    [Theory]
    [InlineData("ngx5", 38)]
    [InlineData("ngxw3", 34)]
    public void Every_key_goes_where_nginx_sends_it(string configuration, int count)
    {
        HashRing<string> ring = Ring(configuration);
        string[][] rows = [.. Rows().Where(row => row[0] == configuration)];

        Assert.Equal(count, rows.Length);
        foreach (string[] row in rows)
        {
            ulong hash = ring.HashOf(row[1]);

            Assert.Equal(row[2], (hash >> 32).ToString(CultureInfo.InvariantCulture));
            Assert.Equal(row[3], (FirstAtOrAfter(ring, hash) >> 32).ToString(CultureInfo.InvariantCulture));
            Assert.Equal(row[4], ring.GetNode(row[1]));
            Assert.Equal(row[4], ring.GetNode(Encoding.UTF8.GetBytes(row[1])));
        }
    }

    [Fact]
    public void Every_row_of_the_vectors_belongs_to_a_configuration() =>
        Assert.Equal(["ngx5", "ngxw3"], Rows().Select(row => row[0]).Distinct().Order());

    [Fact]
    public void A_node_has_160_points_a_unit_of_weight()
    {
        Assert.Equal(5 * 160, Ring("ngx5").PointCount);
        Assert.Equal([160, 320, 480], Ring("ngxw3").Statistics.Shares.Select(share => share.Points));
    }

    [Fact]
    public void The_points_are_the_chained_checksums_of_host_and_port()
    {
        Assert.Equal(Chain("10.0.0.1", "8080", 320), Points("10.0.0.1:8080", 2));
        Assert.Equal(Chain("cache.example", "", 160), Points("cache.example"));
        Assert.Equal(Chain("[::1]", "80", 160), Points("[::1]:80"));
        Assert.Equal(Chain("[::1]", "", 160), Points("[::1]"));
        Assert.Equal(Chain("host:name", "", 160), Points("host:name")); // only digits are a port
        Assert.Equal(Chain("host", "", 160), Points("host:"));
        Assert.Equal(Chain("/run/app.sock", "", 160), Points("unix:/run/app.sock"));
        Assert.Equal(Chain("/run/app:80", "", 160), Points("unix:/run/app:80")); // a path has no port
        Assert.Equal(Chain("/run/app.sock", "", 160), Points("UNIX:/run/app.sock"));
    }

    [Fact]
    public void Points_that_two_nodes_share_belong_to_the_first_in_ordinal_order()
    {
        // 320,000 of 2^32 points: a dozen or so are there twice.
        const int Nodes = 2_000;
        HashRing<int> ring = HashRing<int>.Create([.. Enumerable.Range(0, Nodes).Select(i => new RingNode<int>($"h{i}:80", i))], RingPoints.Nginx);
        int shared = 0;
        (ulong Point, int Owner) last = (0, -1);
        foreach ((ulong Point, int Owner) entry in ring.Table)
        {
            if (entry.Point == last.Point && entry.Owner != last.Owner)
            {
                shared++;
                Assert.True(string.CompareOrdinal(ring.Members[last.Owner].Name, ring.Members[entry.Owner].Name) < 0);
                Assert.Equal(ring.Members[last.Owner].Value, ring.GetNodeByHash(entry.Point));
                last = last with { Point = last.Point + 1 }; // of three, only the first owns anything
            }

            last = entry.Point == last.Point - 1 ? last : entry;
        }

        Assert.InRange(shared, 3, 40);
    }

    [Theory]
    [InlineData("h", "h:")]
    [InlineData("unix:/s", "UNIX:/s")]
    [InlineData("unix:/s", "/s")]
    [InlineData("/s:", "UniX:/s")]
    [InlineData("h:80:", "unix:h:80")]
    public void Names_that_nginx_hashes_alike_are_one_name_given_twice(string first, string second)
    {
        Assert.Equal(Points(first), Points(second));
        foreach ((string one, string other) in new[] { (first, second), (second, first) })
        {
            HashRing<int> ring = HashRing<int>.Create([new(one, 1), new("another:80", 2)], RingPoints.Nginx);
            AssertBothNamed(Assert.Throws<ArgumentException>("node", () => ring.Add(new(other, 3))));
            AssertBothNamed(Assert.Throws<ArgumentException>(
                "nodes", () => HashRing<int>.Create([new(one, 1), new("another:80", 2), new(other, 3)], RingPoints.Nginx)));
            Assert.Equal(320, ring.Remove(one).Add(new(other, 3)).PointCount); // the one instead of the other
        }

        void AssertBothNamed(ArgumentException refusal)
        {
            Assert.Contains($"\"{first}\"", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"\"{second}\"", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Names_that_nginx_hashes_differently_are_different()
    {
        string[] names = ["h", "h:80", "h:080", "h80", "h:x", "80", ":80", "/h", "unix:h:80", "H"];
        HashRing<string> ring = HashRing<string>.Create([.. names.Select(name => new RingNode<string>(name, name))], RingPoints.Nginx);
        Assert.Equal(names.Length * 160, ring.PointCount);
        Assert.All(ring.Statistics.Shares, share => Assert.True(share.Share > 0));
    }

    [Fact]
    public void Adding_removing_and_reweighting_give_the_ring_made_in_one_go()
    {
        HashRing<string> whole = Ring("ngxw3");
        HashRing<string> stepwise = Ring("ngx5");
        foreach (RingNode<string> node in whole.Members)
        {
            stepwise = stepwise.Add(node with { Weight = 4 }).SetWeight(node.Name, node.Weight);
        }

        stepwise = Ring("ngx5").Members.Aggregate(stepwise, (ring, node) => ring.Remove(node.Name));

        Assert.Equal(whole.Members, stepwise.Members);
        Assert.True(whole.Table.SequenceEqual(stepwise.Table));
    }

    [Fact]
    public void Adding_a_node_moves_keys_to_it_alone()
    {
        HashRing<string> before = Ring("ngx5");
        HashRing<string> after = before.Add(new("10.0.0.9:11212", "new", 2));

        RingDiff<string> diff = before.Diff(after);

        Assert.NotEmpty(diff.Moves);
        Assert.All(diff.Moves, move => Assert.Equal("new", move.To.Value));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2.25)]
    [InlineData(4_294_967_296)]
    public void Weights_that_a_server_directive_cannot_hold_are_refused_by_name(double weight)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => HashRing<int>.Create([new("a:1", 1), new("b:1", 2, weight)], RingPoints.Nginx));

        Assert.Contains("\"b:1\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("nginx", refusal.Message, StringComparison.Ordinal);
        HashRing<int> ring = HashRing<int>.Create([new("a:1", 1)], RingPoints.Nginx);
        Assert.Throws<ArgumentException>(() => ring.SetWeight("a:1", weight));
        Assert.Throws<ArgumentException>(() => ring.Add(new("c:1", 3, weight)));
    }

    private static string[][] Rows() =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", "nginx.csv")).Skip(1).Select(line => line.Split(','))];

    private static HashRing<string> Ring(string configuration)
    {
        RingNode<string>[] nodes = configuration == "ngx5"
            ? [.. Enumerable.Range(1, 5).Select(i => $"10.0.0.{i}:11212").Select(name => new RingNode<string>(name, name))]
            : [.. Enumerable.Range(1, 3).Select(i => new RingNode<string>($"10.0.0.{i}:80", $"10.0.0.{i}:80", i))];
        return HashRing<string>.Create(nodes, RingPoints.Nginx);
    }

    private static ulong FirstAtOrAfter(HashRing<string> ring, ulong hash)
    {
        ulong? first = null;
        foreach ((ulong point, _) in ring.Table)
        {
            first ??= point;
            if (point >= hash)
            {
                return point;
            }
        }

        return first!.Value;
    }

    private static List<uint> Points(string name, double weight = 1)
    {
        var points = new List<uint>();
        foreach ((ulong point, _) in HashRing<int>.Create([new(name, 1, weight)], RingPoints.Nginx).Table)
        {
            points.Add((uint)(point >> 32));
        }

        return points;
    }

    // With the running state of the library's own CRC-32: the base of host, zero and port goes on with each last point.
    private static List<uint> Chain(string host, string port, int count)
    {
        var points = new List<uint>();
        byte[] last = new byte[4];
        for (int i = 0; i < count; i++)
        {
            var crc = new Crc32();
            crc.Append(Encoding.UTF8.GetBytes(host));
            crc.Append([0]);
            crc.Append(Encoding.UTF8.GetBytes(port));
            crc.Append(last);
            points.Add(crc.GetCurrentHashAsUInt32());
            last = BitConverter.GetBytes(points[^1]);
        }

        points.Sort();
        return points;
    }
}
