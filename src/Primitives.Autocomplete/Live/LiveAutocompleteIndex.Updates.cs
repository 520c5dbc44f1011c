namespace Primitives;

/// <content>Updates. Each makes a new state and publishes it.</content>
public sealed partial class LiveAutocompleteIndex
{
    /// <summary>Adds a term or replaces its score and payload.</summary>
    /// <param name="term"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='term']"/></param>
    /// <param name="score"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='score']"/></param>
    /// <param name="payload"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='payload']"/></param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="score"/> is out of range.</exception>
    public void Set(ReadOnlySpan<char> term, long score, long payload = 0) => Update(term, TermChange.Set(score, payload));

    /// <summary>Adds a term or replaces its score and payload.</summary>
    /// <param name="term"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='term']"/></param>
    /// <param name="score"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, double, long)" path="/param[@name='score']"/></param>
    /// <param name="payload"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='payload']"/></param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="score"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The index holds integer scores.</exception>
    public void Set(ReadOnlySpan<char> term, double score, long payload = 0) => Update(term, TermChange.Set(score, payload));

    /// <summary>Adds to a term's score, which is 0 if the term is not there.</summary>
    /// <param name="term"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='term']"/></param>
    /// <param name="delta">What to add; may be negative. The score of a decaying index stays at 0 or more.</param>
    /// <param name="payload">The new payload; <see langword="null"/> keeps the one it has.</param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The new score is out of range.</exception>
    /// <exception cref="OverflowException">The new score exceeds 64 bits.</exception>
    public void Increment(ReadOnlySpan<char> term, long delta = 1, long? payload = null) =>
        Update(term, TermChange.Increment(delta, payload));

    /// <summary>Adds to a term's score, which is 0 if the term is not there.</summary>
    /// <param name="term"><inheritdoc cref="AutocompleteBuilder.Add(ReadOnlySpan{char}, long, long)" path="/param[@name='term']"/></param>
    /// <param name="delta">What to add; may be negative. The score of a decaying index stays at 0 or more.</param>
    /// <param name="payload">The new payload; <see langword="null"/> keeps the one it has.</param>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The new score is out of range.</exception>
    /// <exception cref="InvalidOperationException">The index holds integer scores.</exception>
    public void Increment(ReadOnlySpan<char> term, double delta, long? payload = null) =>
        Update(term, TermChange.Increment(delta, payload));

    /// <summary>Removes a term.</summary>
    /// <param name="term">The exact text.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ArgumentException"><paramref name="term"/> is empty, ill-formed or too long.</exception>
    public bool Remove(ReadOnlySpan<char> term) => Update(term, TermChange.Remove());

    /// <summary>Makes several changes in their order and publishes them as one: a query sees all or none.</summary>
    /// <param name="updates">The changes.</param>
    /// <exception cref="ArgumentException">A change is the default value, or its term is empty, ill-formed or too long. No
    /// change is made then, nor with any other exception.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A score is out of range.</exception>
    /// <exception cref="InvalidOperationException">The index holds integer scores, and a change another one.</exception>
    /// <exception cref="OverflowException">A score exceeds 64 bits.</exception>
    public void Apply(ReadOnlySpan<AutocompleteUpdate> updates)
    {
        if (updates.IsEmpty)
        {
            return;
        }

        var terms = new LiveTerm[updates.Length];
        for (int i = 0; i < terms.Length; i++)
        {
            terms[i] = LiveTerm.Encode(_settings.Folding, updates[i].Term);
        }

        lock (_writing)
        {
            var edit = new LiveEdit(_state, _scale);
            try
            {
                for (int i = 0; i < terms.Length; i++)
                {
                    edit.Apply(terms[i], updates[i].Change);
                }
            }
            catch
            {
                edit.Abandon();
                throw;
            }

            PublishLocked(edit.Finish(), terms);
        }
    }

    private bool Update(ReadOnlySpan<char> term, in TermChange change)
    {
        LiveTerm encoded = LiveTerm.Encode(_settings.Folding, term);
        lock (_writing)
        {
            var edit = new LiveEdit(_state, _scale);
            bool existed = edit.Apply(encoded, change); // throws before it marks anything
            PublishLocked(edit.Finish(), [encoded]);
            return existed;
        }
    }

    private void PublishLocked(LiveState state, ReadOnlySpan<LiveTerm> changed)
    {
        // Release: the marks and nodes that the state leads to are written before it is seen.
        Volatile.Write(ref _state, state);
        _journal?.AddRange(changed);
        CompactIfDueLocked();
    }
}
