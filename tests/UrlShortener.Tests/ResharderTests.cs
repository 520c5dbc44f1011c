using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace UrlShortener.Tests;

public sealed class ResharderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    private DataFolder Folder => new(_folder.FullPath);

    [Fact]
    public void The_homepages_keep_every_row_and_only_what_the_diff_names_moves()
    {
        string file = RepositoryRoot.Combine("samples", "UrlShortener", "data", "homepages.txt.gz");
        using (ServiceProvider services = new ServiceCollection().AddLinkStore(Folder, worker: 0).BuildServiceProvider())
        using (var lines = new UrlListReader(file))
        {
            LinkStore store = services.GetRequiredService<LinkStore>();
            var report = new ImportReport();
            new Importer(store).Run(lines, report, new ConsoleProgress(TextWriter.Null, false, TimeProvider.System), default);
            Assert.Equal(29_344, report.Created);
            AddSpecialLinks(store, report);
        }

        FolderContents first = FolderContents.Read(_folder.FullPath, 1);
        Assert.Equal(29_344 + 40, first.Links.Count);
        Assert.Equal(29_344, first.PlainUrls.Count);
        FolderContents before = first;
        int shards = 1;
        foreach (int target in new[] { 3, 4, 2, 1 })
        {
            var resharder = new Resharder(ShardSet.OpenToReshard(Folder), target);
            var fractions = new List<double>();
            resharder.Run(fractions.Add, default);

            FolderContents after = FolderContents.Read(_folder.FullPath, target);
            first.AssertSameRows(after);
            RingDiff<int> diff = ShardRing.Create(shards).Diff(ShardRing.Create(target));
            Assert.Equal(CountMoved(before, after, diff), resharder.LinksMoved);
            Assert.InRange((double)resharder.LinksMoved / after.Links.Count, diff.Fraction - 0.015, diff.Fraction + 0.015); // 5 sigma
            Assert.Equal(fractions.Order(), fractions);
            Assert.Equal(1, fractions[^1], 0.01);
            (before, shards) = (after, target);
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    public void Stopped_after_any_step_it_is_finished_by_the_next_run(int from, int to)
    {
        Fill(from, 300);
        FolderContents before = FolderContents.Read(_folder.FullPath, from);
        int attempts = 0;
        for (bool finished = false; !finished; attempts++)
        {
            // Each run ends one step later than the one before it, as if killed there.
            int left = attempts;
            var resharder = new Resharder(ShardSet.OpenToReshard(Folder), to) { BatchSize = 20 };
            Assert.Equal(attempts > 0, resharder.IsResumed);
            try
            {
                resharder.Run(_ => _ = left-- == 0 ? throw new OperationCanceledException() : 0, default);
                finished = true;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(from, ShardSet.OpenToReshard(Folder).Count);
                Assert.Equal(to, ShardSet.OpenToReshard(Folder).Target);
                AssertRefused(() => ShardSet.OpenOrCreate(Folder, null), $"not finished; finish it with: reshard {to}");
                AssertRefused(() => _ = new Resharder(ShardSet.OpenToReshard(Folder), 5), $"finish it first with: reshard {to}");
            }
        }

        Assert.InRange(attempts, 5, 100);
        before.AssertSameRows(FolderContents.Read(_folder.FullPath, to));
        Assert.Equal(to, ShardSet.OpenOrCreate(Folder, to).Count);
    }

    [Fact]
    public void Cancelled_it_stops_between_batches()
    {
        Fill(1, 300);
        FolderContents before = FolderContents.Read(_folder.FullPath, 1);
        using var stop = new CancellationTokenSource();
        var resharder = new Resharder(ShardSet.OpenToReshard(Folder), 2) { BatchSize = 20 };
        Assert.Throws<OperationCanceledException>(() => resharder.Run(
            _ =>
            {
                if (resharder.LinksMoved > 0)
                {
                    stop.Cancel();
                }
            },
            stop.Token));
        Assert.InRange(resharder.LinksMoved, 20, 40);
        new Resharder(ShardSet.OpenToReshard(Folder), 2).Run(_ => { }, default);
        before.AssertSameRows(FolderContents.Read(_folder.FullPath, 2));
    }

    [Fact]
    public void A_file_that_a_kill_at_the_very_end_has_left_is_deleted_if_it_is_empty()
    {
        ShardSet.OpenOrCreate(Folder, 2);
        File.Copy(_folder.Combine("links-2.db"), _folder.Combine("copy"));
        new Resharder(ShardSet.OpenToReshard(Folder), 1).Run(_ => { }, default);
        Assert.False(File.Exists(_folder.Combine("links-2.db")));

        File.Copy(_folder.Combine("copy"), _folder.Combine("links-2.db"));
        ShardSet.OpenToReshard(Folder).DeleteEmptied();
        Assert.False(File.Exists(_folder.Combine("links-2.db")));

        File.Copy(_folder.Combine("copy"), _folder.Combine("links-2.db"));
        new Database(_folder.FullPath, 2).Execute("INSERT INTO plain_urls VALUES (1, 2, 'http://h/', 'abc', 3)");
        ShardSet.OpenToReshard(Folder).DeleteEmptied();
        Assert.Single(new Database(_folder.FullPath, 2).PlainRows());
    }

    [Fact]
    public void Files_of_something_else_beyond_the_shards_neither_stop_it_nor_change()
    {
        Fill(3, 50);
        FolderContents before = FolderContents.Read(_folder.FullPath, 3);
        File.WriteAllText(_folder.Combine("links-9.db"), new string('x', 10_000));
        File.WriteAllBytes(_folder.Combine("links-10.db"), []);
        new Database(_folder.FullPath, 11).Execute("CREATE TABLE other (x)");
        File.Copy(_folder.Combine("links-3.db"), _folder.Combine("links-12.db"));
        new Database(_folder.FullPath, 12).Execute("PRAGMA user_version = 7");
        Directory.CreateDirectory(_folder.Combine("links-13.db"));
        string[] others = [.. Enumerable.Range(9, 4).Select(number => _folder.Combine($"links-{number}.db"))];
        byte[][] bytes = Array.ConvertAll(others, File.ReadAllBytes);

        var resharder = new Resharder(ShardSet.OpenToReshard(Folder), 2);
        resharder.Run(_ => { }, default);
        ShardSet.OpenToReshard(Folder).DeleteEmptied();

        Assert.Equal(bytes, Array.ConvertAll(others, File.ReadAllBytes));
        Array.ForEach(others, File.Delete);
        Directory.Delete(_folder.Combine("links-13.db"));
        before.AssertSameRows(FolderContents.Read(_folder.FullPath, 2));
    }

    [Fact]
    public void A_row_in_both_shards_with_two_meanings_stops_it_and_stays()
    {
        Fill(1, 50);
        var resharder = new Resharder(ShardSet.OpenToReshard(Folder), 2);
        Assert.Throws<OperationCanceledException>(() => resharder.Run(_ => throw new OperationCanceledException(), default));
        HashRing<int> ring = ShardRing.Create(2);
        string code = new Database(_folder.FullPath).Links().First(link => ring.GetNode(link.Code) == 1).Code;
        new Database(_folder.FullPath, 2).Execute(
            $"INSERT INTO links VALUES (7, {RingHash.ToColumn(RingHash.Of(code))}, '{code}', 'http://other/', 0, 0, NULL, 0)");

        AssertRefused(() => new Resharder(ShardSet.OpenToReshard(Folder), 2).Run(_ => { }, default), "different links");
        Assert.Contains(new Database(_folder.FullPath).Links(), link => link.Code == code);
    }

    [Fact]
    public void A_row_in_a_shard_it_does_not_belong_to_keeps_that_shard_from_being_deleted()
    {
        Fill(2, 50);
        string code = new Database(_folder.FullPath).Links()[0].Code;
        new Database(_folder.FullPath, 2).Execute(
            $"INSERT INTO links VALUES (7, {RingHash.ToColumn(RingHash.Of(code))}, '{code}', 'http://other/', 0, 0, NULL, 0)");
        AssertRefused(() => new Resharder(ShardSet.OpenToReshard(Folder), 1).Run(_ => { }, default), "do not belong into it");
        Assert.Single(new Database(_folder.FullPath, 2).Links());
    }

    [Fact]
    public void A_file_in_the_way_is_refused_before_anything_is_begun()
    {
        Fill(2, 10);
        File.Copy(_folder.Combine("links.db"), _folder.Combine("links-3.db"));
        AssertRefused(() => new Resharder(ShardSet.OpenToReshard(Folder), 4).Run(_ => { }, default), "links-3.db is in the way");
        Assert.Equal(2, ShardSet.OpenOrCreate(Folder, 2).Count);
    }

    [Fact]
    public void The_fraction_aimed_at_is_that_of_equal_shards()
    {
        ShardSet shards = ShardSet.OpenOrCreate(Folder, 4);
        Assert.Equal(0.2, new Resharder(shards, 5).IdealFraction, 1e-12);
        Assert.Equal(0.75, new Resharder(shards, 1).IdealFraction, 1e-12);
        Assert.Equal(ShardRing.Create(4).Diff(ShardRing.Create(5)).Fraction, new Resharder(shards, 5).Fraction);
    }

    // Counted without the help of the ranges; that each row's hash says the same about it is checked on the way.
    private static int CountMoved(FolderContents before, FolderContents after, RingDiff<int> diff)
    {
        int moved = 0;
        foreach ((string code, (_, int shard)) in before.Links)
        {
            bool named = diff.TryFind(RingHash.Of(code), out RingMove<int> move);
            Assert.Equal(named, shard != after.Links[code].Shard);
            if (named)
            {
                Assert.Equal((move.From.Value + 1, move.To.Value + 1), (shard, after.Links[code].Shard));
                moved++;
            }
        }

        return moved;
    }

    private static void AddSpecialLinks(LinkStore store, ImportReport report)
    {
        DateTimeOffset end = DateTimeOffset.UnixEpoch.AddYears(80);
        store.Add([.. Enumerable.Range(0, 20).Select(i => new NewLink($"http://h/{i}", $"alias-{i}", i % 2 == 0 ? end : null))]);
        store.Add([.. Enumerable.Range(0, 20).Select(i => new NewLink($"http://h/{i}", null, end))]);
        store.AddVisits(report.Examples.ToDictionary(link => link.Code, link => link.Id % 100));
    }

    private void Fill(int shards, int links)
    {
        using ServiceProvider services = new ServiceCollection().AddLinkStore(Folder, 0, shards).BuildServiceProvider();
        services.GetRequiredService<LinkStore>().Add([.. Enumerable.Range(0, links).Select(i => new NewLink($"http://h/{i}"))]);
    }

    private static void AssertRefused(Action action, string reason) =>
        Assert.Contains(reason, Assert.Throws<ShortenerException>(action).Message, StringComparison.Ordinal);
}
