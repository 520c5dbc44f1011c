namespace UrlShortener.Tests;

public class RingHashTests
{
    [Fact]
    public void Is_the_rings_own_hash()
    {
        foreach (string key in new[] { "", "a", "abcdefgh", "http://example.com/ü", new string('x', 2_048) })
        {
            Assert.Equal(ShardRing.Create(1).HashOf(key), RingHash.Of(key));
        }
    }

    [Fact]
    public void Columns_keep_the_order_and_give_the_hash_back()
    {
        ulong[] hashes = [0, 1, (1UL << 63) - 1, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue];
        long[] columns = Array.ConvertAll(hashes, RingHash.ToColumn);
        Assert.Equal([long.MinValue, long.MinValue + 1, -1, 0, long.MaxValue - 1, long.MaxValue], columns);
        Assert.Equal(hashes, Array.ConvertAll(columns, RingHash.FromColumn));
    }
}
