namespace Primitives.Evaluation;

/// <summary>A completion as the rivals give it: a string that they hold or make, and its score.</summary>
internal readonly record struct Suggestion(string Text, long Score);

/// <summary>What one writes in an afternoon: the terms in a sorted array, a binary search for the first that begins with
/// the prefix, and a heap for the best of those that follow.</summary>
internal sealed class SortedArrayRival
{
    private readonly string[] _terms;
    private readonly long[] _scores;

    public SortedArrayRival(IEnumerable<(string Text, long Score)> terms)
    {
        (string Text, long Score)[] sorted = [.. terms];
        _terms = Array.ConvertAll(sorted, term => term.Text);
        _scores = Array.ConvertAll(sorted, term => term.Score);
        Array.Sort(_terms, _scores, StringComparer.Ordinal);
    }

    public int Complete(string prefix, Suggestion[] destination)
    {
        int lo = 0;
        int hi = _terms.Length;
        while (lo < hi)
        {
            int middle = (lo + hi) / 2;
            if (string.CompareOrdinal(_terms[middle], prefix) < 0)
            {
                lo = middle + 1;
            }
            else
            {
                hi = middle;
            }
        }

        var heap = new PriorityQueue<int, (long Score, int Term)>(destination.Length + 1);
        for (int i = lo; i < _terms.Length && _terms[i].StartsWith(prefix, StringComparison.Ordinal); i++)
        {
            if (heap.Count < destination.Length)
            {
                heap.Enqueue(i, (_scores[i], -i));
            }
            else
            {
                heap.EnqueueDequeue(i, (_scores[i], -i));
            }
        }

        int count = heap.Count;
        for (int i = count - 1; i >= 0; i--)
        {
            int term = heap.Dequeue();
            destination[i] = new Suggestion(_terms[term], _scores[term]);
        }

        return count;
    }
}

/// <summary>
/// The textbook's pruning radix trie, by the procedure that was published as PruningRadixTrie (Wolf Garbe, 2020): strings
/// on the nodes, children in the order of the highest score below them, results in a list kept sorted by binary search,
/// and no descent to what cannot get among them any more. As there, a child's own score is not part of its place among
/// its siblings, so those after one that has nothing to offer are looked at too; the text of a child is put together
/// where it is a candidate, and again where its children are visited; the list is the query's own.
/// </summary>
/// <remarks>Kinder to it than the published program where that is no matter of the procedure: comparisons are ordinal, not
/// of the culture; one comparer serves all searches; children are sorted once, when all maxima are known.</remarks>
internal sealed class PruningTrieRival
{
    private static readonly Comparer<Suggestion> HighestFirst =
        Comparer<Suggestion>.Create(static (one, other) => other.Score.CompareTo(one.Score));

    private readonly Node _root = new();

    public PruningTrieRival(IEnumerable<(string Text, long Score)> terms)
    {
        foreach ((string text, long score) in terms)
        {
            Add(text, score);
        }

        Sort(_root);
    }

    /// <summary>Finds the best terms that begin with a prefix. Scores are positive.</summary>
    public List<Suggestion> Complete(string prefix, int most)
    {
        var results = new List<Suggestion>();
        Find(prefix, _root, "", most, results);
        return results;
    }

    private static void Find(string prefix, Node node, string path, int most, List<Suggestion> results)
    {
        if (results.Count == most && node.BestBelow <= results[most - 1].Score)
        {
            return;
        }

        foreach ((string label, Node child) in node.Children)
        {
            if (results.Count == most && child.Score <= results[most - 1].Score && child.BestBelow <= results[most - 1].Score)
            {
                continue;
            }

            if (prefix.Length == 0 || label.StartsWith(prefix, StringComparison.Ordinal))
            {
                if (child.Score > 0)
                {
                    Offer(new Suggestion(path + label, child.Score), most, results);
                }

                if (child.Children.Length > 0)
                {
                    Find("", child, path + label, most, results);
                }

                if (prefix.Length > 0)
                {
                    return; // siblings begin otherwise
                }
            }
            else if (prefix.StartsWith(label, StringComparison.Ordinal))
            {
                Find(prefix[label.Length..], child, path + label, most, results);
                return;
            }
        }
    }

    private static void Offer(Suggestion suggestion, int most, List<Suggestion> results)
    {
        if (results.Count == most && suggestion.Score < results[most - 1].Score)
        {
            return;
        }

        int position = results.BinarySearch(suggestion, HighestFirst);
        results.Insert(position < 0 ? ~position : position, suggestion);
        if (results.Count > most)
        {
            results.RemoveAt(most);
        }
    }

