namespace Primitives;

/// <summary>Collects terms with their scores, and makes an <see cref="AutocompleteIndex"/> of them.</summary>
/// <remarks>
/// <para><b>Cost.</b> O(length) for a term; <see cref="Build"/> sorts and takes O(n log n), under a microsecond a term, and
/// some 60 bytes a term besides the index it makes.</para>
/// <para><b>Thread safety.</b> For one thread at a time. The indexes it makes are immutable.</para>
/// </remarks>
public sealed class AutocompleteBuilder
{
    private readonly IndexSettings _settings;
    private readonly ScoreScale _scale;
    private readonly TermTable _terms;

    /// <summary>Creates a builder without terms.</summary>
    /// <param name="options">The settings, read now; the defaults when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock by which scores decay, if there is a half-life;
    /// <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public AutocompleteBuilder(AutocompleteOptions? options = null, TimeProvider? timeProvider = null)
    {
        _settings = IndexSettings.From(options ?? new AutocompleteOptions(), nameof(options));
        _scale = _settings.Scale(timeProvider ?? TimeProvider.System);
        _terms = new TermTable(_settings, _scale);
    }

    /// <summary>Gets the number of terms added, each as often as it was.</summary>
    public int Count => _terms.Count;

    /// <summary>Adds a term with an integer score.</summary>
    /// <param name="term">The text, as completions return it. Not empty, no lone surrogates, at most 2,048 bytes of UTF-8,
    /// folded or not.</param>
    /// <param name="score">The score; higher is better. If the index holds floating-point scores, one that has an exact
    /// one. If scores decay, that of now, from 0 on.</param>
    /// <param name="payload">Any number, which completions return: an id, a language, flags, a time.</param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="score"/> is out of range.</exception>
    public void Add(ReadOnlySpan<char> term, long score, long payload = 0) => _terms.Add(term, _scale.FromScore(score), payload);

    /// <summary>Adds a term with a floating-point score.</summary>
    /// <param name="term"><inheritdoc cref="Add(ReadOnlySpan{char}, long, long)" path="/param[@name='term']"/></param>
    /// <param name="score">The score; higher is better. Finite. If scores decay, that of now, from 0 on.</param>
    /// <param name="payload"><inheritdoc cref="Add(ReadOnlySpan{char}, long, long)" path="/param[@name='payload']"/></param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="score"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The index holds integer scores.</exception>
    public void Add(ReadOnlySpan<char> term, double score, long payload = 0) => _terms.Add(term, _scale.FromScore(score), payload);

    /// <summary>Makes an index of the terms added so far. More may be added afterwards, for a further index.</summary>
    /// <returns>The index.</returns>
    /// <exception cref="InvalidOperationException">A term was added twice and the options say
    /// <see cref="DuplicateTerms.Throw"/>, or the index would exceed 2 GB.</exception>
    /// <exception cref="OverflowException">The scores of a term add up to more than there is.</exception>
    public AutocompleteIndex Build() => new(_terms.Build(), _scale.Clock);
}
