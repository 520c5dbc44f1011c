using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Primitives;

/// <summary>
/// An immutable index that finds the terms with the best scores among those that begin with a prefix, or nearly so.
/// Made by an <see cref="AutocompleteBuilder"/>; saved, loaded or mapped into memory.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> The results of a query are the first of all matching terms in the order of: fewer edits, higher
/// score, key (the folded text, by code points), text (by code points). So the results for k are the first k of those for
/// any larger number. Scores and payloads are those that were added.</para>
/// <para><b>Cost.</b> A query for at most <see cref="AutocompleteOptions.CachedResults"/> results reads one node a branching
/// of the prefix and the list that it holds ready, or looks at one bucket of at most
/// <see cref="AutocompleteOptions.BucketSize"/> terms: O(length of the prefix). More results, a filter or a blend add O(log n)
/// for each term looked at, best first. No query allocates, but for the overload that makes strings; a query for more
/// results than are cached borrows from the shared array pool. Memory is 17 to 20 bytes a term and the UTF-8 of its key, once
/// more its text where that is not the key, and 8 bytes if there are payloads.</para>
/// <para><b>Limits.</b> 2,048 bytes of UTF-8 for a term, 2 GB for the index. Edits are found in prefixes of up to 62
/// characters; longer ones match exactly or not at all. Little-endian machines only.</para>
/// <para><b>Thread safety.</b> Immutable; any number of threads may query it.</para>
/// <para><b>Source.</b> Completion tries with the best terms of each node: Hsu and Ottaviano, Space-efficient data structures
/// for top-k completion, WWW 2013.</para>
/// </remarks>
/// <example>
/// <code>
/// var builder = new AutocompleteBuilder();
/// builder.Add("primitive", 120);
/// builder.Add("prime number", 300);
/// AutocompleteIndex index = builder.Build();
/// string[] best = index.Complete("prim", 10); // prime number, primitive
/// </code>
/// </example>
[DebuggerDisplay("Count = {Count}, Bytes = {PersistedLength}")]
public sealed partial class AutocompleteIndex
{
    private const int StackPrefix = 256;

    internal AutocompleteIndex(IndexData data, TimeProvider clock)
    {
        data.Prepare();
        Data = data;
        Settings = data.Layout.Settings;
        Folding = Settings.Folding;
        Scale = Settings.Scale(clock);
    }

    /// <summary>Gets the number of terms.</summary>
    public int Count => Data.Terms;

    /// <summary>Gets what a prefix and a term may differ in.</summary>
    public TextFolding Folding { get; }

    /// <summary>Gets what the scores are.</summary>
    public AutocompleteScores Scores => Settings.Scores;

    /// <summary>Gets the time in which scores halve; <see langword="null"/> if they do not decay.</summary>
    public TimeSpan? HalfLife => Settings.HalfLife;

    /// <summary>Gets whether prefixes match at the start of any word.</summary>
    public bool MatchesWordStarts => Settings.MatchWordStarts;

    internal IndexData Data { get; }

    internal IndexSettings Settings { get; }

    internal ScoreScale Scale { get; }

