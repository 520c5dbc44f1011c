using System.Text;

namespace Primitives;

/// <summary>
/// A term that was found. It knows the published state that it comes from, so its text, score and payload stay what they
/// were when it was found, whatever happens to the index; there is no number that could be looked up in the wrong one.
/// </summary>
/// <remarks>24 bytes. Keeps the state it comes from in memory: hold on to <see cref="Text"/> rather than to completions.
/// Immutable. <see langword="default"/> has no text and no score.</remarks>
public struct Completion : IEquatable<Completion>
{
    private const int EditsAt = 32;
    private const long IntegerBit = 1L << 40;

    // Either an AutocompleteIndex, and the low half of _rest is the number of the term in it, or a DeltaTerm. Not readonly
    // for the sake of Write alone.
    private object? _owner;
    private long _rank;
    private long _rest; // the edits, and whether the score is an integer, as the owner would say, which is far away

    internal Completion(AutocompleteIndex index, int term, long rank, int edits)
    {
        _owner = index;
        _rank = rank;
        _rest = Rest(index.Scale.IsInteger, edits) | (uint)term;
    }

    internal Completion(in RankedTerm ranked, bool isInteger, int edits)
    {
        _owner = ranked.Term;
        _rank = ranked.Rank;
        _rest = Rest(isInteger, edits);
    }

    /// <summary>Gets the text as it was added. Makes a new string each time.</summary>
    public readonly string Text => _owner switch
    {
        AutocompleteIndex index => index.TextOf(Term),
        DeltaTerm term => Encoding.UTF8.GetString(term.Text),
        _ => "",
    };

    /// <summary>Gets the score: of an integer index rounded to a double beyond 2^53; of a decaying index as it is now,
    /// that is, when this is read.</summary>
    public readonly double Score => IsInteger ? _rank : Scale?.ToScore(_rank) ?? 0;

    /// <summary>Gets the exact score of an integer index.</summary>
    /// <exception cref="InvalidOperationException">The index holds floating-point scores.</exception>
    public readonly long Int64Score => IsInteger || _owner is null
        ? _rank
        : throw new InvalidOperationException("The index holds floating-point scores; read Score.");

    /// <summary>Gets the number that was added with the term; 0 if there was none.</summary>
    public readonly long Payload => _owner switch
    {
        AutocompleteIndex index => index.PayloadOf(Term),
        DeltaTerm term => term.Payload,
        _ => 0,
    };

    /// <summary>Gets the number of typing errors, 0 to <see cref="AutocompleteQuery.MaxEdits"/>.</summary>
    public readonly int Edits => (byte)(_rest >> EditsAt);

    internal readonly long Rank => _rank;

    private readonly int Term => (int)_rest;

    private readonly bool IsInteger => (_rest & IntegerBit) != 0;

    private readonly ScoreScale? Scale => _owner is AutocompleteIndex index ? index.Scale : (_owner as DeltaTerm)?.Scale;

    /// <summary>Gets what completions of one search have in common, for <see cref="Write"/>.</summary>
    internal static long Rest(bool isInteger, int edits) => (isInteger ? IntegerBit : 0) | ((long)edits << EditsAt);

    /// <summary>Writes a completion over one that a buffer has from its last use. Telling the garbage collector of a
    /// reference costs more than all else about a result, and mostly it is there already.</summary>
    internal void Write(AutocompleteIndex index, int term, long rank, long rest)
    {
        if (!ReferenceEquals(_owner, index))
        {
            _owner = index;
        }

        _rank = rank;
        _rest = rest | (uint)term;
    }

    /// <summary>Writes the text.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="charsWritten">The number of characters written; 0 if they do not fit.</param>
    /// <returns>Whether they fitted. Nothing is allocated.</returns>
    public readonly bool TryGetText(Span<char> destination, out int charsWritten) => _owner switch
    {
        AutocompleteIndex index => index.TryGetText(Term, destination, out charsWritten),
        DeltaTerm term => Encoding.UTF8.TryGetChars(term.Text, destination, out charsWritten),
        _ => Encoding.UTF8.TryGetChars([], destination, out charsWritten),
    };

    /// <summary>Writes the text in UTF-8.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="bytesWritten">The number of bytes written; 0 if they do not fit.</param>
    /// <returns>Whether they fitted. Nothing is allocated.</returns>
    public readonly bool TryGetUtf8Text(Span<byte> destination, out int bytesWritten)
    {
        switch (_owner)
        {
            case AutocompleteIndex index:
                return index.TryGetUtf8Text(Term, destination, out bytesWritten);
            case DeltaTerm term:
                bool fits = term.Text.AsSpan().TryCopyTo(destination);
                bytesWritten = fits ? term.Text.Length : 0;
                return fits;
            default:
                bytesWritten = 0;
                return true;
        }
    }

    /// <summary>Compares two completions.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same term of the same state.</returns>
    public static bool operator ==(Completion left, Completion right) => left.Equals(right);

    /// <summary>Compares two completions.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(Completion left, Completion right) => !left.Equals(right);

    /// <summary>Compares with another completion.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether they are the same term of the same state. A change to a term makes another of it; so does a
    /// compaction.</returns>
    public readonly bool Equals(Completion other) => ReferenceEquals(_owner, other._owner) && Term == other.Term;

    /// <inheritdoc/>
    public readonly override bool Equals(object? obj) => obj is Completion other && Equals(other);

    /// <inheritdoc/>
    public readonly override int GetHashCode() => HashCode.Combine(_owner, Term);

    /// <summary>Gets the text.</summary>
    /// <returns><see cref="Text"/>.</returns>
    public readonly override string ToString() => Text;

    /// <summary>Orders terms of equal score: by key, then by text, both by code points.</summary>
    internal static int CompareTexts(in Completion left, in Completion right)
    {
        if (ReferenceEquals(left._owner, right._owner))
        {
            return left.Term.CompareTo(right.Term); // terms of one index are numbered in this order
        }

        int order = left.Key.SequenceCompareTo(right.Key);
        return order != 0 ? order : left.Utf8Text.SequenceCompareTo(right.Utf8Text);
    }

    // Only while the search that asks keeps the owner alive.
    private readonly ReadOnlySpan<byte> Key => _owner is DeltaTerm term ? term.Key : ((AutocompleteIndex)_owner!).Data.Key(Term);

    private readonly ReadOnlySpan<byte> Utf8Text => _owner is DeltaTerm term ? term.Text : ((AutocompleteIndex)_owner!).Data.Text(Term);
}
