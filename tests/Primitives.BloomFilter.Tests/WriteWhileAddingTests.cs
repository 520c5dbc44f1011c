namespace Primitives.Tests;

/// <summary>Persisted forms of filters that others add to meanwhile: whole, and with every key that was there before.</summary>
public class WriteWhileAddingTests
{
    private const int Keys = 1_000;

    public static TheoryData<BloomFilterLayout> Layouts => [BloomFilterLayout.SplitBlock, BloomFilterLayout.Classic];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_filter_that_is_added_to_while_it_is_written_can_be_read(BloomFilterLayout layout)
    {
        BloomFilter filter = BloomFilter.Create(Keys, 0.01, layout);
        AssertWhole(key => filter.Add(key), filter.WriteTo, stream => BloomFilter.ReadFrom(stream).Contains);
    }

    [Fact]
    public void A_scalable_filter_that_is_added_to_while_it_is_written_can_be_read()
    {
        ScalableBloomFilter filter = ScalableBloomFilter.Create(2 * Keys);
        AssertWhole(key => filter.Add(key), filter.WriteTo, stream => ScalableBloomFilter.ReadFrom(stream).Contains);
    }

    [Fact]
    public void A_counting_filter_that_is_added_to_while_it_is_written_can_be_read()
    {
        CountingBloomFilter filter = CountingBloomFilter.Create(Keys);
        AssertWhole(key => filter.Add(key), filter.WriteTo, stream => CountingBloomFilter.ReadFrom(stream).Contains);
    }

    private static void AssertWhole(Action<long> add, Action<Stream> write, Func<Stream, Func<long, bool>> read)
    {
        for (long key = 0; key < Keys; key++)
        {
            add(key);
        }

        long next = Keys;
        using var stream = new InterruptedStream(() =>
        {
            for (int i = 0; i < Keys / 4; i++)
            {
                add(next++);
            }
        });
        write(stream);
        Assert.True(next > Keys);

        stream.Position = 0;
        Func<long, bool> contains = read(stream);
        Assert.All(Enumerable.Range(0, Keys), key => Assert.True(contains(key)));
    }

    // What another thread might do at the worst moment: when the bytes are summed, and not yet stored.
    private sealed class InterruptedStream(Action interruption) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            interruption();
            base.Write(buffer);
        }
    }
}
