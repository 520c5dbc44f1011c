using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// A node of the persistent radix trie of changed terms. Immutable: a change makes new nodes from the root to the term and
/// shares the others, so whoever holds a root has a whole state for ever.
/// </summary>
/// <remarks>A node's path begins with its branching byte. Only the root may have an empty path, and only a node with terms
/// or at least two children exists.</remarks>
internal sealed class DeltaNode
{
    private DeltaNode(byte[] path, DeltaTerm[] terms, DeltaNode[] children, RankedTerm[] best)
    {
        Path = path;
        Terms = terms;
        Children = children;
        Best = best;
        Count = terms.Length;
        foreach (DeltaNode child in children)
        {
            Count += child.Count;
        }
    }

    /// <summary>Gets the bytes between the parent and this node.</summary>
    public byte[] Path { get; }

    /// <summary>Gets the terms with an entry that ends here.</summary>
    public DeltaTerm[] Terms { get; }

    /// <summary>Gets the children, in order of the first byte of their paths.</summary>
    public DeltaNode[] Children { get; }

    /// <summary>Gets the best terms below, as many as a list holds, or all, each once.</summary>
    public RankedTerm[] Best { get; }

    /// <summary>Gets the number of entries below; a term has one for each word.</summary>
    public int Count { get; }

    /// <summary>Finds the node whose entries are those that begin with a prefix.</summary>
    /// <param name="root">Where to begin.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="node">The node.</param>
    /// <param name="matched">How many bytes of its path belong to the prefix.</param>
    public static bool TryLocate(DeltaNode root, ReadOnlySpan<byte> prefix, [NotNullWhen(true)] out DeltaNode? node, out int matched)
    {
        node = root;
        while (true)
        {
            matched = prefix.CommonPrefixLength(node.Path);
            if (matched == prefix.Length)
            {
                return true;
            }

            int child = -1;
            if (matched == node.Path.Length)
            {
                prefix = prefix[matched..];
                child = Find(node.Children, prefix[0]);
            }

            if (child < 0)
            {
                node = null;
                return false;
            }

            node = node.Children[child];
        }
    }

    /// <summary>Finds a term by its key and text.</summary>
    public static DeltaTerm? Find(DeltaNode? root, ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        if (root is not null && TryLocate(root, key, out DeltaNode? node, out int matched) && matched == node.Path.Length)
        {
            foreach (DeltaTerm term in node.Terms)
            {
                if (term.Key.Length == key.Length && text.SequenceEqual(term.Text) && key.SequenceEqual(term.Key))
                {
                    return term;
                }
            }
        }

        return null;
    }

    /// <summary>Adds, replaces or removes a term's entry.</summary>
    /// <param name="node">The trie; <see langword="null"/> if it is empty.</param>
    /// <param name="key">The entry's key below the node.</param>
    /// <param name="old">The term whose entry is there, if any.</param>
    /// <param name="replacement">The term whose entry will be there, if any.</param>
    /// <param name="listLength">How many best terms a node keeps.</param>
    /// <returns>The new trie; <see langword="null"/> if it is empty.</returns>
    public static DeltaNode? Replace(DeltaNode? node, ReadOnlySpan<byte> key, DeltaTerm? old, DeltaTerm? replacement, int listLength)
    {
        if (node is null)
        {
            return replacement is null ? null : Leaf(key, replacement);
        }

        int common = key.CommonPrefixLength(node.Path);
        if (common < node.Path.Length)
        {
            return replacement is null ? node : node.Split(common, key[common..], replacement, listLength);
        }

        key = key[common..];
        if (key.IsEmpty)
        {
            DeltaTerm[] terms = [.. node.Terms.Where(term => term != old)];
            return node.With(replacement is null ? terms : [.. terms, replacement], node.Children, old, replacement, listLength);
        }

        int index = Find(node.Children, key[0]);
        DeltaNode? child = Replace(index < 0 ? null : node.Children[index], key, old, replacement, listLength);
        DeltaNode[] children = child is null
            ? index < 0 ? node.Children : [.. node.Children[..index], .. node.Children[(index + 1)..]]
            : index < 0 ? [.. node.Children[..~index], child, .. node.Children[~index..]]
            : [.. node.Children[..index], child, .. node.Children[(index + 1)..]];
        return node.With(node.Terms, children, old, replacement, listLength);
    }

    /// <summary>Lists every term once, in any order.</summary>
    public static IEnumerable<DeltaTerm> All(DeltaNode? root)
    {
        var stack = new Stack<(DeltaNode Node, int Depth)>();
        if (root is not null)
        {
            stack.Push((root, 0));
        }

        while (stack.TryPop(out (DeltaNode Node, int Depth) top))
        {
            int depth = top.Depth + top.Node.Path.Length;
            foreach (DeltaTerm term in top.Node.Terms)
            {
                if (term.Key.Length == depth) // else the entry of a later word
                {
                    yield return term;
                }
            }

            foreach (DeltaNode child in top.Node.Children)
            {
                stack.Push((child, depth));
            }
        }
    }

