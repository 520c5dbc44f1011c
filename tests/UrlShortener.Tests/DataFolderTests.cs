using Primitives;

namespace UrlShortener.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_made_when_it_is_not_there()
    {
        var folder = new DataFolder(_folder.Combine("a/b"));
        Assert.True(Directory.Exists(folder.FullPath));
        Assert.Equal(_folder.Combine("a/b"), folder.FullPath);
    }

    [Fact]
    public void A_file_in_its_place_is_refused()
    {
        File.WriteAllText(_folder.Combine("file"), "");
        ShortenerException exception = Assert.Throws<ShortenerException>(() => new DataFolder(_folder.Combine("file")));
        Assert.Contains("Cannot use", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_id_is_used_by_one_at_a_time()
    {
        var folder = new DataFolder(_folder.FullPath);
        using (folder.OpenHighWaterMark(1))
        {
            using FileHighWaterMark other = folder.OpenHighWaterMark(2);
            ShortenerException exception = Assert.Throws<ShortenerException>(() => folder.OpenHighWaterMark(1));
            Assert.Contains("as worker 1", exception.Message, StringComparison.Ordinal);
        }

        folder.OpenHighWaterMark(1).Dispose();
    }
}
