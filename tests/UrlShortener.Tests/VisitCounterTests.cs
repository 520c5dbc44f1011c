using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

public sealed class VisitCounterTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_flush_that_fails_throws_and_loses_nothing()
    {
        using ServiceProvider services =
            new ServiceCollection().AddLinkStore(new DataFolder(_folder.FullPath), worker: 0).BuildServiceProvider();
        LinkStore store = services.GetRequiredService<LinkStore>();
        Link link = Assert.Single(store.Add([new NewLink("http://h/")])).Link;
        var visits = new VisitCounter(store);
        visits.Count(link.Code);
        visits.Count(link.Code);

        var database = new Database(_folder.FullPath);
        database.Execute("ALTER TABLE links RENAME TO gone");
        await Assert.ThrowsAnyAsync<Exception>(visits.FlushAsync);
        visits.Count(link.Code);
        database.Execute("ALTER TABLE gone RENAME TO links");

        Assert.Equal(3, (await visits.FindAsync(link.Code, default))?.Visits);
        await visits.FlushAsync();
        await visits.FlushAsync();
        Assert.Equal(3, database.Visits());
        Assert.Equal(3, (await visits.FindAsync(link.Code, default))?.Visits);
    }
}
