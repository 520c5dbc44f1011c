using System.Globalization;
using Primitives.Testing;

namespace Primitives.Tests;

public class GuavaBloomFilterTests
{
    private static readonly string[][] Golden =
        [.. File.ReadLines(RepositoryRoot.Combine("tests", "Primitives.BloomFilter.Tests", "Vectors", "guava-31.1.tsv"))
            .Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))];

    public static TheoryData<string> Names => [.. Golden.Select(fields => fields[0])];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_answer_is_the_one_that_guava_gave(string name)
    {
        string[] fields = Golden.Single(golden => golden[0] == name);
        byte[] bytes = Convert.FromHexString(fields[5]);
        byte[] answers = Convert.FromHexString(fields[6]);
        GuavaBloomFilter filter = GuavaBloomFilter.FromBytes(bytes);
        Assert.Equal((bytes[1], (bytes.Length - 6) * 8L), (filter.HashCount, filter.BitCount));

        int put = int.Parse(fields[3], CultureInfo.InvariantCulture);
        int asked = int.Parse(fields[4], CultureInfo.InvariantCulture);
        int yes = 0;
        for (int i = 0; i < asked; i++)
        {
            bool expected = (answers[i / 8] >> (i % 8) & 1) != 0;
            Assert.True(expected == Contains(filter, name, i), $"{name} {i}");
            Assert.True(expected || i >= put);
            yes += expected && i >= put ? 1 : 0;
        }

        // What the bits promise is what Guava's answers show; 5 standard deviations. (The keys of "bytes" repeat.)
        double rate = filter.ExpectedFalsePositiveRate;
        if (name != "bytes")
        {
            Assert.InRange(yes - ((asked - put) * rate), -5 * Math.Sqrt((asked * rate) + 1), 5 * Math.Sqrt((asked * rate) + 1));
        }
    }

    [Fact]
    public void A_stream_is_read_to_the_end_of_the_filter_and_no_further()
    {
        byte[] bytes = Convert.FromHexString(Golden[0][5]);
        var stream = new MemoryStream([.. bytes, 1, 2]);
        Assert.True(GuavaBloomFilter.ReadFrom(stream).Contains("key-1x"));
        Assert.Equal(bytes.Length, stream.Position);
        Assert.True(GuavaBloomFilter.ReadFrom(new ForwardStream(bytes)).Contains("key-1x"));
    }

    [Fact]
    public void What_is_no_filter_is_refused_with_a_reason()
    {
        byte[] bytes = Convert.FromHexString(Golden[0][5]);
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertRefused(bytes[..length]);
        }

        AssertRefused([.. bytes, 0]);
        Assert.Contains("strategy 0", AssertRefused([0, .. bytes[1..]]), StringComparison.Ordinal);
        Assert.Contains("strategy 2", AssertRefused([2, .. bytes[1..]]), StringComparison.Ordinal);
        Assert.Contains("no bits", AssertRefused([1, 0, .. bytes[2..]]), StringComparison.Ordinal);
        Assert.Contains("0 words", AssertRefused([1, 5, 0, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("-1 words", AssertRefused([1, 5, 255, 255, 255, 255]), StringComparison.Ordinal);

        // 16 GiB announced, none there.
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused([1, 5, 127, 255, 255, 0]);
        Assert.Throws<FormatException>(() => GuavaBloomFilter.ReadFrom(new ForwardStream([1, 5, 127, 255, 255, 0, 1, 2, 3])));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Throws<ArgumentNullException>("stream", () => GuavaBloomFilter.ReadFrom(null!));
    }

    [Fact]
    public void A_surrogate_without_a_partner_is_a_question_mark_as_in_java()
    {
        GuavaBloomFilter filter = GuavaBloomFilter.FromBytes(Convert.FromHexString(Golden[0][5]));
        string[] texts = [.. Enumerable.Range(0, 5_000).Select(i => $"{i}-")];
        Assert.Contains(texts, text => filter.Contains($"{text}?x") != filter.Contains($"{text}\uFFFDx"));
        Assert.All(texts, text =>
        {
            Assert.Equal(filter.Contains($"{text}?x"), filter.Contains($"{text}\uD800x"));
            Assert.Equal(filter.Contains($"{text}??"), filter.Contains($"{text}\uDC00\uD800"));
        });
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        GuavaBloomFilter filter = GuavaBloomFilter.FromBytes(Convert.FromHexString(Golden[0][5]));
        byte[] key = [1, 2, 3];
        Allocation.AssertNone(() =>
        {
            filter.Contains(key);
            filter.Contains("some text of ordinary length");
            filter.Contains(7);
            filter.Contains(7L);
        });
    }

    private static bool Contains(GuavaBloomFilter filter, string name, int i) => name switch
    {
        "text" => filter.Contains("key-" + i.ToString(CultureInfo.InvariantCulture) + (i % 3 == 0 ? "-é€😀" : "") + new string('x', i % 40)),
        "long" => filter.Contains(unchecked((i * (long)0x9E3779B97F4A7C15UL) - 7)),
        "int" => filter.Contains(unchecked((i * 2654435) - 1000000)),
        "bytes" => filter.Contains([.. Enumerable.Range(0, i % 70).Select(j => unchecked((byte)((i * 31) + (j * 7))))]),
        _ => filter.Contains((long)i),
    };

    private static string AssertRefused(byte[] bytes)
    {
        Assert.False(GuavaBloomFilter.TryFromBytes(bytes, out GuavaBloomFilter? filter, out string? reason));
        Assert.Null(filter);
        Assert.Equal(reason, Assert.Throws<FormatException>(() => GuavaBloomFilter.FromBytes(bytes)).Message);
        return reason!;
    }
}
