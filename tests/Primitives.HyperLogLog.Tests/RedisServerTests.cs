using System.Globalization;
using System.Text;

namespace Primitives.Tests;

/// <summary>What the in-process type and a real server make of the same commands, byte for byte.</summary>
public sealed class RedisServerTests(RedisServer server) : IClassFixture<RedisServer>, IDisposable
{
    private readonly RedisConnection _redis = server.Connect();

    [RedisFact]
    public void The_same_elements_give_the_servers_bytes_from_none_to_100_000()
    {
        // One at a time while the opcodes are split and joined, so that every string on the way is compared.
        var ours = new RedisHyperLogLog();
        Send("PFADD", "grown");
        AssertEqual(ours, "grown");
        for (int i = 0; i < 3_000; i++)
        {
            string element = $"element:{i % 2_500}"; // some again
            Assert.Equal(Send("PFADD", "grown", element), ours.Add(element) ? 1L : 0L);
            AssertEqual(ours, "grown");
        }

        Assert.False(ours.IsSparse);
        foreach (int count in new[] { 10_000, 30_000, 100_000 })
        {
            AddMany(ours, "grown", 3_000, count);
            AssertEqual(ours, "grown");
            Assert.Equal(Send("PFCOUNT", "grown"), ours.Count());
            AssertEqual(ours, "grown");
        }
    }

    [RedisFact]
    public void Counts_and_the_count_kept_in_the_string_are_the_servers()
    {
        var ours = new RedisHyperLogLog();
        Send("PFADD", "counted");
        for (int i = 0; i < 4_000; i++)
        {
            Assert.Equal(Send("PFADD", "counted", $"c{i / 2}"), ours.Add($"c{i / 2}") ? 1L : 0L);
            if (i % 7 == 0)
            {
                Assert.Equal(Send("PFCOUNT", "counted"), ours.Count());
            }

            AssertEqual(ours, "counted"); // kept if nothing changed since, marked stale otherwise
        }
    }

    [RedisFact]
    public void Other_limits_of_the_sparse_form_give_the_servers_bytes()
    {
        foreach (int limit in new[] { 0, 18, 20, 100, 1_000, 5_000, 16_000 })
        {
            Send("CONFIG", "SET", "hll-sparse-max-bytes", limit);
            var ours = new RedisHyperLogLog(limit);
            string key = $"limit:{limit}";
            Send("PFADD", key);
            for (int i = 0; i < 4_500; i += i < 60 ? 1 : 20)
            {
                AddMany(ours, key, i, i + (i < 60 ? 1 : 20));
                AssertEqual(ours, key);
            }

            Assert.Equal(limit == 16_000, ours.IsSparse);
        }

        Send("CONFIG", "SET", "hll-sparse-max-bytes", RedisHyperLogLog.DefaultSparseMaxBytes);
    }

    [RedisFact]
    public void A_rank_beyond_the_sparse_form_makes_it_dense_as_on_the_server()
    {
        string element = ElementOfRankAbove(25);
        var ours = new RedisHyperLogLog();
        ours.Add("a");
        Send("PFADD", "high", "a");

        // No element of rank 33 is found by trying; a register of 33 comes from a string that has one.
        Assert.True(ours.Add(element));
        Send("PFADD", "high", element);
        AssertEqual(ours, "high");

        byte[] dense = DenseWith(register: 77, rank: 33);
        Send("SET", "dense33", dense);
        RedisHyperLogLog source = RedisHyperLogLog.FromBytes(dense);
        ours.UnionWith(source);
        Send("PFMERGE", "high", "dense33");
        AssertEqual(ours, "high");
        Assert.False(ours.IsSparse);
    }

    [RedisFact]
    public void Elements_of_every_length_and_of_any_bytes_hash_as_on_the_server()
    {
        var random = new Random(1);
        var ours = new RedisHyperLogLog();
        Send("PFADD", "bytes");
        for (int length = 0; length < 600; length++)
        {
            byte[] element = new byte[length];
            random.NextBytes(element);
            Assert.Equal(Send("PFADD", "bytes", element), ours.Add(element) ? 1L : 0L);
        }

        foreach (string text in new[] { "", "ключ", "\ud83d\ude00", new string('я', 5_000), new string('x', 256), new string('x', 257) })
        {
            Assert.Equal(Send("PFADD", "bytes", text), ours.Add(text) ? 1L : 0L);
        }

        AssertEqual(ours, "bytes");
    }

    [RedisFact]
    public void Strings_travel_both_ways_and_go_on_where_they_were()
    {
        foreach (int count in new[] { 0, 1, 10, 100, 1_000, 2_000, 5_000, 100_000 })
        {
            var ours = new RedisHyperLogLog();
            for (int i = 0; i < count; i++)
            {
                ours.Add($"{count}:{i}");
            }

            // From here to the server, which counts on; and back, to count on here.
            string key = $"travel:{count}";
            Send("SET", key, ours.ToBytes());
            Assert.Equal(ours.Count(), Send("PFCOUNT", key));
            AddMany(ours, key, 200_000, 200_700);
            RedisHyperLogLog back = RedisHyperLogLog.FromBytes(_redis.Get(key));
            Assert.Equal(ours.ToBytes(), back.ToBytes());
            AddMany(back, key, 300_000, 300_700);
            AssertEqual(back, key);
            Assert.Equal(Send("PFCOUNT", key), back.Count());
        }
    }

