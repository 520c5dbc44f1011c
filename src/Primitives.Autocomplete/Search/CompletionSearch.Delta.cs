namespace Primitives;

/// <content>The changes to the index as a source.</content>
internal ref partial struct CompletionSearch<TFilter>
{
    /// <summary>Offers all terms of a node.</summary>
    private void Collect(DeltaNode node)
    {
        foreach (RankedTerm term in node.Best)
        {
            if (!Consider(term))
            {
                return;
            }
        }

        if (node.Count > node.Best.Length)
        {
            CollectBeyondList(node, node.Best[^1]);
        }
    }

    // Depth first, for the changes are few. What does not come after the last of the node's list was on it.
    private void CollectBeyondList(DeltaNode node, RankedTerm last)
    {
        foreach (DeltaTerm term in node.Terms)
        {
            if (last.IsBefore(RankedTerm.Of(term)))
            {
                Consider(RankedTerm.Of(term));
            }
        }

        foreach (DeltaNode child in node.Children)
        {
            if (IsOver)
            {
                return;
            }

            bool goOn = true;
            foreach (RankedTerm term in child.Best)
            {
                goOn = !last.IsBefore(term) || Consider(term);
                if (!goOn)
                {
                    break;
                }
            }

            if (goOn && child.Count > child.Best.Length)
            {
                CollectBeyondList(child, last.IsBefore(child.Best[^1]) ? child.Best[^1] : last);
            }
        }
    }

    private bool Consider(in RankedTerm ranked) =>
        Visit() && !CannotEnter(ranked.Rank)
        && Consider(new Completion(ranked, _scale.IsInteger, _edits), ranked.Rank, _blends ? ranked.Term.Payload : 0);

    /// <summary>Offers the terms near the pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="state">Where it stands before the next byte; neither dead nor accepting.</param>
    /// <param name="node">The node.</param>
    /// <param name="read">How many bytes of its path were read.</param>
    private void Walk(scoped FuzzyPattern pattern, FuzzyState state, DeltaNode node, int read)
    {
        if (!Visit())
        {
            return;
        }

        foreach (byte next in node.Path.AsSpan(read))
        {
            if (state.Read(next, pattern))
            {
                if (state.IsDead)
                {
                    return;
                }

                if (state.Accepts)
                {
                    Collect(node);
                    return;
                }
            }
        }

        foreach (DeltaNode child in node.Children)
        {
            Walk(pattern, state, child, 0);
        }
    }
}