    private void Add(string term, long score)
    {
        for (Node node = _root; ;)
        {
            node.BestBelow = Math.Max(node.BestBelow, score);
            int index = 0;
            while (index < node.Children.Length && node.Children[index].Label[0] != term[0])
            {
                index++;
            }

            if (index == node.Children.Length)
            {
                node.Children = [.. node.Children, (term, new Node { Score = score })];
                return;
            }

            (string label, Node next) = node.Children[index];
            int common = label.AsSpan().CommonPrefixLength(term);
            if (common < label.Length)
            {
                var middle = new Node { BestBelow = Math.Max(next.Score, next.BestBelow), Children = [(label[common..], next)] };
                node.Children[index] = (label[..common], middle);
                next = middle;
            }

            if (common == term.Length)
            {
                next.Score += score;
                return;
            }

            term = term[common..];
            node = next;
        }
    }

    private static void Sort(Node node)
    {
        Array.Sort(node.Children, static (one, other) => other.Child.BestBelow.CompareTo(one.Child.BestBelow));
        foreach ((_, Node child) in node.Children)
        {
            Sort(child);
        }
    }

    private sealed class Node
    {
        /// <summary>0 where no term ends.</summary>
        public long Score { get; set; }

        /// <summary>The highest score of the terms below, without this one.</summary>
        public long BestBelow { get; set; }

        public (string Label, Node Child)[] Children { get; set; } = [];
    }
}

/// <summary>Fuzzy search as databases do it: terms that share trigrams with what was typed, each then verified by the table
/// of distances. Below the number of trigrams that the edits can destroy it is exact; it never takes terms that share none.
/// </summary>
internal sealed class TrigramRival
{
    private readonly (string Text, long Score)[] _terms;
    private readonly Dictionary<(char, char, char), int[]> _postings;
    private readonly byte[] _shared;
    private readonly List<int> _candidates = [];
    private readonly int[][] _rows = [new int[64], new int[64], new int[64]];

    public TrigramRival(IEnumerable<(string Text, long Score)> terms)
    {
        _terms = [.. terms];
        _shared = new byte[_terms.Length];
        var postings = new Dictionary<(char, char, char), List<int>>();
        for (int i = 0; i < _terms.Length; i++)
        {
            foreach ((char, char, char) trigram in Trigrams(_terms[i].Text).Distinct())
            {
                if (!postings.TryGetValue(trigram, out List<int>? list))
                {
                    postings[trigram] = list = [];
                }

                list.Add(i);
            }
        }

        _postings = postings.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());
    }

    public int Complete(string prefix, int edits, Suggestion[] destination)
    {
        int trigrams = 0;
        foreach ((char, char, char) trigram in Trigrams(prefix).Distinct())
        {
            trigrams++;
            foreach (int term in _postings.GetValueOrDefault(trigram, []))
            {
                if (_shared[term]++ == 0)
                {
                    _candidates.Add(term);
                }
            }
        }

        // A transposition changes four trigrams, any other edit three.
        int least = Math.Max(1, trigrams - (4 * edits));
        var best = new PriorityQueue<int, (int, long, int)>();
        foreach (int term in _candidates)
        {
            if (_shared[term] >= least && Distance(prefix, _terms[term].Text, edits) is int distance && distance <= edits)
            {
                best.Enqueue(term, (-distance, _terms[term].Score, -term));
                if (best.Count > destination.Length)
                {
                    best.Dequeue();
                }
            }

            _shared[term] = 0;
        }

        _candidates.Clear();
        int count = best.Count;
        for (int i = count - 1; i >= 0; i--)
        {
            (string text, long score) = _terms[best.Dequeue()];
            destination[i] = new Suggestion(text, score);
        }

        return count;
    }

    private static IEnumerable<(char, char, char)> Trigrams(string text)
    {
        (char before, char last) = ('\0', '\0');
        foreach (char c in text)
        {
            yield return (before, last, c);
            (before, last) = (last, c);
        }
    }

    // The distance of the pattern to the nearest beginning of the text; given up once it exceeds the edits.
    private int Distance(string pattern, string text, int edits)
    {
        int best = pattern.Length;
        for (int i = 0; i <= pattern.Length; i++)
        {
            _rows[0][i] = i;
        }

        for (int j = 1; j <= text.Length; j++)
        {
            int[] row = _rows[j % 3];
            int[] last = _rows[(j - 1) % 3];
            row[0] = j;
            int least = j;
            for (int i = 1; i <= pattern.Length; i++)
            {
                int value = Math.Min(Math.Min(last[i], row[i - 1]) + 1, last[i - 1] + (pattern[i - 1] == text[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && pattern[i - 1] == text[j - 2] && pattern[i - 2] == text[j - 1])
                {
                    value = Math.Min(value, _rows[(j - 2) % 3][i - 2] + 1);
                }

                row[i] = value;
                least = Math.Min(least, value);
            }

            best = Math.Min(best, row[pattern.Length]);
            if (least > edits)
            {
                break;
            }
        }

        return best;
    }
}
