using System.Diagnostics;

namespace Primitives;

/// <summary>
/// An index that changes while it is queried: a frozen <see cref="AutocompleteIndex"/>, and a small tree of what changed
/// since, which is merged into it in the background.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> A query sees one published state, whole: all changes of calls that returned before it began, and
/// of a batch all or nothing. Its results are exactly those of an <see cref="AutocompleteIndex"/> built from the terms of
/// that state. Completions stay what they were when found.</para>
/// <para><b>Cost.</b> Queries take no lock and allocate nothing; without changes they cost what they do on the frozen index
/// and a counter, otherwise about as much again. An update is O(length + log n) and makes new nodes from the root
/// to the term, a few KB. A changed term takes some hundreds of bytes until it is compacted.</para>
/// <para><b>Compaction.</b> When the changed terms reach <see cref="AutocompleteOptions.CompactAfter"/>, a task on the thread
/// pool builds a new frozen index, under a microsecond a term, and publishes it with the updates made meanwhile. Queries
/// and updates go on. Memory for both indexes is needed until then; should there be too little, the changes stay where they
/// are, and the next attempt is made when they have doubled.</para>
/// <para><b>Decay.</b> With a half-life h, a score s added at time t counts <c>s * 2^(-(now - t) / h)</c>. As all scores fall
/// together, only updates change the order, and nothing is rescored (Cormode, Shkapenyuk, Srivastava and Xu, Forward Decay,
/// ICDE 2009). The wall clock is used, since scores outlive the process.</para>
/// <para><b>Thread safety.</b> Thread-safe. Updates wait for each other. Filters run on the thread of the query, under no
/// lock.</para>
/// </remarks>
/// <example>
/// <code>
/// var live = new LiveAutocompleteIndex(new AutocompleteOptions { HalfLife = TimeSpan.FromDays(7) });
/// live.Increment("world cup");                   // on each search
/// string[] trending = live.Complete("wor", 10);
/// </code>
/// </example>
[DebuggerDisplay("Count = {Count}, ChangedTerms = {Statistics.ChangedTerms}")]
public sealed partial class LiveAutocompleteIndex
{
    private const int DefaultCompactAfter = 4_096;

    private readonly Lock _writing = new(); // guards every field that is not readonly
    private readonly IndexSettings _settings;
    private readonly ScoreScale _scale;
    private readonly int _compactAfter;
    private readonly StripedCounter _queries = new();

    // Written under the lock, read without: the state is immutable, so the reference is all there is to publish.
    private LiveState _state;

    /// <summary>Creates an index.</summary>
    /// <param name="options">The settings, read now; when <see langword="null"/>, those of <paramref name="initial"/>, or
    /// the defaults. <see cref="AutocompleteOptions.Duplicates"/> is not used.</param>
    /// <param name="initial">The first terms; none when <see langword="null"/>. If its settings are others, it is built
    /// again with these; scores that decay then begin to do so now.</param>
    /// <param name="timeProvider">The clock by which scores decay; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A score of <paramref name="initial"/> is not possible with the
    /// settings.</exception>
    /// <exception cref="InvalidOperationException">Floating-point scores of <paramref name="initial"/> are to become
    /// integers.</exception>
    public LiveAutocompleteIndex(
        AutocompleteOptions? options = null, AutocompleteIndex? initial = null, TimeProvider? timeProvider = null)
    {
        _settings = options is null && initial is not null
            ? initial.Settings
            : IndexSettings.From(options ?? new AutocompleteOptions(), nameof(options));
        _scale = _settings.Scale(timeProvider ?? TimeProvider.System);
        _compactAfter = options?.CompactAfter ?? 0;
        _state = LiveState.Of(initial is null ? new AutocompleteIndex(NewTable().Build(), _scale.Clock) : Adapt(initial));
    }

    /// <summary>Gets the number of terms.</summary>
    public int Count => Volatile.Read(ref _state).Count;

    /// <summary>Gets the counters, each exact, not all of one instant.</summary>
    public AutocompleteStatistics Statistics
    {
        get
        {
            LiveState state = Volatile.Read(ref _state);
            return new AutocompleteStatistics(state.Count, _queries.Sum, Changes(state), Interlocked.Read(ref _compactions));
        }
    }