    [RedisFact]
    public void Unions_are_the_servers_merges()
    {
        (RedisHyperLogLog Ours, string Key)[] parts =
        [
            .. new[] { 0, 1, 40, 300, 900, 2_500, 20_000 }.Select((count, i) =>
            {
                var ours = new RedisHyperLogLog();
                string key = $"part:{i}";
                Send("PFADD", key);
                AddMany(ours, key, 0, count);
                ours.Add($"only {i}");
                Send("PFADD", key, $"only {i}");
                return (ours, key);
            }),
        ];

        var random = new Random(2);
        for (int round = 0; round < 40; round++)
        {
            // One, two or three sources into a destination that may be among them, and may have been counted.
            var destination = RedisHyperLogLog.FromBytes(parts[round % 5].Ours.ToBytes());
            string key = $"merged:{round}";
            Send("SET", key, destination.ToBytes());
            if (round % 2 == 0)
            {
                Assert.Equal(Send("PFCOUNT", key), destination.Count());
            }

            var sources = Enumerable.Range(0, 1 + (round % 3)).Select(_ => parts[random.Next(parts.Length)]).ToArray();
            destination.UnionWith([.. sources.Select(source => source.Ours)]);
            Send(["PFMERGE", key, .. sources.Select(source => source.Key)]);
            AssertEqual(destination, key);
            Assert.Equal(Send("PFCOUNT", key), destination.Count());
        }
    }

    [RedisFact]
    public void What_is_refused_here_is_what_the_server_cannot_count()
    {
        // The server checks less; but nothing that it does call corrupted may be accepted here.
        var random = new Random(3);
        byte[] sparse = Sparse(60).ToBytes();
        int refusedByBoth = 0;
        for (int round = 0; round < 2_000; round++)
        {
            byte[] mutated = [.. sparse];
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            mutated = random.Next(3) == 0 ? mutated[..random.Next(mutated.Length)] : mutated;
            bool isOurs = RedisHyperLogLog.TryFromBytes(mutated, out RedisHyperLogLog? read, out _);
            Send("SET", "mutated", mutated);
            long? theirs;
            try
            {
                theirs = (long)Send("PFCOUNT", "mutated")!;
            }
            catch (InvalidOperationException)
            {
                theirs = null;
                refusedByBoth++;
                Assert.False(isOurs);
            }

            if (isOurs)
            {
                Assert.Equal(theirs, read!.Count());
            }
        }

        Assert.True(refusedByBoth > 100);
    }

    [RedisFact]
    public void The_example_of_the_docs_page_holds()
    {
        #region redis
        // Counted in process, without a network round trip for each visitor...
        var visitors = new RedisHyperLogLog();
        foreach (string visitor in new[] { "ada", "grace", "ada", "edsger" })
        {
            visitors.Add(visitor);
        }

        // ...then handed to Redis, where another machine's count already is, and merged there.
        _redis.Send("PFADD", "visitors:web1", "grace", "barbara");
        _redis.Send("SET", "visitors:web2", visitors.ToBytes());
        _redis.Send("PFMERGE", "visitors", "visitors:web1", "visitors:web2");
        object? inRedis = _redis.Send("PFCOUNT", "visitors");

        // And back: what Redis has merged can be read, counted and continued here.
        RedisHyperLogLog merged = RedisHyperLogLog.FromBytes(_redis.Get("visitors"));
        long here = merged.Count();
        #endregion

        Assert.Equal(4L, inRedis);
        Assert.Equal(4, here);
        Assert.Equal(_redis.Get("visitors"), merged.ToBytes());
    }

    public void Dispose() => _redis.Dispose();

    private static RedisHyperLogLog Sparse(int count)
    {
        var sketch = new RedisHyperLogLog();
        for (int i = 0; i < count; i++)
        {
            sketch.Add($"s{i}");
        }

        return sketch;
    }

    private static byte[] DenseWith(int register, int rank)
    {
        byte[] registers = new byte[RedisString.Registers];
        registers[register] = (byte)rank;
        byte[] bytes = new byte[12_304];
        "HYLL"u8.CopyTo(bytes);
        bytes[15] = 0x80;
        SixBits.Pack(registers, bytes.AsSpan(16));
        return bytes;
    }

    private static string ElementOfRankAbove(int rank)
    {
        for (int i = 0; ; i++)
        {
            string element = i.ToString(CultureInfo.InvariantCulture);
            if (ulong.TrailingZeroCount(MurmurHash64A.Compute(Encoding.ASCII.GetBytes(element)) >> RedisString.Precision) >= (ulong)rank)
            {
                return element;
            }
        }
    }

    private object? Send(params object[] arguments) => _redis.Send(arguments);

    private void AddMany(RedisHyperLogLog ours, string key, int from, int to)
    {
        foreach (int[] chunk in Enumerable.Range(from, to - from).Chunk(1_000))
        {
            foreach (int element in chunk)
            {
                ours.Add(element.ToString(CultureInfo.InvariantCulture));
            }

            Send(["PFADD", key, .. chunk.Cast<object>()]);
        }
    }

    private void AssertEqual(RedisHyperLogLog ours, string key)
    {
        byte[] theirs = _redis.Get(key);
        Assert.True(theirs.AsSpan().SequenceEqual(ours.ToBytes()), $"{key} differs from the server's {theirs.Length} bytes.");
    }
}
