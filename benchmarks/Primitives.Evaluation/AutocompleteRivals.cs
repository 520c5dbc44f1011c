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

/// <summary>The textbook's pruning radix trie: strings on its nodes, children in the order of the highest score below them,
/// and a search that leaves out what cannot get among the best any more.</summary>
internal sealed class PruningTrieRival
{
    private readonly Node _root = new();

    public PruningTrieRival(IEnumerable<(string Text, long Score)> terms)
    {
        foreach ((string text, long score) in terms)
        {
            Add(text, score);
        }

        Sort(_root);
    }

    public int Complete(string prefix, Suggestion[] destination)
    {
        Node node = _root;
        string path = "";
        string rest = prefix;
        while (rest.Length > 0)
        {
            (string Label, Node Child) next = node.Children?.Find(child => child.Label[0] == rest[0]) ?? default;
            if (next.Child is null || !(rest.StartsWith(next.Label, StringComparison.Ordinal) || next.Label.StartsWith(rest, StringComparison.Ordinal)))
            {
                return 0;
            }

            path += next.Label;
            node = next.Child;
            rest = next.Label.Length >= rest.Length ? "" : rest[next.Label.Length..];
        }

        int count = 0;
        Collect(node, path, destination, ref count);
        return count;
    }

    public void Add(string term, long score)
    {
        Node node = _root;
        node.Best = Math.Max(node.Best, score);
        while (true)
        {
            node.Children ??= [];
            int index = node.Children.FindIndex(child => child.Label[0] == term[0]);
            if (index < 0)
            {
                node.Children.Add((term, new Node { Score = score, Best = score }));
                return;
            }

            (string label, Node next) = node.Children[index];
            int common = label.AsSpan().CommonPrefixLength(term);
            if (common < label.Length)
            {
                var middle = new Node { Best = next.Best, Children = [(label[common..], next)] };
                node.Children[index] = (label[..common], middle);
                next = middle;
            }

            next.Best = Math.Max(next.Best, score);
            if (common == term.Length)
            {
                next.Score = score;
                return;
            }

            term = term[common..];
            node = next;
        }
    }

    private static void Sort(Node node)
    {
        node.Children?.Sort((x, y) => y.Child.Best.CompareTo(x.Child.Best));
        foreach ((_, Node child) in node.Children ?? [])
        {
            Sort(child);
        }
    }

    private static void Collect(Node node, string path, Suggestion[] destination, ref int count)
    {
        if (node.Score is { } score)
        {
            Insert(new Suggestion(path, score), destination, ref count);
        }

        foreach ((string label, Node child) in node.Children ?? [])
        {
            if (count == destination.Length && child.Best <= destination[^1].Score)
            {
                return; // the children that follow have less to offer
            }

            Collect(child, path + label, destination, ref count);
        }
    }

    private static void Insert(Suggestion suggestion, Suggestion[] destination, ref int count)
    {
        int position = count;
        while (position > 0 && destination[position - 1].Score < suggestion.Score)
        {
            position--;
        }

        if (position == destination.Length)
        {
            return;
        }

        count = Math.Min(count + 1, destination.Length);
        Array.Copy(destination, position, destination, position + 1, count - position - 1);
        destination[position] = suggestion;
    }

    private sealed class Node
    {
        public long? Score { get; set; }

        public long Best { get; set; }

        public List<(string Label, Node Child)>? Children { get; set; }
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
