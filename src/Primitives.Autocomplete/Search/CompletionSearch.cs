using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>
/// One query: gathers the best terms of a frozen index, and of the changes to it, in the caller's memory.
/// </summary>
/// <remarks>
/// Results are in the order of edits, rank, key, text, and the search goes through the numbers of edits in turn:
/// <list type="number">
/// <item><description>I1: when the search for e edits begins, all terms of fewer edits are among the results, or the results are full and it
/// does not begin. So a term that is accepted with e edits, and is not among the results, has exactly e.</description></item>
/// <item><description>I2: the results from _tier on have _edits edits and are in order.</description></item>
/// </list>
/// Sources offer terms in any order; those that offer them best first are told when no later one can be taken.
/// </remarks>
internal ref partial struct CompletionSearch<TFilter>
    where TFilter : struct, ICompletionFilter
{
    private const int StackRanks = 64;

    private readonly Span<Completion> _results;
    private readonly Span<long> _ranks; // of the results, blended if there is a blend
    private readonly ScoreScale _scale;
    private readonly AutocompleteIndex _index;
    private readonly IndexData _data;
    private readonly HiddenTerms? _hidden; // terms of the index that changed
    private readonly int _version;
    private readonly DeltaNode? _delta;    // what they changed to
    private readonly RecencyBlend _blend;
    private readonly bool _blends;
    private readonly double _maxFactor;
    private readonly TFilter _filter;
    private int _count;
    private int _tier;
    private int _edits;
    private long _visitsLeft;

    private CompletionSearch(
        AutocompleteIndex index, LiveState? live, Span<Completion> results, Span<long> ranks, in AutocompleteQuery query, TFilter filter)
    {
        _results = results;
        _ranks = ranks;
        _index = index;
        _data = index.Data;
        _scale = index.Scale;
        _hidden = live?.Hidden;
        _version = live?.Version ?? 0;
        _delta = live?.Delta;
        _filter = filter;
        _blend = query.Recency.GetValueOrDefault();
        _blends = _blend.Weight > 0;
        _maxFactor = 1 + _blend.Weight;
        _visitsLeft = query.VisitBudget == 0 ? long.MaxValue : query.VisitBudget;
    }

    /// <summary>Answers a query.</summary>
    /// <param name="index">The frozen index.</param>
    /// <param name="live">The published state that has changes to it; <see langword="null"/> for none.</param>
    /// <param name="prefix">The folded prefix, in UTF-8.</param>
    /// <param name="results">Takes the results. Not empty.</param>
    /// <param name="query">How to search.</param>
    /// <param name="filter">What to accept.</param>
    /// <param name="isComplete">Whether the visit budget sufficed.</param>
    /// <returns>The number of results.</returns>
    [SkipLocalsInit]
    public static int Run(
        AutocompleteIndex index,
        LiveState? live,
        ReadOnlySpan<byte> prefix,
        Span<Completion> results,
        in AutocompleteQuery query,
        TFilter filter,
        out bool isComplete)
    {
        long[]? rented = results.Length > StackRanks ? ArrayPool<long>.Shared.Rent(results.Length) : null;
        Span<long> ranks = rented ?? stackalloc long[StackRanks];
        try
        {
            var search = new CompletionSearch<TFilter>(index, live, results, ranks[..results.Length], query, filter);
            search.SearchExact(prefix);
            if (query.MaxEdits > 0)
            {
                search.SearchEdited(prefix, query.MaxEdits, query.FixedCharacters);
            }

            search.AssertInvariants();
            isComplete = search._visitsLeft >= 0;
            return search._count;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<long>.Shared.Return(rented);
            }

            GC.KeepAlive(index);
        }
    }

    private readonly bool IsFull => _count == _results.Length;

    private readonly bool IsOver => _visitsLeft < 0;

    private void SearchExact(ReadOnlySpan<byte> prefix)
    {
        // The changes first: those are often to the best terms, which the index then need not look beyond its list for.
        if (_delta is not null && DeltaNode.TryLocate(_delta, prefix, out DeltaNode? changed, out _))
        {
            Collect(changed);
        }

        if (_data.TryLocate(prefix, out int node, out int lo, out int hi))
        {
            Collect(node, lo, hi);
        }
    }

    [SkipLocalsInit]
    private void SearchEdited(ReadOnlySpan<byte> prefix, int maxEdits, int fixedCharacters)
    {
        int fixedLength = Utf8Length(prefix, fixedCharacters);
        Span<ulong> words = stackalloc ulong[FuzzyPattern.WordCount];
        words.Clear();
        var pattern = new FuzzyPattern(prefix[fixedLength..], words);
        if (!pattern.IsWhole || pattern.Length == 0)
        {
            return;
        }

        ReadOnlySpan<byte> start = prefix[..fixedLength];
        bool inIndex = _data.TryLocate(start, out int node, out int lo, out int hi);
        DeltaNode? changed = null;
        int matched = 0;
        bool inDelta = _delta is not null && DeltaNode.TryLocate(_delta, start, out changed, out matched);
        while (_edits < maxEdits && !IsFull && !IsOver)
        {
            _edits++;
            _tier = _count; // I1: not full, so nothing of fewer edits was left out
            var state = new FuzzyState(_edits, pattern.Length);
            if (state.Accepts)
            {
                // As many edits as characters: everything is near enough.
                if (inDelta)
                {
                    Collect(changed!);
                }

                if (inIndex)
                {
                    Collect(node, lo, hi);
                }

                continue;
            }

            if (inDelta)
            {
                Walk(pattern, state, changed!, matched);
            }

            if (inIndex)
            {
                Walk(pattern, state, node, lo, hi, fixedLength);
            }
        }
    }

    // A folded prefix is well-formed, so its characters begin where a byte does not continue one.
    private static int Utf8Length(ReadOnlySpan<byte> utf8, int characters)
    {
        int length = 0;
        while (length < utf8.Length && (characters > 0 || (utf8[length] & 0xC0) == 0x80))
        {
            characters -= (utf8[length] & 0xC0) == 0x80 ? 0 : 1;
            length++;
        }

        return length;
    }

    private bool Visit() => --_visitsLeft >= 0;

    // The best that a rank can become.
    private readonly bool CannotEnter(long rank) =>
        IsFull && (_blends ? _scale.Lift(rank, _maxFactor) : rank) < _ranks[_count - 1];

    /// <returns>Whether a later term of a source that offers best first can still be taken.</returns>
    private bool Consider(in Completion completion, long rank, long payload)
    {
        if (!_filter.Accepts(completion))
        {
            return true;
        }

        if (!_blends)
        {
            return Offer(completion, rank);
        }

        Offer(completion, _scale.Lift(rank, _blend.Factor(payload)));
        return true; // a lower score may be lifted higher, until CannotEnter
    }

    private bool Offer(in Completion completion, long rank)
    {
        int position = _count;
        while (position > _tier)
        {
            if (rank < _ranks[position - 1])
            {
                break;
            }

            if (rank == _ranks[position - 1])
            {
                int order = Completion.CompareTexts(completion, _results[position - 1]);
                if (order == 0)
                {
                    return true; // there already, by another of its words
                }

                if (order > 0)
                {
                    break;
                }
            }

            position--;
        }

        if (position == _results.Length)
        {
            return false;
        }

        for (int i = 0; i < _tier; i++)
        {
            if (_results[i].Equals(completion))
            {
                return true; // there already, with fewer edits
            }
        }

        if (!IsFull)
        {
            _count++;
        }

        if (position < _count - 1)
        {
            _results[position..(_count - 1)].CopyTo(_results[(position + 1)..]);
            _ranks[position..(_count - 1)].CopyTo(_ranks[(position + 1)..]);
        }

        _results[position] = completion;
        _ranks[position] = rank;
        return true;
    }

    [Conditional("DEBUG")]
    private readonly void AssertInvariants()
    {
        for (int i = 1; i < _count; i++)
        {
            int edits = _results[i - 1].Edits - _results[i].Edits;
            Debug.Assert(
                edits < 0 || (edits == 0 && (_ranks[i - 1] > _ranks[i]
                    || (_ranks[i - 1] == _ranks[i] && Completion.CompareTexts(_results[i - 1], _results[i]) < 0))),
                "I2 is broken.");
        }
    }
}
