using Primitives;

namespace Autocomplete.Tests;

public sealed class RestartTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_learned_is_there_after_a_restart()
    {
        for (int i = 1; i <= 3; i++)
        {
            await using SearchServer server = await SearchServer.StartAsync(_folder.FullPath);
            await server.SearchAsync("world cup final");
            Assert.Equal(i * SearchStore.Weight, (await server.SuggestAsync("q=world%20cup&edits=0")).Single().Score);
        }

        Assert.Single(Directory.GetFiles(_folder.FullPath, "index-*.bin"));
        Assert.Single(Directory.GetFiles(_folder.FullPath, "searches-*.log"));
    }

    [Fact]
    public void A_process_killed_at_any_moment_loses_nothing_and_counts_nothing_twice()
    {
        int searches = 0;
        for (int round = 0; round < 6; round++)
        {
            using var files = new SearchFiles(_folder.FullPath);
            var store = new SearchStore(Live(files), files);
            Assert.Equal(searches * SearchStore.Weight, Score(store));
            Add(store, ref searches);
            switch (round)
            {
                case 1:
                    store.Save();
                    break;
                case 2:
                    files.Begin(); // a log was begun for an index that was never written
                    Add(store, ref searches);
                    break;
                case 3:
                    // An index that was being written, and a line that was being appended.
                    File.WriteAllBytes(_folder.Combine("index-99.bin.tmp"), [1, 2, 3]);
                    break;
                case 4:
                    // Killed after the rename, before older files were deleted.
                    File.Copy(Directory.GetFiles(_folder.FullPath, "index-*.bin").Single(), _folder.Combine("index-0.bin"));
                    store.Save();
                    break;
            }
        }
    }

    [Fact]
    public void A_line_cut_off_by_a_crash_is_left_out()
    {
        File.WriteAllText(_folder.Combine("searches-1.log"), "whole\nhal");
        using var files = new SearchFiles(_folder.FullPath);
        Assert.Equal(["whole"], files.ReadLogs());
    }

    [Fact]
    public void A_term_that_begins_with_a_byte_order_mark_comes_back_as_it_was()
    {
        using (var files = new SearchFiles(_folder.FullPath))
        {
            files.Append("\uFEFFmark");
        }

        using var again = new SearchFiles(_folder.FullPath);
        Assert.Equal(["\uFEFFmark"], again.ReadLogs());
    }

    [Fact]
    public void What_a_killed_save_left_is_deleted()
    {
        File.WriteAllBytes(_folder.Combine("index-7.bin.tmp"), [1, 2, 3]);
        using var files = new SearchFiles(_folder.FullPath);
        Assert.Empty(Directory.GetFiles(_folder.FullPath, "*.tmp"));
    }

    [Fact]
    public void Two_processes_cannot_use_one_folder()
    {
        using var files = new SearchFiles(_folder.FullPath);
        Assert.Throws<IOException>(() => new SearchFiles(_folder.FullPath));
    }

    private static void Add(SearchStore store, ref int searches)
    {
        store.Add("term");
        searches++;
    }

    private static LiveAutocompleteIndex Live(SearchFiles files) =>
        new(new AutocompleteOptions { MatchWordStarts = true }, files.LoadIndex());

    private static long Score(SearchStore store) => store.Index.TryGet("term", out Completion found) ? found.Int64Score : 0;
}