    /// <summary>Finds the best terms that begin with a prefix.</summary>
    /// <param name="prefix">What was typed. Empty: the best terms of all. Half a surrogate pair matches nothing.</param>
    /// <param name="destination">Takes the completions, best first; its length is the most there can be.</param>
    /// <returns>How many there are.</returns>
    [SkipLocalsInit]
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination)
    {
        // Longer than any prefix that it is used for, so that a word can be read of it wherever one begins.
        Span<byte> buffer = stackalloc byte[StackPrefix + sizeof(ulong)];
        if (!KeyFolder.TryFold(Folding, prefix, buffer[..StackPrefix], out int length))
        {
            return Complete(prefix, destination, default, default(NoFilter), out _);
        }

        IndexData data = Data;
        int count = 0;
        ReadOnlySpan<byte> key = buffer[..length];
        if (data.TryDescend(key, out int number, out int hi, out int seen))
        {
            ref readonly TrieNode node = ref data.Nodes[number];
            count = node.List < 0 && !MatchesWordStarts
                ? TakeBucket(data, key, BinaryPrimitives.ReadUInt64LittleEndian(buffer[seen..]), seen, node, hi, destination)
                : node.List >= 0 && destination.Length <= data.ListLength && (seen >= key.Length || data.BeginsWith(node, key, seen))
                ? TakeList(data, node.List, destination)
                : Search(null, key, destination, default, default(NoFilter), out _);
        }

        GC.KeepAlive(this);
        return count;
    }

    /// <summary>Finds the best terms that begin with a prefix, or nearly so.</summary>
    /// <param name="prefix"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='prefix']"/></param>
    /// <param name="destination"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='destination']"/></param>
    /// <param name="query">How to search.</param>
    /// <returns>How many there are.</returns>
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query) =>
        Complete(prefix, destination, query, default(NoFilter), out _);

    /// <summary>Finds the best terms that begin with a prefix, or nearly so, and tells whether it looked at all it had to.
    /// </summary>
    /// <param name="prefix"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='prefix']"/></param>
    /// <param name="destination"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='destination']"/></param>
    /// <param name="query">How to search.</param>
    /// <param name="isComplete">Whether <see cref="AutocompleteQuery.VisitBudget"/> sufficed. If not, better terms may be
    /// missing.</param>
    /// <returns>How many there are.</returns>
    public int Complete(ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query, out bool isComplete) =>
        Complete(prefix, destination, query, default(NoFilter), out isComplete);

    /// <summary>Finds the best terms that begin with a prefix, or nearly so, among those that a filter accepts.</summary>
    /// <typeparam name="TFilter">The filter's type.</typeparam>
    /// <param name="prefix"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='prefix']"/></param>
    /// <param name="destination"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='destination']"/></param>
    /// <param name="query">How to search.</param>
    /// <param name="filter">What to accept.</param>
    /// <param name="isComplete">Whether <see cref="AutocompleteQuery.VisitBudget"/> sufficed. If not, better terms may be
    /// missing.</param>
    /// <returns>How many there are.</returns>
    public int Complete<TFilter>(
        ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query, TFilter filter, out bool isComplete)
        where TFilter : struct, ICompletionFilter => Complete(null, prefix, destination, query, filter, out isComplete);

    /// <summary>Finds the texts of the best terms that begin with a prefix, or nearly so.</summary>
    /// <param name="prefix"><inheritdoc cref="Complete(ReadOnlySpan{char}, Span{Completion})" path="/param[@name='prefix']"/></param>
    /// <param name="count">The most texts to return. At least 1.</param>
    /// <param name="query">How to search.</param>
    /// <returns>The texts, best first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public string[] Complete(ReadOnlySpan<char> prefix, int count, in AutocompleteQuery query = default) =>
        CompleteTexts(null, prefix, count, query);

    /// <summary>Finds a term by its exact text.</summary>
    /// <param name="term">The text.</param>
    /// <param name="completion">The term, if it is there.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(ReadOnlySpan<char> term, out Completion completion) => TryGet(null, term, out completion);

    [SkipLocalsInit]
    internal bool TryGet(LiveState? live, ReadOnlySpan<char> term, out Completion completion)
    {
        completion = default;
        Span<byte> key = stackalloc byte[TermTable.MaxTermBytes];
        Span<byte> text = stackalloc byte[TermTable.MaxTermBytes];
        if (TermTable.Encode(Folding, term, key, out int keyLength, text, out int textLength) is not null)
        {
            return false; // no term can be like this
        }

        if (DeltaNode.Find(live?.Delta, key[..keyLength], text[..textLength]) is { } changed)
        {
            completion = new Completion(RankedTerm.Of(changed), Scale.IsInteger, edits: 0);
            return true;
        }

        bool found = TryGet(key[..keyLength], text[..textLength], out int number, out Completion there)
            && live?.Hidden.Contains(number, live.Version) != true;
        completion = found ? there : default;
        return found;
    }

    internal bool TryGet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text, out int term, out Completion completion)
    {
        term = Data.Find(key, text);
        completion = term < 0 ? default : new Completion(this, term, Data.Ranks[term], edits: 0);
        GC.KeepAlive(this);
        return term >= 0;
    }

    internal int Complete<TFilter>(
        LiveState? live, ReadOnlySpan<char> prefix, Span<Completion> destination, in AutocompleteQuery query, TFilter filter, out bool isComplete)
        where TFilter : struct, ICompletionFilter
    {
        Span<byte> key = stackalloc byte[StackPrefix];
        byte[]? rented = null;
        try
        {
            int length;
            while (!KeyFolder.TryFold(Folding, prefix, key, out length))
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(key.Length * 4);
                if (rented is not null)
                {
                    ArrayPool<byte>.Shared.Return(rented);
                }

                key = rented = larger;
            }

            return Search(live, key[..length], destination, query, filter, out isComplete);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    internal string[] CompleteTexts(LiveState? live, ReadOnlySpan<char> prefix, int count, in AutocompleteQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Completion[] completions = ArrayPool<Completion>.Shared.Rent(Math.Min(count, live?.Count ?? Count));
        try
        {
            int found = Complete(live, prefix, completions.AsSpan(0, Math.Min(count, completions.Length)), query, default(NoFilter), out _);
            string[] texts = new string[found];
            for (int i = 0; i < found; i++)
            {
                texts[i] = completions[i].Text;
            }

            return texts;
        }
        finally
        {
            ArrayPool<Completion>.Shared.Return(completions, clearArray: true); // so that the pool keeps no index alive
        }
    }

    internal long RankOf(int term)
    {
        long rank = Data.Ranks[term];
        GC.KeepAlive(this);
        return rank;
    }

    internal long PayloadOf(int term)
    {
        long payload = Data.Payload(term);
        GC.KeepAlive(this);
        return payload;
    }

    internal string TextOf(int term)
    {
        string text = Encoding.UTF8.GetString(Data.Text(term));
        GC.KeepAlive(this);
        return text;
    }

    internal bool TryGetText(int term, Span<char> destination, out int charsWritten)
    {
        bool fits = Encoding.UTF8.TryGetChars(Data.Text(term), destination, out charsWritten);
        GC.KeepAlive(this);
        return fits;
    }

    internal bool TryGetUtf8Text(int term, Span<byte> destination, out int bytesWritten)
    {
        ReadOnlySpan<byte> text = Data.Text(term);
        bool fits = text.TryCopyTo(destination);
        bytesWritten = fits ? text.Length : 0;
        GC.KeepAlive(this);
        return fits;
    }

    private int TakeList(IndexData data, int list, Span<Completion> destination)
    {
        ReadOnlySpan<int> terms = data.List(list);
        ReadOnlySpan<long> ranks = data.RanksOfList(list);
        long rest = Completion.Rest(Scale.IsInteger, edits: 0);
        int count = Math.Min(destination.Length, terms.Length);
        if (count > 0 && terms[count - 1] < 0)
        {
            count = terms.IndexOf(-1);
        }

        destination = destination[..count];
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i].Write(this, terms[i], ranks[i], rest);
        }

        return count;
    }

    // As the general search does, but without its branches: how scores lie is not to be foretold.
    [SkipLocalsInit]
    private int TakeBucket(
        IndexData data, ReadOnlySpan<byte> key, ulong word, int seen, in TrieNode bucket, int hi, Span<Completion> destination)
    {
        int lo = bucket.Lo;
        ReadOnlySpan<long> ranks = data.Ranks[lo..hi];
        long rest = Completion.Rest(Scale.IsInteger, edits: 0);
        if (bucket.Depth < key.Length)
        {
            Span<byte> found = stackalloc byte[IndexSettings.MaxBucketSize];
            destination = destination[..Math.Min(destination.Length, data.Match(key, word, seen, bucket, hi, found))];
            for (int i = 0; i < destination.Length; i++)
            {
                int entry = found[i];
                destination[i].Write(this, lo + entry, ranks[entry], rest);
            }

            return destination.Length;
        }

        if (seen < key.Length && !data.BeginsWith(bucket, key, seen))
        {
            return 0;
        }

        ReadOnlySpan<ushort> order = data.Order[lo..hi];
        destination = destination[..Math.Min(destination.Length, order.Length)];
        for (int i = 0; i < destination.Length; i++)
        {
            int entry = (byte)order[i];
            destination[i].Write(this, lo + entry, ranks[entry], rest);
        }

        return destination.Length;
    }

    private int Search<TFilter>(
        LiveState? live, ReadOnlySpan<byte> key, Span<Completion> destination, in AutocompleteQuery query, TFilter filter, out bool isComplete)
        where TFilter : struct, ICompletionFilter
    {
        isComplete = true;
        return destination.IsEmpty ? 0 : CompletionSearch<TFilter>.Run(this, live, key, destination, query, filter, out isComplete);
    }
}
