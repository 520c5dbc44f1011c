using Primitives;

namespace Autocomplete;

/// <summary>The index with what keeps it over a restart. Thread-safe.</summary>
internal sealed class SearchStore
{
    /// <summary>What a search adds to its term's score: the words of the list were printed 12,714 to 23 billion times.
    /// </summary>
    public const long Weight = 1_000_000;

    private readonly Lock _lock = new(); // guards the files; queries do not take it
    private readonly SearchFiles _files;
    private long _unsaved;

    public SearchStore([FromKeyedServices("searches")] LiveAutocompleteIndex index, SearchFiles files)
    {
        Index = index;
        _files = files;
        AutocompleteUpdate[] updates = [.. files.ReadLogs().Select(term => AutocompleteUpdate.Increment(term, Weight))];
        index.Apply(updates);
        _unsaved = updates.Length;
    }

    public LiveAutocompleteIndex Index { get; }

    /// <summary>Counts a search. When this returns, the next query sees it and a restart keeps it.</summary>
    /// <exception cref="ArgumentException">The text cannot be a term.</exception>
    public void Add(string term)
    {
        lock (_lock)
        {
            Index.Increment(term, Weight);
            _files.Append(term);
            _unsaved++;
        }
    }

    /// <summary>Saves the index, if there were searches since.</summary>
    public void Save()
    {
        lock (_lock)
        {
            if (_unsaved == 0)
            {
                return;
            }

            // Together: what the index does not have is in the new log, and nothing is in both.
            AutocompleteIndex index = Index.ToIndex();
            int generation = _files.Begin();
            _files.Save(index, generation);
            _unsaved = 0;
        }
    }
}
