namespace UrlShortener.Tests;

/// <summary>All rows of a folder's shards, with the shard each was found in.</summary>
internal sealed record FolderContents(
    IReadOnlyDictionary<string, (string Row, int Shard)> Links, IReadOnlyDictionary<string, (string Row, int Shard)> PlainUrls)
{
    /// <summary>Reads them; fails if a code or URL is there twice, or where the ring does not have it.</summary>
    public static FolderContents Read(string folder, int shards)
    {
        var contents = new FolderContents(
            Collect(shards, shard => new Database(folder, shard).Rows()),
            Collect(shards, shard => new Database(folder, shard).PlainRows()));
        Assert.Equal(shards, Directory.GetFiles(folder, "links*.db").Length);
        Primitives.HashRing<int> ring = ShardRing.Create(shards);
        foreach ((string key, (string row, int shard)) in contents.Links.Concat(contents.PlainUrls))
        {
            Assert.NotEqual("wrong hash", row);
            Assert.Equal(ring.GetNode(key) + 1, shard);
        }

        return contents;
    }

    /// <summary>Checks that another folder or state holds the same rows, wherever they are.</summary>
    public void AssertSameRows(FolderContents other)
    {
        Assert.Equal(Sorted(Links), Sorted(other.Links));
        Assert.Equal(Sorted(PlainUrls), Sorted(other.PlainUrls));
    }

    private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, (string Row, int Shard)> rows) =>
        rows.Values.Select(value => value.Row).Order(StringComparer.Ordinal);

    private static Dictionary<string, (string Row, int Shard)> Collect(int shards, Func<int, List<(string Key, string Row)>> read) =>
        Enumerable.Range(1, shards)
            .SelectMany(shard => read(shard).Select(row => (row.Key, row.Row, Shard: shard)))
            .ToDictionary(row => row.Key, row => (row.Row, row.Shard)); // throws for one that is twice
}
