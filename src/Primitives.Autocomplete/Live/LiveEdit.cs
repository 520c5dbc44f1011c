using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Changes on their way from one state to the next. For the one thread that writes.</summary>
internal ref struct LiveEdit
{
    private readonly LiveState _start;
    private readonly ScoreScale _scale;
    private readonly int _version; // of the marks made here; readers up to _start.Version do not see them
    private DeltaNode? _delta;
    private int _deltaCount;
    private List<int>? _hidden;

    public LiveEdit(LiveState start, ScoreScale scale)
    {
        _start = start;
        _scale = scale;
        _version = start.Version + 1;
        _delta = start.Delta;
        _deltaCount = start.DeltaCount;
    }

    /// <summary>Makes one change.</summary>
    /// <returns>Whether the term was there before.</returns>
    public bool Apply(in LiveTerm term, in TermChange change)
    {
        DeltaTerm? old = DeltaNode.Find(_delta, term.Key, term.Text);
        bool inIndex = _start.Index.TryGet(term.Key, term.Text, out int number, out Completion found)
            && !_start.Hidden.Contains(number, _version);
        bool exists = old is not null || inIndex;
        long rank = old?.Rank ?? found.Rank;
        long payload = change.Payload ?? old?.Payload ?? (inIndex ? found.Payload : 0);
        switch (change.Kind)
        {
            case TermChangeKind.Set:
                rank = change.IsInteger ? _scale.FromScore(change.Integer) : _scale.FromScore(change.Number);
                break;
            case TermChangeKind.Increment when exists:
                rank = change.IsInteger ? _scale.Add(rank, change.Integer) : _scale.Add(rank, change.Number);
                break;
            case TermChangeKind.Increment:
                rank = change.IsInteger ? _scale.FromScore(change.Integer) : _scale.FromScore(change.Number);
                break;
            case TermChangeKind.Remove:
                break;
            default:
                throw new ArgumentException("An update is made by Set, Increment or Remove.", nameof(change));
        }

        if (change.Kind == TermChangeKind.Remove)
        {
            Replace(term, old, null);
        }
        else
        {
            Put(term, old, rank, payload);
        }

        Hide(inIndex, number);
        return exists;
    }

    /// <summary>Makes a term what it is in another state.</summary>
    public void Copy(in LiveTerm term, LiveState from)
    {
        DeltaTerm? old = DeltaNode.Find(_delta, term.Key, term.Text);
        bool inIndex = _start.Index.TryGet(term.Key, term.Text, out int number, out _) && !_start.Hidden.Contains(number, _version);
        if (DeltaNode.Find(from.Delta, term.Key, term.Text) is { } changed)
        {
            Put(term, old, changed.Rank, changed.Payload);
        }
        else if (from.Index.TryGet(term.Key, term.Text, out int there, out Completion found) && !from.Hidden.Contains(there, from.Version))
        {
            Put(term, old, found.Rank, found.Payload);
        }
        else
        {
            Replace(term, old, null);
        }

        Hide(inIndex, number);
    }

    /// <summary>Gets the state to publish. The marks made here take effect with it.</summary>
    public readonly LiveState Finish() => new(
        _start.Index,
        _start.Hidden,
        _start.HiddenCount + (_hidden?.Count ?? 0),
        _delta,
        _deltaCount,
        _hidden is null ? _start.Version : _version); // so versions are at most as many as terms

    /// <summary>Takes back the marks of an edit that will not be published.</summary>
    public readonly void Abandon()
    {
        foreach (int term in _hidden ?? [])
        {
            _start.Hidden.Unhide(term);
        }
    }

    private void Put(in LiveTerm term, DeltaTerm? old, long rank, long payload) =>
        Replace(term, old, new DeltaTerm(term.Key, term.Text, rank, payload, _scale));

    [SkipLocalsInit]
    private void Replace(in LiveTerm term, DeltaTerm? old, DeltaTerm? replacement)
    {
        if (old is null && replacement is null)
        {
            return;
        }

        int listLength = _start.Index.Settings.CachedResults;
        _delta = DeltaNode.Replace(_delta, term.Key, old, replacement, listLength);
        if (_start.Index.MatchesWordStarts)
        {
            Span<int> words = stackalloc int[TermTable.MaxTermBytes];
            int count = TermTable.WordOffsets(_start.Index.Folding, term.Text, words);
            foreach (int word in words[..count])
            {
                _delta = DeltaNode.Replace(_delta, term.Key.AsSpan(word), old, replacement, listLength);
            }
        }

        _deltaCount += (replacement is null ? 0 : 1) - (old is null ? 0 : 1);
    }

    private void Hide(bool inIndex, int number)
    {
        if (inIndex)
        {
            _start.Hidden.Hide(number, _version);
            (_hidden ??= []).Add(number);
        }
    }
}
