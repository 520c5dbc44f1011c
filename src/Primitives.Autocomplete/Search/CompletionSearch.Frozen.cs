namespace Primitives;

/// <content>The frozen index as a source.</content>
internal ref partial struct CompletionSearch<TFilter>
{
    /// <summary>Offers all terms of a node or, if that is -1, of some entries.</summary>
    private void Collect(int node, int lo, int hi)
    {
        int list = node < 0 ? -1 : _data.Nodes[node].List;
        if (list < 0)
        {
            TermKeys entries = _data.Entries;
            for (int entry = lo; entry < hi && !IsOver; entry++)
            {
                Consider(entries.Term(entry));
            }

            return;
        }

        ReadOnlySpan<int> best = _data.List(list);
        ReadOnlySpan<long> ranks = _data.RanksOfList(list);
        for (int i = 0; i < best.Length; i++)
        {
            if (best[i] < 0 || !Consider(best[i], ranks[i]))
            {
                return;
            }
        }

        if (hi - lo > best.Length)
        {
            CollectBeyondList(node, hi, best[^1]);
        }
    }

    /// <summary>Goes on, best first, where the list of a node ended.</summary>
    private void CollectBeyondList(int node, int hi, int last)
    {
        var heap = new CandidateHeap();
        try
        {
            heap.Push(new Candidate(_data.Ranks[last], last, node, hi, _data.ListLength));
            while (!IsOver && heap.TryPop(out Candidate best))
            {
                if (best.Node >= 0 && best.Position == _data.ListLength)
                {
                    Expand(best, ref heap);
                    continue;
                }

                // A term that is there by several of its words comes several times in a row.
                if (best.Term != last)
                {
                    last = best.Term;
                    if (!Consider(last))
                    {
                        return;
                    }
                }

                if (best.Node >= 0)
                {
                    PushNext(best, ref heap);
                }
            }
        }
        finally
        {
            heap.Dispose();
        }
    }

    private readonly void PushNext(in Candidate candidate, ref CandidateHeap heap)
    {
        int position = candidate.Position + 1;
        if (position == _data.ListLength)
        {
            heap.Push(candidate with { Position = position });
        }
        else if (_data.List(_data.Nodes[candidate.Node].List)[position] is >= 0 and int term)
        {
            heap.Push(candidate with { Position = position, Term = term, Rank = _data.Ranks[term] });
        }
    }

    // Replaces a node by its parts, leaving out what its own list has given: that is exactly what does not come after the
    // last term of the list, for the list holds the best.
    private void Expand(in Candidate parent, ref CandidateHeap heap)
    {
        ReadOnlySpan<TrieNode> nodes = _data.Nodes;
        TrieNode node = nodes[parent.Node];
        int lo = node.ChildCount == 0 ? parent.Hi : nodes[node.FirstChild].Lo;
        PushEntries(parent, node.Lo, lo, ref heap);
        for (int child = node.FirstChild; child < node.FirstChild + node.ChildCount && Visit(); child++)
        {
            int hi = child + 1 < node.FirstChild + node.ChildCount ? nodes[child + 1].Lo : parent.Hi;
            if (nodes[child].List < 0)
            {
                PushEntries(parent, nodes[child].Lo, hi, ref heap);
            }
            else
            {
                PushChild(parent, child, hi, ref heap);
            }
        }
    }

    private void PushEntries(in Candidate parent, int lo, int hi, ref CandidateHeap heap)
    {
        TermKeys entries = _data.Entries;
        for (int entry = lo; entry < hi && Visit(); entry++)
        {
            int term = entries.Term(entry);
            if (Candidate.IsBefore(parent.Rank, parent.Term, _data.Ranks[term], term))
            {
                heap.Push(new Candidate(_data.Ranks[term], term, -1, 0, 0));
            }
        }
    }

    private readonly void PushChild(in Candidate parent, int child, int hi, ref CandidateHeap heap)
    {
        ReadOnlySpan<int> list = _data.List(_data.Nodes[child].List);
        for (int position = 0; position < list.Length; position++)
        {
            int term = list[position];
            if (term < 0)
            {
                return;
            }

            if (Candidate.IsBefore(parent.Rank, parent.Term, _data.Ranks[term], term))
            {
                heap.Push(new Candidate(_data.Ranks[term], term, child, hi, position));
                return;
            }
        }

        // All its best were given: its turn is now, with the same bound.
        heap.Push(new Candidate(parent.Rank, parent.Term, child, hi, list.Length));
    }

    private bool Consider(int term) => Consider(term, _data.Ranks[term]);

    private bool Consider(int term, long rank)
    {
        if (!Visit() || CannotEnter(rank))
        {
            return false;
        }

        return (_hidden is not null && _hidden.Contains(term, _version))
            || Consider(new Completion(_index, term, rank, _edits), rank, _blends ? _data.Payload(term) : 0);
    }

    /// <summary>Offers the terms near the pattern, of a node or, if that is -1, of a part of a bucket.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="state">Where it stands after the first <paramref name="read"/> bytes; neither dead nor accepting.
    /// </param>
    /// <param name="node">The node.</param>
    /// <param name="lo">Its first entry.</param>
    /// <param name="hi">The end of its entries.</param>
    /// <param name="read">The number of leading bytes read, which all the entries have in common.</param>
    /// <remarks>Goes no deeper than the pattern's length and the edits allow, so recursion is bounded by 4 × 64 bytes.
    /// </remarks>
    private void Walk(scoped FuzzyPattern pattern, FuzzyState state, int node, int lo, int hi, int read)
    {
        if (!Visit())
        {
            return;
        }

        TrieNode current = node < 0 ? default : _data.Nodes[node];
        if (current.ChildCount == 0 && (node < 0 || current.List < 0))
        {
            WalkBucket(pattern, state, lo, hi, read);
            return;
        }

        ReadOnlySpan<byte> key = _data.Entries.Key(lo);
        for (; read < current.Depth; read++)
        {
            if (state.Read(key[read], pattern))
            {
                if (state.IsDead)
                {
                    return;
                }

                if (state.Accepts)
                {
                    Collect(node, lo, hi);
                    return;
                }
            }
        }

        ReadOnlySpan<byte> labels = _data.Labels.Slice(current.FirstChild, current.ChildCount);
        for (int i = 0; i < labels.Length; i++)
        {
            FuzzyState next = state;
            if (next.Read(labels[i], pattern) && next.IsDead)
            {
                continue; // without touching the child
            }

            int child = current.FirstChild + i;
            int first = _data.Nodes[child].Lo;
            int end = i + 1 < labels.Length ? _data.Nodes[child + 1].Lo : hi;
            if (next.Accepts)
            {
                Collect(child, first, end);
            }
            else
            {
                Walk(pattern, next, child, first, end, read + 1);
            }
        }
    }

    private void WalkBucket(scoped FuzzyPattern pattern, in FuzzyState start, int lo, int hi, int read)
    {
        TermKeys entries = _data.Entries;
        ReadOnlySpan<byte> decided = default; // what of the last key it took to know
        bool isNear = false;
        for (int entry = lo; entry < hi && Visit(); entry++)
        {
            ReadOnlySpan<byte> key = entries.Key(entry)[read..];
            if (decided.IsEmpty || !key.StartsWith(decided))
            {
                decided = key[..Decide(pattern, start, key, out isNear)];
            }

            if (isNear)
            {
                Consider(entries.Term(entry));
            }
        }
    }

    /// <returns>How many bytes it took; 0 if the key ended before, so that a longer one may yet be near.</returns>
    private static int Decide(scoped FuzzyPattern pattern, FuzzyState state, ReadOnlySpan<byte> key, out bool isNear)
    {
        isNear = false;
        for (int i = 0; i < key.Length; i++)
        {
            if (state.Read(key[i], pattern) && (state.IsDead || state.Accepts))
            {
                isNear = state.Accepts;
                return i + 1;
            }
        }

        return 0;
    }
}
