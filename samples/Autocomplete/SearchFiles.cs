using System.Globalization;
using System.Text;
using Primitives;

namespace Autocomplete;

/// <summary>
/// The files of the data folder. <c>index-N.bin</c> is an index; <c>searches-N.log</c> has the searches since, a line each.
/// The state is the newest index with all logs from its number on.
/// </summary>
/// <remarks>A new generation begins with its log; only when its index is complete and renamed are older files deleted. So a
/// process killed at any moment loses no search and counts none twice. One process may use a folder. For one thread at a
/// time.</remarks>
internal sealed class SearchFiles : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _lock;
    private StreamWriter? _log;
    private int _generation;

    public SearchFiles(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        _lock = new FileStream(Path.Combine(folder, "folder.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        _generation = Numbers("index-*.bin").DefaultIfEmpty(0).Max();
        foreach (string unfinished in Directory.GetFiles(folder, "index-*.tmp"))
        {
            File.Delete(unfinished); // of a process that was killed while it saved
        }
    }

    /// <summary>Loads the newest index; <see langword="null"/> from a folder without one.</summary>
    public AutocompleteIndex? LoadIndex()
    {
        string file = IndexFile(_generation);
        if (!File.Exists(file))
        {
            return null;
        }

        using FileStream stream = File.OpenRead(file);
        return AutocompleteIndex.ReadFrom(stream);
    }

    /// <summary>Reads the searches made since the newest index. A last line that was cut off by a crash is left out: nobody
    /// was told that it was counted.</summary>
    public IEnumerable<string> ReadLogs()
    {
        foreach (int generation in Numbers("searches-*.log").Where(number => number >= _generation).Order())
        {
            string text = Encoding.UTF8.GetString(File.ReadAllBytes(LogFile(generation))); // a byte order mark is part of a term
            foreach (string line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return line;
            }
        }
    }

    /// <summary>Notes a search, so that the process may be killed.</summary>
    public void Append(string term)
    {
        if (_log is null)
        {
            Begin();
        }

        _log!.Write(term + "\n");
        _log.Flush();
    }

    /// <summary>Begins a log of a generation whose index is to be saved.</summary>
    public int Begin()
    {
        _log?.Dispose();
        int generation = Math.Max(_generation, Numbers("searches-*.log").DefaultIfEmpty(0).Max()) + 1;
        _log = new StreamWriter(LogFile(generation), append: false, new UTF8Encoding(false));
        return generation;
    }

    /// <summary>Saves the index of a generation and deletes what it replaces.</summary>
    public void Save(AutocompleteIndex index, int generation)
    {
        string temporary = IndexFile(generation) + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            index.WriteTo(stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, IndexFile(generation), overwrite: true);
        _generation = generation;
        foreach (int old in Numbers("searches-*.log").Where(number => number < generation))
        {
            File.Delete(LogFile(old));
        }

        foreach (int old in Numbers("index-*.bin").Where(number => number < generation))
        {
            File.Delete(IndexFile(old));
        }
    }

    public void Dispose()
    {
        _log?.Dispose();
        _lock.Dispose();
    }

    private string IndexFile(int generation) => Path.Combine(_folder, $"index-{generation}.bin");

    private string LogFile(int generation) => Path.Combine(_folder, $"searches-{generation}.log");

    private int[] Numbers(string pattern) =>
        [.. Directory.GetFiles(_folder, pattern)
            .Select(file => Path.GetFileNameWithoutExtension(file).Split('-')[1])
            .Where(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
}
