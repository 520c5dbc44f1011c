using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

public sealed class LinkStoreTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writers_in_two_processes_give_each_url_one_code()
    {
        using ServiceProvider first = Open(worker: 0);
        using ServiceProvider second = Open(worker: 1);
        LinkStore[] stores = [first.GetRequiredService<LinkStore>(), second.GetRequiredService<LinkStore>()];
        var added = new List<AddedLink>[4];
        Race.Run(added.Length, thread =>
        {
            NewLink[] links = [.. Enumerable.Range(0, 400).Select(i => new NewLink($"http://h/{i}"))];
            thread.Random.Shuffle(links);
            added[thread.Index] = [.. links.Chunk(16).SelectMany(batch => stores[thread.Index % 2].Add(batch))];
        });

        AddedLink[] all = [.. added.SelectMany(links => links)];
        Assert.Equal(400, all.Count(link => link.Outcome == AddOutcome.Created));
        Assert.Equal(1_200, all.Count(link => link.Outcome == AddOutcome.Existing));
        Assert.Equal(400, all.Select(link => (link.Link.Url, link.Link.Code)).Distinct().Count());
        Assert.Equal(400, new Database(_folder.FullPath).Count());
    }

    [Fact]
    public void A_url_twice_in_a_batch_is_one_link()
    {
        using ServiceProvider services = Open();
        AddedLink[] added = services.GetRequiredService<LinkStore>().Add(
            [new NewLink("http://h/"), new NewLink("http://h/"), new NewLink("http://h/", "alias"), new NewLink("http://i/", "alias")]);
        Assert.Equal(
            [AddOutcome.Created, AddOutcome.Existing, AddOutcome.Created, AddOutcome.AliasTaken],
            added.Select(link => link.Outcome));
        Assert.Equal(added[0].Link, added[1].Link);
        Assert.Equal("http://h/", added[3].Link.Url);
    }

    [Fact]
    public void A_batch_that_fails_leaves_nothing_and_the_next_one_works()
    {
        using ServiceProvider services = Open();
        LinkStore store = services.GetRequiredService<LinkStore>();
        NewLink bad = new(null!, "no-url"); // found only by the insert
        Assert.ThrowsAny<Exception>(() => store.Add([new NewLink("http://h/1"), bad, new NewLink("http://h/2")]));
        Assert.Equal(0, new Database(_folder.FullPath).Count());

        Assert.Equal(AddOutcome.Created, Assert.Single(store.Add([new NewLink("http://h/1")])).Outcome);
        Assert.Equal(1, new Database(_folder.FullPath).Count());
    }

    [Fact]
    public void Readers_and_a_writer_do_not_wait_for_each_other()
    {
        using ServiceProvider services = Open();
        LinkStore store = services.GetRequiredService<LinkStore>();
        string code = Assert.Single(store.Add([new NewLink("http://h/")])).Link.Code;

        using var other = new LinkSession(services.GetRequiredService<LinkDatabase>());
        other.Write(() => Assert.Equal("http://h/", store.Find(code)?.Url)); // while a transaction holds the write lock
    }

    private ServiceProvider Open(int worker = 0) =>
        new ServiceCollection().AddLinkStore(new DataFolder(_folder.FullPath), worker).BuildServiceProvider();
}