    /// <inheritdoc cref="AutocompleteIndex.Complete(ReadOnlySpan{char}, Span{Completion})"/>
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination)
    {
        _queries.Increment();
        LiveState state = Volatile.Read(ref _state);
        return state.IsUnchanged
            ? state.Index.Complete(prefix, destination)
            : state.Index.Complete(state, prefix, destination, default, default(NoFilter), out _);
    }

    /// <inheritdoc cref="AutocompleteIndex.Complete(ReadOnlySpan{char}, Span{Completion}, in AutocompleteQuery)"/>
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query) =>
        Complete(prefix, destination, query, default(NoFilter), out _);

    /// <inheritdoc cref="AutocompleteIndex.Complete(ReadOnlySpan{char}, Span{Completion}, in AutocompleteQuery, out bool)"/>
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query, out bool isComplete) =>
        Complete(prefix, destination, query, default(NoFilter), out isComplete);

    /// <inheritdoc cref="AutocompleteIndex.Complete{TFilter}(ReadOnlySpan{char}, Span{Completion}, in AutocompleteQuery, TFilter, out bool)"/>
    public int Complete<TFilter>(
        ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query, TFilter filter, out bool isComplete)
        where TFilter : struct, ICompletionFilter
    {
        _queries.Increment();
        LiveState state = Volatile.Read(ref _state);
        return state.Index.Complete(state, prefix, destination, query, filter, out isComplete);
    }

    /// <inheritdoc cref="AutocompleteIndex.Complete(ReadOnlySpan{char}, int, in AutocompleteQuery)"/>
    public string[] Complete(ReadOnlySpan<char> prefix, int count, in AutocompleteQuery query = default)
    {
        _queries.Increment();
        LiveState state = Volatile.Read(ref _state);
        return state.Index.CompleteTexts(state, prefix, count, query);
    }

    /// <inheritdoc cref="AutocompleteIndex.TryGet(ReadOnlySpan{char}, out Completion)"/>
    public bool TryGet(ReadOnlySpan<char> term, out Completion completion)
    {
        LiveState state = Volatile.Read(ref _state);
        return state.Index.TryGet(state, term, out completion);
    }

    /// <summary>Makes a frozen index of the current state: to save, to map elsewhere, to compare.</summary>
    /// <returns>The index. Without changes since the last compaction it is the one in use; otherwise it is built now.
    /// </returns>
    public AutocompleteIndex ToIndex() => Freeze(Volatile.Read(ref _state));

    private static int Changes(LiveState state) => Math.Max(state.DeltaCount, state.HiddenCount);

    private TermTable NewTable() => new(_settings, _scale);

    private AutocompleteIndex Freeze(LiveState state)
    {
        if (state.IsUnchanged)
        {
            return state.Index;
        }

        TermTable table = NewTable();
        IndexData data = state.Index.Data;
        for (int term = 0; term < data.Terms; term++)
        {
            if (!state.Hidden.Contains(term, state.Version))
            {
                table.Add(data.Key(term), data.Text(term), data.Ranks[term], data.Payload(term));
            }
        }

        GC.KeepAlive(state);
        foreach (DeltaTerm term in DeltaNode.All(state.Delta))
        {
            table.Add(term.Key, term.Text, term.Rank, term.Payload);
        }

        return new AutocompleteIndex(table.Build(), _scale.Clock);
    }

    private AutocompleteIndex Adapt(AutocompleteIndex index)
    {
        if (index.Settings with { Duplicates = _settings.Duplicates } == _settings)
        {
            return index.Scale.Clock == _scale.Clock ? index : new AutocompleteIndex(index.Data, _scale.Clock);
        }

        TermTable table = NewTable();
        for (int term = 0; term < index.Count; term++)
        {
            table.Add(index.TextOf(term), _scale.Convert(index.RankOf(term), index.Scale), index.PayloadOf(term));
        }

        return new AutocompleteIndex(table.Build(), _scale.Clock);
    }
}
