using Microsoft.Data.Sqlite;

namespace UrlShortener.Tests;

/// <summary>The reshard as a process, as a user runs it.</summary>
public sealed class ReshardCommandTests : IDisposable
{
    private static readonly string Homepages = RepositoryRoot.Combine("samples", "UrlShortener", "data", "homepages.txt.gz");

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Data => _folder.Combine("data");

    [Fact]
    public async Task A_kill_at_any_point_and_another_run_lose_and_double_nothing()
    {
        using ShortenerProcess import = await ShortenerProcess.RunAsync("import", Homepages, "--data", Data);
        Assert.True(import.ExitCode == 0, import.Error);
        FolderContents before = FolderContents.Read(Data, 1);

        // As soon as it has begun, when the first links have moved, and when most have. A kill that comes too late, on a
        // busy machine, leaves a finished reshard: then the next one goes the other way.
        int[] points = [0, 1, 10_000];
        int killed = 0;
        int target = 4;
        long start = before.Links.Count;
        while (killed < points.Length)
        {
            // One connection all along: to open and close them all the time would hold the process up.
            using SqliteConnection watch = new Database(Data).Open();
            using ShortenerProcess process = ShortenerProcess.Start("reshard", $"{target}", "--data", Data);
            await Poll.UntilAsync(
                () => process.HasExited || (IsBegun(watch) && Math.Abs(start - LinksIn(watch)) >= points[killed]),
                "the moment to kill");
            await process.KillAsync();
            if (IsBegun(watch))
            {
                killed++;
            }
            else
            {
                Assert.Contains("Done", process.Output, StringComparison.Ordinal);
                before.AssertSameRows(FolderContents.Read(Data, target));
                target = 5 - target;
                start = LinksIn(watch);
            }
        }

        using ShortenerProcess refused = await ShortenerProcess.RunAsync("import", Homepages, "--data", Data);
        AssertFailed(refused, $"finish it with: reshard {target}");
        ShortenerException exception = await Assert.ThrowsAsync<ShortenerException>(() => ShortenerServer.StartAsync(Data));
        Assert.Contains($"finish it with: reshard {target}", exception.Message, StringComparison.Ordinal);

        using ShortenerProcess last = await ShortenerProcess.RunAsync("reshard", $"{target}", "--data", Data);
        Assert.True(last.ExitCode == 0, last.Error);
        Assert.Contains("Going on to reshard", last.Output, StringComparison.Ordinal);
        before.AssertSameRows(FolderContents.Read(Data, target));

        using ShortenerProcess again = await ShortenerProcess.RunAsync("import", Homepages, "--data", Data, "--shards", $"{target}");
        Assert.Contains("29,408 read: 0 new, 29,408 duplicates", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_what_moved_and_a_server_and_an_import_keep_it_out()
    {
        string list = _folder.Combine("list.txt");
        await File.WriteAllLinesAsync(list, Enumerable.Range(0, 3_000).Select(i => $"http://example.com/{i}"));
        using ShortenerProcess import = await ShortenerProcess.RunAsync("import", list, "--data", Data, "--shards", "3");
        Assert.Contains("3,000 read: 3,000 new", import.Output, StringComparison.Ordinal);
        FolderContents before = FolderContents.Read(Data, 3);
        await using (ShortenerServer server = await ShortenerServer.StartAsync(Data))
        {
            using ShortenerProcess refused = await ShortenerProcess.RunAsync("reshard", "2", "--data", Data);
            AssertFailed(refused, "A server, an import or another reshard is running");
        }

        using ShortenerProcess reshard = await ShortenerProcess.RunAsync("reshard", "2", "--data", Data);
        Assert.Equal("", reshard.Error);
        Assert.Contains($"Resharding {Data} from 3 to 2 shards", reshard.Output, StringComparison.Ordinal);
        Assert.Contains("of equal shards it would be 33.3 %", reshard.Output, StringComparison.Ordinal);
        Assert.Matches(@"links moved, 3\d\.\d % of 3,000, in \d+\.\d\d s", reshard.Output);
        Assert.DoesNotContain('\r', reshard.Output);
        before.AssertSameRows(FolderContents.Read(Data, 2));

        using ShortenerProcess again = await ShortenerProcess.RunAsync("reshard", "2", "--data", Data);
        Assert.Equal((0, $"{Data} has 2 shards already.\n"), (again.ExitCode, again.Output));
        await using ShortenerServer after = await ShortenerServer.StartAsync(Data);
        Assert.Equal(before.Links.Count, FolderContents.Read(Data, 2).Links.Count);
    }

    [Fact]
    public async Task Without_a_database_it_fails_in_one_line_and_makes_none()
    {
        using ShortenerProcess noFolder = await ShortenerProcess.RunAsync("reshard", "2", "--data", Data);
        AssertFailed(noFolder, "There is no data folder");
        Assert.False(Directory.Exists(Data));

        using ShortenerProcess noDatabase = await ShortenerProcess.RunAsync("reshard", "2", "--data", _folder.FullPath);
        AssertFailed(noDatabase, "There is no database");
        Assert.Empty(Directory.EnumerateFiles(_folder.FullPath, "*.db"));
    }

    private static bool IsBegun(SqliteConnection watch) =>
        Scalar(watch, "SELECT count(*) FROM meta WHERE name = 'reshard-to'") == 1;

    private static long LinksIn(SqliteConnection watch) => Scalar(watch, "SELECT count(*) FROM links");

    private static long Scalar(SqliteConnection watch, string sql)
    {
        using SqliteCommand command = watch.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void AssertFailed(ShortenerProcess process, string reason)
    {
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("error: ", process.Error, StringComparison.Ordinal);
        Assert.Contains(reason, process.Error, StringComparison.Ordinal);
        Assert.Single(process.Error.TrimEnd('\n').Split('\n'));
    }
}
