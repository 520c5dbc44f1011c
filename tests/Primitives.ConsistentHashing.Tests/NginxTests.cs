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
    public void Points_of_two_names_of_one_server_belong_to_the_first_in_ordinal_order()
    {
        // "h" and "h:" are one host without a port to nginx, so every point is there twice; no key sees the second.
        HashRing<string> ring = HashRing<string>.Create([new("h:", "second"), new("h", "first")], RingPoints.Nginx);

        Assert.Equal(320, ring.PointCount);
        Assert.All(Enumerable.Range(0, 1_000), key => Assert.Equal("first", ring.GetNode(key)));
        Assert.Equal(0, ring.Statistics.Shares[1].Share);
        HashRing<string> alone = ring.Remove("h");
        Assert.Equal(160, alone.PointCount);
        Assert.Equal("second", alone.GetNode(1));
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
