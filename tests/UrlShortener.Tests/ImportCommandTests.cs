using System.Net;
using System.Text.RegularExpressions;

namespace UrlShortener.Tests;

/// <summary>The import as a process, as a user runs it.</summary>
public sealed partial class ImportCommandTests : IDisposable
{
    private static readonly string Homepages = RepositoryRoot.Combine("samples", "UrlShortener", "data", "homepages.txt.gz");

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Data => _folder.Combine("data");

    private Database Database => new(Data);

    [Fact]
    public async Task Imports_the_homepages_and_the_service_redirects_to_them()
    {
        using ShortenerProcess import = await ShortenerProcess.RunAsync("import", Homepages, "--data", Data);
        Assert.True(import.ExitCode == 0, import.Error);
        Assert.Equal("", import.Error);
        Assert.Contains("29,408 read: 29,344 new, 64 duplicates, 0 invalid", import.Output, StringComparison.Ordinal);
        Assert.Contains(" links/s", import.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', import.Output); // no bar when the output is no terminal
        Assert.Equal(29_344, Database.Count());

        MatchCollection examples = Example().Matches(import.Output);
        Assert.Equal(10, examples.Count);
        await using ShortenerServer server = await ShortenerServer.StartAsync(Data);
        foreach (Match example in examples)
        {
            using HttpResponseMessage response = await server.Client.GetAsync($"/{example.Groups[1].Value}");
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
            Assert.Equal(example.Groups[2].Value, response.Headers.Location?.OriginalString);
        }
    }

    [Fact]
    public async Task Counts_duplicates_and_invalid_lines_and_reuses_codes()
    {
        string file = WriteList("http://h/1", "", "# comment", "http://h/1", "nonsense", "HTTP://H:80/1", "ftp://h/", "http://h/2");
        using ShortenerProcess first = await ShortenerProcess.RunAsync("import", file, "--data", Data);
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("6 read: 2 new, 2 duplicates, 2 invalid", first.Output, StringComparison.Ordinal);
        Assert.Contains("line 5: The URL must be absolute", first.Output, StringComparison.Ordinal);
        Assert.Contains("line 7: The URL must be absolute", first.Output, StringComparison.Ordinal);

        List<(long Id, string Code, string Url)> before = Database.Links();
        using ShortenerProcess second = await ShortenerProcess.RunAsync("import", file, "--data", Data);
        Assert.Contains("6 read: 0 new, 4 duplicates, 2 invalid", second.Output, StringComparison.Ordinal);
        Assert.Equal(before, Database.Links());
    }

    [Fact]
    public async Task A_kill_in_the_middle_and_another_import_lose_and_double_nothing()
    {
        const int Total = 80_000;
        string file = WriteList([.. Enumerable.Range(0, Total).Select(i => $"http://example.com/kill/{i}")]);
        var stored = new List<(long Id, string Code, string Url)>();
        int killed = 0;
        while (killed < 3)
        {
            using ShortenerProcess process = ShortenerProcess.Start("import", file, "--data", Data);
            long before = stored.Count;
            await Poll.UntilAsync(() => Database.Count() > before, "the first batch");
            await process.KillAsync();
            killed++;

            List<(long Id, string Code, string Url)> after = Database.Links();
            Assert.InRange(after.Count, before + 1, Total - 1); // else the kill came too late and proves nothing
            Assert.Equal(stored, after.Take(stored.Count));     // what was there keeps its code; ids only increase
            stored = after;
        }

        using ShortenerProcess last = await ShortenerProcess.RunAsync("import", file, "--data", Data);
        Assert.Equal(0, last.ExitCode);
        Assert.Contains($"{Total:N0} read: {Total - stored.Count:N0} new, {stored.Count:N0} duplicates", last.Output, StringComparison.Ordinal);
        List<(long Id, string Code, string Url)> all = Database.Links();
        Assert.Equal(stored, all.Take(stored.Count));
        Assert.Equal(Total, all.Count);
        Assert.Equal(Total, all.Select(link => link.Url).Distinct().Count());
        Assert.Equal(Total, all.Select(link => link.Code).Distinct().Count());
    }

    [Fact]
    public async Task A_kill_in_the_middle_of_several_shards_leaves_no_url_without_its_link()
    {
        FolderContents stored = new(new Dictionary<string, (string, int)>(), new Dictionary<string, (string, int)>());
        for (int kill = 0; kill < 2; kill++)
        {
            using ShortenerProcess process = ShortenerProcess.Start("import", Homepages, "--data", Data, "--shards", "3");
            await Poll.UntilAsync(() => Database.Count() * 3 > stored.Links.Count + 2_000, "links of this run");
            await process.KillAsync();
            FolderContents after = FolderContents.Read(Data, 3);
            Assert.InRange(after.Links.Count, stored.Links.Count + 1, 29_343);
            Assert.Subset(after.Links.Values.ToHashSet(), stored.Links.Values.ToHashSet());
            stored = after;
        }

        using ShortenerProcess last = await ShortenerProcess.RunAsync("import", Homepages, "--data", Data);
        Assert.True(last.ExitCode == 0, last.Error);
        Assert.Contains($" {29_344 - stored.Links.Count:N0} new,", last.Output, StringComparison.Ordinal);
        FolderContents all = FolderContents.Read(Data, 3);
        Assert.Equal(29_344, all.Links.Count);
        Assert.Equal(29_344, all.PlainUrls.Count);
        Assert.Subset(all.Links.Values.ToHashSet(), stored.Links.Values.ToHashSet());
        foreach ((string url, (string row, _)) in all.PlainUrls)
        {
            string[] entry = row.Split('|'); // url, id, code, time
            Assert.StartsWith($"{entry[^3]}|{entry[^2]}|{url}|0|{entry[^1]}|never|", all.Links[entry[^2]].Row, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Ctrl_c_stops_cleanly_with_exit_code_130()
    {
        string file = WriteList([.. Enumerable.Range(0, 200_000).Select(i => $"http://example.com/stop/{i}")]);
        using ShortenerProcess process = ShortenerProcess.Start("import", file, "--data", Data);
        await Poll.UntilAsync(() => Database.Count() > 0, "the first batch");
        if (!process.TryInterrupt())
        {
            return;
        }

        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 130, $"{process.ExitCode}\n{process.Output}\n{process.Error}");
        Assert.Contains("Stopped", process.Output, StringComparison.Ordinal);
        Assert.Contains($"{Database.Count():N0} new", process.Output, StringComparison.Ordinal);
        Assert.Equal("", process.Error);
    }

    [Fact]
    public async Task The_server_and_an_import_share_a_database()
    {
        await using ShortenerServer server = await ShortenerServer.StartAsync(Data);
        string[] urls = [.. Enumerable.Range(0, 20_000).Select(i => $"http://example.com/both/{i}")];
        using ShortenerProcess import = ShortenerProcess.Start("import", WriteList(urls), "--data", Data);
        Task imported = import.WaitForExitAsync();
        var posted = new List<LinkDto>();
        do
        {
            // From the file's end, so that each of the two finds links of the other.
            posted.Add(await server.ShortenAsync(urls[^(posted.Count + 1)]));
            posted.Add(await server.ShortenAsync($"http://example.com/server/{posted.Count}"));
            using HttpResponseMessage response = await server.Client.GetAsync($"/{posted[^1].Code}");
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }
        while (!imported.IsCompleted);

        await imported;
        Assert.True(import.ExitCode == 0, import.Error);
        List<(long Id, string Code, string Url)> links = Database.Links();
        Assert.Equal(urls.Length + (posted.Count / 2), links.Count);
        Assert.Equal(links.Count, links.Select(link => link.Url).Distinct().Count());
        Dictionary<string, string> codes = links.ToDictionary(link => link.Url, link => link.Code);
        Assert.All(posted, link => Assert.Equal(codes[link.Url], link.Code));
    }

    [Fact]
    public async Task A_damaged_file_fails_in_one_line_and_keeps_what_was_stored()
    {
        byte[] bytes = await File.ReadAllBytesAsync(Homepages);
        string half = _folder.Combine("half.gz");
        await File.WriteAllBytesAsync(half, bytes[..(bytes.Length / 2)]);
        using ShortenerProcess process = await ShortenerProcess.RunAsync("import", half, "--data", Data);
        AssertFailed(process, "compressed data");
        Assert.InRange(Database.Count(), 2_000, 29_343);
    }

    [Fact]
    public async Task A_missing_file_and_a_folder_fail_in_one_line_and_make_no_data_folder()
    {
        using ShortenerProcess missing = await ShortenerProcess.RunAsync("import", _folder.Combine("none"), "--data", Data);
        AssertFailed(missing, "There is no file");
        using ShortenerProcess folder = await ShortenerProcess.RunAsync("import", _folder.FullPath, "--data", Data);
        AssertFailed(folder, "is a folder");
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Help_is_printed_and_unknown_options_are_refused()
    {
        using ShortenerProcess help = await ShortenerProcess.RunAsync("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("import FILE", help.Output, StringComparison.Ordinal);

        using ShortenerProcess unknown = await ShortenerProcess.RunAsync("import", Homepages, "--fast");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Equal("error: Unknown option '--fast'. See --help.\n", unknown.Error);
    }

    [Fact]
    public async Task The_data_folder_is_made_in_the_current_one_by_default()
    {
        using ShortenerProcess process = await ShortenerProcess.RunAsync(["import", WriteList("http://h/")], _folder.FullPath);
        Assert.Equal(0, process.ExitCode);
        Assert.Contains(_folder.Combine("urlshortener-data"), process.Output, StringComparison.Ordinal);
        Assert.Equal(1, new Database(_folder.Combine("urlshortener-data")).Count());
    }

    private static void AssertFailed(ShortenerProcess process, string reason)
    {
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("error: ", process.Error, StringComparison.Ordinal);
        Assert.Contains(reason, process.Error, StringComparison.Ordinal);
        Assert.Single(process.Error.TrimEnd('\n').Split('\n'));
    }

    private string WriteList(params string[] lines)
    {
        string path = _folder.Combine("list.txt");
        File.WriteAllLines(path, lines);
        return path;
    }

    [GeneratedRegex("^  ([0-9A-Za-z]{8}) -> (http.*)$", RegexOptions.Multiline)]
    private static partial Regex Example();
}
