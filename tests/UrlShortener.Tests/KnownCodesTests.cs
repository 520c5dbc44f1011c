using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace UrlShortener.Tests;

/// <summary>Unknown codes, which a Bloom filter answers without the database.</summary>
public sealed class KnownCodesTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_hundred_thousand_unknown_codes_cause_at_most_the_promised_share_of_reads(int shards)
    {
        const int Links = 20_000;
        const int Unknown = 100_000;
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--shards", $"{shards}");
        await UntilTrustedAsync(server);
        LinkStore store = server.Services.GetRequiredService<LinkStore>();
        for (int i = 0; i < Links; i += 2_000)
        {
            store.Add([.. Enumerable.Range(i, 2_000).Select(n => new NewLink($"http://example.com/{n}"))]);
        }

        LinkShards files = server.Services.GetRequiredService<LinkShards>();
        long before = files.Lookups;
        for (int i = 0; i < Unknown; i++)
        {
            Assert.Null(store.Find($"unknown-{i}"));
        }

        // Five standard deviations above: codes are random, and chance must not decide.
        long reads = files.Lookups - before;
        Assert.InRange(reads, 0, (Unknown * KnownCodes.FalsePositiveRate) + (5 * Math.Sqrt(Unknown * KnownCodes.FalsePositiveRate)));

        // And over HTTP, where the figures say so.
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(HttpStatusCode.NotFound, await server.StatusAsync($"/nowhere-{i}"));
            Assert.Equal(HttpStatusCode.NotFound, await server.StatusAsync($"/api/links/nowhere-{i}"));
        }

        Dictionary<string, double> metrics = await MetricsAsync(server);
        Assert.Equal(1, metrics["urlshortener_codes_trusted"]);
        Assert.InRange(metrics["urlshortener_codes_items"], Links * 0.999, Links);
        Assert.InRange(metrics["urlshortener_codes_false_positive_rate"], 0, KnownCodes.FalsePositiveRate);
        Assert.Equal(Unknown + 400 - (files.Lookups - before), metrics["urlshortener_codes_refused_total"]);
        Assert.Equal(files.Lookups, metrics["urlshortener_lookups_total"]);
    }

    [Fact]
    public async Task Every_link_is_found_however_it_came_to_be()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--shards", "3");
        await UntilTrustedAsync(server);
        LinkDto[] links = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => server.ShortenAsync(i % 3 == 0
            ? new { url = $"http://example.com/{i}", alias = $"alias-{i}" }
            : (object)new { url = $"http://example.com/{i / 2}" })));
        foreach (LinkDto link in links)
        {
            Assert.Equal(HttpStatusCode.Found, await server.StatusAsync($"/{link.Code}"));
        }

        Assert.True(Codes(server).IsTrusted);
    }

    [Fact]
    public async Task The_filter_is_saved_and_read_again_and_rebuilt_when_it_is_damaged_or_too_old()
    {
        string file = new DataFolder(_folder.FullPath).KnownCodes;
        string code;
        await using (ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time))
        {
            await UntilTrustedAsync(server);
            code = (await server.ShortenAsync("http://example.com/1")).Code;
        }

        byte[] saved = File.ReadAllBytes(file);
        await AssertCompleteAsync(code, read: 0);

        // A server that was killed leaves the file of the start before: one link more is in the database.
        string second;
        await using (ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time))
        {
            second = (await server.ShortenAsync("http://example.com/2")).Code;
        }

        File.WriteAllBytes(file, saved);
        await AssertCompleteAsync(second, read: 2);

        saved[^20] ^= 1;
        File.WriteAllBytes(file, saved);
        await AssertCompleteAsync(second, read: 2);

        saved[0] ^= 1; // another folder's
        File.WriteAllBytes(file, saved);
        await AssertCompleteAsync(second, read: 2);

        File.WriteAllBytes(file, [1, 2, 3]);
        await AssertCompleteAsync(second, read: 2);
        File.Delete(file);
        await AssertCompleteAsync(second, read: 2);
        await AssertCompleteAsync(code, read: 0);
    }

    [Fact]
    public async Task A_server_that_is_not_the_only_one_looks_every_code_up_until_it_is_again()
    {
        await using ShortenerServer first = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        await UntilTrustedAsync(first);
        ShortenerServer second = await ShortenerServer.StartAsync(_folder.FullPath, _time, "--worker", "2");
        Assert.False(Codes(first).IsTrusted); // from the moment the other one is there
        for (int i = 0; i < 50; i++)
        {
            LinkDto there = await second.ShortenAsync($"http://example.com/second/{i}");
            LinkDto here = await first.ShortenAsync($"http://example.com/first/{i}");
            Assert.Equal(HttpStatusCode.Found, await first.StatusAsync($"/{there.Code}"));
            Assert.Equal(HttpStatusCode.Found, await second.StatusAsync($"/{here.Code}"));
            _time.Advance(TimeSpan.FromSeconds(1)); // both try, in vain
        }

        Assert.False(Codes(first).IsTrusted || Codes(second).IsTrusted);
        LinkDto last = await second.ShortenAsync("http://example.com/last");
        await second.DisposeAsync();
        await UntilTrustedAsync(first);
        Assert.Equal(HttpStatusCode.Found, await first.StatusAsync($"/{last.Code}"));
        Assert.True(Codes(first).Count >= 101);
        Assert.Equal(1, (await MetricsAsync(first))["urlshortener_codes_trusted"]);
    }

    [Fact]
    public async Task What_an_import_adds_while_the_server_runs_is_found()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        await UntilTrustedAsync(server);
        ServiceProvider import = new ServiceCollection().AddLinkStore(new DataFolder(_folder.FullPath), worker: 1).BuildServiceProvider();
        AddedLink[] added = import.GetRequiredService<LinkStore>().Add([new NewLink("http://example.com/imported")]);
        Assert.False(Codes(server).IsTrusted);
        Assert.Equal(HttpStatusCode.Found, await server.StatusAsync($"/{added[0].Link.Code}"));
        await import.DisposeAsync();
        Assert.False(Codes(server).IsTrusted); // it may have added more
        await UntilTrustedAsync(server);
        Assert.Equal(HttpStatusCode.Found, await server.StatusAsync($"/{added[0].Link.Code}"));
        Assert.Equal(HttpStatusCode.NotFound, await server.StatusAsync("/unknown"));
    }

    [Fact]
    public void Claims_and_newcomers_that_race_never_leave_two_that_are_alone()
    {
        var folder = new DataFolder(_folder.FullPath);
        for (int round = 0; round < 100; round++)
        {
            using var first = new WriterPresence(folder, 0);
            WriterPresence? second = null;
            bool firstClaimed = false;
            bool secondClaimed = false;
            Race.Run(
                () => firstClaimed = first.TryClaim(),
                () =>
                {
                    second = new WriterPresence(folder, 1);
                    secondClaimed = second.TryClaim();
                });
            Assert.False(first.IsAlone || second!.IsAlone || secondClaimed, $"{firstClaimed} {secondClaimed}");
            second!.Dispose();
            Assert.False(first.IsAlone);
            Assert.True(first.TryClaim() && first.IsAlone);
        }
    }

    [Fact]
    public void A_worker_that_is_there_already_is_refused()
    {
        var folder = new DataFolder(_folder.FullPath);
        using var first = new WriterPresence(folder, 1);
        Assert.True(first.TryClaim());
        File.WriteAllText(folder.WriterLockPath(2), ""); // one that has ended
        Assert.True(first.TryClaim());
        Assert.Contains("--worker", Assert.Throws<ShortenerException>(() => new WriterPresence(folder, 1)).Message, StringComparison.Ordinal);
        Assert.True(first.IsAlone);
    }

    [Fact]
    public async Task A_filter_older_or_newer_than_a_restored_backup_is_not_believed_for_as_many_links()
    {
        var folder = new DataFolder(_folder.FullPath);
        string backup = Directory.CreateDirectory(Path.Combine(_folder.FullPath, "backup")).FullName;
        await (await ShortenerServer.StartAsync(_folder.FullPath, _time)).DisposeAsync();
        foreach (string file in Directory.GetFiles(_folder.FullPath, "links.db*"))
        {
            File.Copy(file, Path.Combine(backup, Path.GetFileName(file)));
        }

        await using (ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time))
        {
            await UntilTrustedAsync(server);
            await server.ShortenAsync("http://example.com/lost");
        }

        Assert.True(File.Exists(folder.KnownCodes)); // of one link, which the backup does not have
        foreach (string file in Directory.GetFiles(_folder.FullPath, "links.db*"))
        {
            File.Delete(file);
        }

        foreach (string file in Directory.GetFiles(backup))
        {
            File.Copy(file, Path.Combine(_folder.FullPath, Path.GetFileName(file)));
        }

        string code;
        await using (ServiceProvider import = new ServiceCollection().AddLinkStore(folder, worker: 1).BuildServiceProvider())
        {
            code = import.GetRequiredService<LinkStore>().Add([new NewLink("http://example.com/other")])[0].Link.Code;
        }

        await AssertCompleteAsync(code, read: 1);
    }

    [Fact]
    public void A_code_that_is_there_is_never_refused_while_the_filter_becomes_complete()
    {
        // Far more threads than processors: some are always stopped between two steps of their own.
        const int Askers = 12;
        var folder = new DataFolder(_folder.FullPath);
        using ServiceProvider services = new ServiceCollection().AddLinkStore(folder, worker: 0).BuildServiceProvider();
        string code = services.GetRequiredService<LinkStore>().Add([new NewLink("http://example.com/there")])[0].Link.Code;
        ShardSet set = services.GetRequiredService<ShardSet>();
        LinkShards shards = services.GetRequiredService<LinkShards>();
        WriterPresence presence = services.GetRequiredService<WriterPresence>();
        for (int round = 0; round < 20; round++)
        {
            var codes = new KnownCodes(folder, set, shards, presence);
            int refused = 0;
            Race.Run(Askers + 1, thread =>
            {
                if (thread.Index == Askers)
                {
                    Assert.Equal((true, 1), codes.Complete((_, _) => { }, CancellationToken.None));
                    return;
                }

                while (!codes.IsTrusted)
                {
                    for (int i = 0; i < 100; i++)
                    {
                        if (!codes.MayExist(code))
                        {
                            Interlocked.Increment(ref refused);
                        }
                    }
                }
            });
            Assert.Equal(0, refused);
        }
    }

    [Fact]
    public void A_process_whose_own_lock_is_not_seen_never_claims()
    {
        // As on a file system without locks, where no other process would be found either.
        var folder = new DataFolder(_folder.FullPath);
        using var first = new WriterPresence(folder, 0);
        Assert.True(first.TryClaim());
        File.Delete(folder.WriterLockPath(0));
        Assert.False(first.TryClaim() || first.IsAlone);
    }

    private async Task AssertCompleteAsync(string code, long read)
    {
        // Without the keeper's own first attempt there would be nothing to see: a second one reads as much.
        await using ShortenerServer server = await ShortenerServer.StartAsync(_folder.FullPath, _time);
        await UntilTrustedAsync(server);
        Assert.Equal((true, read), Codes(server).Complete((_, _) => { }, CancellationToken.None));
        Assert.Equal(HttpStatusCode.Found, await server.StatusAsync($"/{code}"));
        Assert.Equal(HttpStatusCode.NotFound, await server.StatusAsync("/unknown"));
    }

    private Task UntilTrustedAsync(ShortenerServer server) => Poll.UntilAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Codes(server).IsTrusted;
        },
        "the codes to be complete");

    private static KnownCodes Codes(ShortenerServer server) => server.Services.GetRequiredService<KnownCodes>();

    private static async Task<Dictionary<string, double>> MetricsAsync(ShortenerServer server) =>
        (await server.Client.GetStringAsync("/metrics")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture));
}
