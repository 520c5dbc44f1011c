using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

public sealed class LinkStoreTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Writers_in_two_processes_give_each_url_one_code(int shards)
    {
        using ServiceProvider first = Open(worker: 0, shards);
        using ServiceProvider second = Open(worker: 1, shards);
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
        FolderContents contents = FolderContents.Read(_folder.FullPath, shards);
        Assert.Equal(400, contents.Links.Count);
        Assert.Equal(400, contents.PlainUrls.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_url_twice_in_a_batch_is_one_link(int shards)
    {
        using ServiceProvider services = Open(0, shards);
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
    public void Of_a_batch_that_fails_in_one_of_several_shards_the_next_attempt_finds_what_stayed()
    {
        using ServiceProvider services = Open(0, 4);
        LinkStore store = services.GetRequiredService<LinkStore>();
        NewLink[] links = [.. Enumerable.Range(0, 60).Select(i => new NewLink($"http://h/{i}"))];
        new Database(_folder.FullPath, 3).Execute("ALTER TABLE links RENAME TO gone");
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => store.Add(links));
        new Database(_folder.FullPath, 3).Execute("ALTER TABLE gone RENAME TO links");

        long stayed = Enumerable.Range(1, 4).Sum(shard => new Database(_folder.FullPath, shard).Count());
        AddedLink[] added = store.Add(links);
        Assert.Equal(60 - stayed, added.Count(link => link.Outcome == AddOutcome.Created));
        Assert.Equal(stayed, added.Count(link => link.Outcome == AddOutcome.Existing));
        FolderContents contents = FolderContents.Read(_folder.FullPath, 4);
        Assert.Equal((60, 60), (contents.Links.Count, contents.PlainUrls.Count));
        Assert.Equal(added.Select(link => link.Link), store.Add(links).Select(link => link.Link));
    }

    [Fact]
    public void Readers_and_a_writer_do_not_wait_for_each_other()
    {
        using ServiceProvider services = Open();
        LinkStore store = services.GetRequiredService<LinkStore>();
        string code = Assert.Single(store.Add([new NewLink("http://h/")])).Link.Code;

        using var other = new LinkSession(services.GetRequiredService<ShardSet>().Database(1));
        other.Write(() => Assert.Equal("http://h/", store.Find(code)?.Url)); // while a transaction holds the write lock
    }

    [Fact]
    public void A_link_whose_making_was_cut_short_is_made_by_whoever_finds_its_url()
    {
        using ServiceProvider services = Open(0, 4);
        LinkStore store = services.GetRequiredService<LinkStore>();
        NewLink[] links = [.. Enumerable.Range(0, 40).Select(i => new NewLink($"http://h/{i}"))];
        AddedLink[] before = store.Add(links);
        FolderContents contents = FolderContents.Read(_folder.FullPath, 4);
        List<string> lost = [.. contents.Links.Where(link => link.Value.Shard != 1).Select(link => link.Key)];
        Assert.InRange(lost.Count, 10, 39);
        for (int shard = 2; shard <= 4; shard++)
        {
            new Database(_folder.FullPath, shard).Execute("DELETE FROM links");
        }

        AddedLink[] after = store.Add([.. links, .. links]);
        Assert.Equal(before.Select(added => added.Link), after.Take(40).Select(added => added.Link));
        Assert.Equal(before.Select(added => added.Link), after.Skip(40).Select(added => added.Link));
        Assert.Equal(
            lost.Order(), after.Where(added => added.Outcome == AddOutcome.Created).Select(added => added.Link.Code).Order());
        contents.AssertSameRows(FolderContents.Read(_folder.FullPath, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_link_cut_short_whose_code_became_an_alias_gets_another_code(int shards)
    {
        using ServiceProvider services = Open(0, shards);
        LinkStore store = services.GetRequiredService<LinkStore>();
        NewLink[] links = [.. Enumerable.Range(0, 20).Select(i => new NewLink($"http://h/{i}"))];
        AddedLink[] before = store.Add(links);
        for (int shard = 1; shard <= shards; shard++)
        {
            new Database(_folder.FullPath, shard).Execute("DELETE FROM links");
        }

        store.Add([.. before.Select(added => new NewLink("http://alias/", added.Link.Code))]);
        AddedLink[] after = store.Add(links);
        Assert.All(after, added => Assert.Equal(AddOutcome.Created, added.Outcome));
        Assert.Empty(after.Select(added => added.Link.Code).Intersect(before.Select(added => added.Link.Code)));
        Assert.Equal(after.Select(added => added.Link), store.Add(links).Select(added => added.Link));
        Assert.All(before, added => Assert.Equal("http://alias/", store.Find(added.Link.Code)?.Url));
        Assert.Equal(40, FolderContents.Read(_folder.FullPath, shards).Links.Count);
    }

    private ServiceProvider Open(int worker = 0, int? shards = null) =>
        new ServiceCollection().AddLinkStore(new DataFolder(_folder.FullPath), worker, shards).BuildServiceProvider();
}
