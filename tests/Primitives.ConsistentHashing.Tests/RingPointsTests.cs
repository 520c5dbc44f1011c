using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Primitives.Tests;

public class RingPointsTests
{
    public static TheoryData<string> Rules => ["standard", "ketama", "nginx", "envoy"];

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData((1 << 20) + 1)]
    [InlineData(int.MaxValue)]
    public void Virtual_nodes_outside_their_range_are_refused(int virtualNodes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(virtualNodes), () => RingPoints.Standard(virtualNodes));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(virtualNodes), () => HashRing<int>.Create([], virtualNodes));
    }

    [Fact]
    public void Virtual_nodes_reach_from_one_to_the_most_points()
    {
        Assert.Equal(1, HashRing<int>.Create([new("a", 1)], RingPoints.Standard(1)).PointCount);
        Assert.Equal(160, HashRing<int>.Create([new("a", 1)], RingPoints.Standard()).PointCount);
        Assert.Equal(160, RingPoints.DefaultVirtualNodes);
        Assert.Equal(1 << 20, HashRing<int>.Create([new("a", 1)], RingPoints.Standard(1 << 20)).PointCount);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_naming_that_there_is_not_is_refused(int naming) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(naming), () => RingPoints.Ketama((KetamaNaming)naming));

    [Theory]
    [InlineData(0, 1_024, "minimumRingSize")]
    [InlineData(-1, 1_024, "minimumRingSize")]
    [InlineData((1 << 20) + 1, int.MaxValue, "minimumRingSize")]
    [InlineData(1_024, 1_023, "maximumRingSize")]
    [InlineData(1, 0, "maximumRingSize")]
    public void Ring_sizes_outside_their_range_are_refused(int minimum, int maximum, string parameter) =>
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => RingPoints.Envoy(minimum, maximum));

    [Fact]
    public void Ring_sizes_may_be_equal_and_at_their_ends()
    {
        Assert.Equal(1, HashRing<int>.Create([new("a", 1)], RingPoints.Envoy(1, 1)).PointCount);
        Assert.Equal(1 << 20, HashRing<int>.Create([new("a", 1)], RingPoints.Envoy(1 << 20, int.MaxValue)).PointCount);
    }

    [Theory]
    [InlineData(1, 160)]
    [InlineData(2.5, 400)]
    [InlineData(0.003125, 1)] // half a point rounds up
    [InlineData(0.009375, 2)] // one and a half: away from zero
    [InlineData(0.015625, 3)] // two and a half: not to even
    [InlineData(double.Epsilon, 1)] // at least one
    [InlineData(0.00624, 1)]
    public void The_suites_own_points_are_the_rounded_weight_and_at_least_one(double weight, int points) =>
        Assert.Equal(points, HashRing<int>.Create([new("a", 1, weight)]).PointCount);

    [Fact]
    public void The_suites_own_points_are_split_mix_outputs_seeded_with_the_hash_of_the_name()
    {
        foreach (string name in (string[])["a", "cache-1.example:11211", "узел-😀"])
        {
            ulong state = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name));
            var expected = new SortedSet<ulong>();
            for (int i = 0; i < 200; i++)
            {
                // The published step: add the golden ratio, then mix by two multiplications.
                ulong z = unchecked(state += 0x9E3779B97F4A7C15);
                z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
                z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
                expected.Add(z ^ (z >> 31));
            }

            var actual = new List<ulong>();
            foreach ((ulong point, _) in HashRing<int>.Create([new(name, 1)], 200).Table)
            {
                actual.Add(point);
            }

            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Bytes_and_text_hash_as_the_rule_documents(string name)
    {
        (RingPoints rule, Func<byte[], ulong> expected) = Rule(name);
        HashRing<int> ring = HashRing<int>.Create([new("a", 1), new("b", 2)], rule);
        string[] keys =
        [
            "", "a", "user:42", "éclair", "日本語", "😀",
            // Around where text leaves the stack, in one, two and three bytes a character.
            .. from length in (int[])[169, 170, 171, 172, 511, 512, 513, 5_000]
               from letter in (char[])['x', 'é', '語']
               select new string(letter, length),
        ];
        foreach (string key in keys)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(key);

            Assert.Equal(expected(bytes), ring.HashOf(bytes));
            Assert.Equal(expected(bytes), ring.HashOf(key));
            AssertSameNode(ring, expected(bytes), ring.GetNode(bytes), ring.GetNode(key));
            Assert.True(ring.TryGetNode(bytes, out int byBytes));
            Assert.True(ring.TryGetNode(key, out int byText));
            AssertSameNode(ring, expected(bytes), byBytes, byText);
        }

        Assert.Equal(expected(Encoding.UTF8.GetBytes("a\uFFFDb")), ring.HashOf("a\uD800b"));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Integers_hash_as_their_little_endian_bytes_and_guids_as_their_big_endian_ones(string name)
    {
        (RingPoints rule, Func<byte[], ulong> expected) = Rule(name);
        HashRing<int> ring = HashRing<int>.Create([new("a", 1), new("b", 2)], rule);
        byte[] bytes = new byte[sizeof(ulong)];
        foreach (long key in (long[])[0, 1, -1, 42, int.MinValue, long.MinValue, long.MaxValue, 0x0123456789ABCDEF])
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, key);
            ulong hash = expected(bytes);

            Assert.Equal(hash, ring.HashOf(key));
            Assert.Equal(hash, ring.HashOf(unchecked((ulong)key)));
            AssertSameNode(ring, hash, ring.GetNode(key), ring.GetNode(unchecked((ulong)key)));
            Assert.True(ring.TryGetNode(key, out int signed));
            Assert.True(ring.TryGetNode(unchecked((ulong)key), out int unsigned));
            AssertSameNode(ring, hash, signed, unsigned);
        }

        Guid guid = new("00112233-4455-6677-8899-aabbccddeeff");
        ulong guidHash = expected(Convert.FromHexString("00112233445566778899aabbccddeeff"));
        Assert.Equal(guidHash, ring.HashOf(guid));
        Assert.True(ring.TryGetNode(guid, out int byGuid));
        AssertSameNode(ring, guidHash, ring.GetNode(guid), byGuid);
    }

    [Theory]
    [InlineData("ketama")]
    [InlineData("nginx")]
    public void The_lower_half_of_a_32_bit_hash_does_not_matter(string name)
    {
        HashRing<int> ring = HashRing<int>.Create([.. Enumerable.Range(0, 20).Select(i => new RingNode<int>($"n{i}:1", i))], Rule(name).Points);
        foreach ((ulong point, int owner) in ring.Table)
        {
            ulong hash = point >> 32 << 32;

            Assert.Equal(owner, (int)ring.Table.OwnerOf(hash));
            Assert.Equal(owner, (int)ring.Table.OwnerOf(hash | uint.MaxValue));
        }
    }

    private static void AssertSameNode(HashRing<int> ring, ulong hash, params int[] nodes) =>
        Assert.All(nodes, node => Assert.Equal(ring.GetNodeByHash(hash), node));

    private static (RingPoints Points, Func<byte[], ulong> Hash) Rule(string name) => name switch
    {
        "standard" => (RingPoints.Standard(), bytes => XxHash3.HashToUInt64(bytes)),
        "ketama" => (RingPoints.Ketama(), bytes => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes)) << 32),
        "nginx" => (RingPoints.Nginx, bytes => (ulong)Crc32.HashToUInt32(bytes) << 32),
        "envoy" => (RingPoints.Envoy(), bytes => XxHash64.HashToUInt64(bytes)),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