    private static DeltaNode Leaf(ReadOnlySpan<byte> path, DeltaTerm term) => new(path.ToArray(), [term], [], [RankedTerm.Of(term)]);

    /// <returns>The position of the child, or the complement of where it belongs.</returns>
    private static int Find(DeltaNode[] children, byte label)
    {
        int lo = 0;
        int hi = children.Length - 1;
        while (lo <= hi)
        {
            int middle = (lo + hi) / 2;
            int found = children[middle].Path[0];
            if (found == label)
            {
                return middle;
            }

            if (found < label)
            {
                lo = middle + 1;
            }
            else
            {
                hi = middle - 1;
            }
        }

        return ~lo;
    }

    // Puts a node between this one and its parent, at which the new key leaves the path.
    private DeltaNode Split(int at, ReadOnlySpan<byte> rest, DeltaTerm term, int listLength)
    {
        var lower = new DeltaNode(Path[at..], Terms, Children, Best);
        RankedTerm[] best = Insert(Best, RankedTerm.Of(term), listLength);
        if (rest.IsEmpty)
        {
            return new DeltaNode(Path[..at], [term], [lower], best);
        }

        DeltaNode leaf = Leaf(rest, term);
        return new DeltaNode(Path[..at], [], rest[0] < lower.Path[0] ? [leaf, lower] : [lower, leaf], best);
    }

    private DeltaNode? With(DeltaTerm[] terms, DeltaNode[] children, DeltaTerm? old, DeltaTerm? replacement, int listLength)
    {
        if (terms.Length == 0 && children.Length <= 1)
        {
            return children.Length == 0 ? null
                : new DeltaNode([.. Path, .. children[0].Path], children[0].Terms, children[0].Children, children[0].Best);
        }

        RankedTerm[] best = Change(Best, old, replacement, listLength) ?? Choose(terms, children, listLength);
        return new DeltaNode(Path, terms, children, best);
    }

    /// <returns>The list with one term for another; <see langword="null"/> if it may now lack one that was never on it.
    /// </returns>
    private static RankedTerm[]? Change(RankedTerm[] best, DeltaTerm? old, DeltaTerm? replacement, int listLength)
    {
        int from = old is null ? -1 : IndexOf(best, old);
        if (from < 0)
        {
            return replacement is null ? best : Insert(best, RankedTerm.Of(replacement), listLength);
        }

        // A list that was full and lost a term for one that ranks below the others, or for none.
        bool wasFull = best.Length == listLength;
        if (replacement is null)
        {
            return wasFull ? null : [.. best.AsSpan(0, from), .. best.AsSpan(from + 1)];
        }

        RankedTerm term = RankedTerm.Of(replacement);
        int there = IndexOf(best, replacement);
        if (there >= 0)
        {
            // By another of its words.
            return wasFull ? null : [.. best.AsSpan(0, from), .. best.AsSpan(from + 1)];
        }

        var changed = (RankedTerm[])best.Clone();
        int position = from;
        for (; position > 0 && term.IsBefore(changed[position - 1]); position--)
        {
            changed[position] = changed[position - 1];
        }

        for (; position < changed.Length - 1 && changed[position + 1].IsBefore(term); position++)
        {
            changed[position] = changed[position + 1];
        }

        changed[position] = term;
        return wasFull && position == changed.Length - 1 ? null : changed;
    }

    private static int IndexOf(RankedTerm[] best, DeltaTerm term)
    {
        for (int i = 0; i < best.Length; i++)
        {
            if (best[i].Term == term)
            {
                return i;
            }
        }

        return -1;
    }

    private static RankedTerm[] Choose(DeltaTerm[] terms, DeltaNode[] children, int listLength)
    {
        RankedTerm[] best = [];
        foreach (DeltaTerm term in terms)
        {
            best = Insert(best, RankedTerm.Of(term), listLength);
        }

        foreach (DeltaNode child in children)
        {
            foreach (RankedTerm term in child.Best)
            {
                if (best.Length == listLength && best[^1].IsBefore(term))
                {
                    break; // what follows ranks lower still
                }

                best = Insert(best, term, listLength);
            }
        }

        return best;
    }

    private static RankedTerm[] Insert(RankedTerm[] best, RankedTerm term, int listLength)
    {
        int position = best.Length;
        while (position > 0 && term.IsBefore(best[position - 1]))
        {
            position--;
        }

        if ((position > 0 && best[position - 1].Term == term.Term) || position == listLength)
        {
            return best;
        }

        var inserted = new RankedTerm[Math.Min(best.Length + 1, listLength)];
        best.AsSpan(0, position).CopyTo(inserted);
        inserted[position] = term;
        best.AsSpan(position, inserted.Length - position - 1).CopyTo(inserted.AsSpan(position + 1));
        return inserted;
    }
}
