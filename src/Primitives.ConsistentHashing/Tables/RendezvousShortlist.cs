namespace Primitives;

/// <summary>The best candidates so far, as many as fit into a given span: a heap with the worst of them at its top.</summary>
internal ref struct RendezvousShortlist(Span<RendezvousCandidate> space)
{
    private readonly Span<RendezvousCandidate> _space = space;
    private int _count;

    /// <summary>Gets the number of candidates.</summary>
    public readonly int Count => _count;

    /// <summary>Gets whether a new candidate must drive out the worst.</summary>
    public readonly bool IsFull => _count == _space.Length;

    /// <summary>Gets the candidate that goes first when a better one comes. There must be one.</summary>
    public readonly ref readonly RendezvousCandidate Worst => ref _space[0];

    /// <summary>Takes a candidate in if there is room or it precedes the worst.</summary>
    public void Offer(in RendezvousCandidate candidate)
    {
        if (!IsFull)
        {
            SiftUp(_count++, candidate);
        }
        else if (candidate.Precedes(Worst))
        {
            SiftDown(candidate);
        }
    }

    /// <summary>Takes the worst candidate out.</summary>
    public RendezvousCandidate RemoveWorst()
    {
        RendezvousCandidate worst = _space[0];
        _count--;
        if (_count > 0)
        {
            SiftDown(_space[_count]);
        }

        return worst;
    }

    private readonly void SiftUp(int index, in RendezvousCandidate candidate)
    {
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (!_space[parent].Precedes(candidate))
            {
                break;
            }

            _space[index] = _space[parent];
            index = parent;
        }

        _space[index] = candidate;
    }

    // Puts a candidate in place of the top.
    private readonly void SiftDown(RendezvousCandidate candidate)
    {
        int index = 0;
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _space[child].Precedes(_space[child + 1]))
            {
                child++;
            }

            if (!candidate.Precedes(_space[child]))
            {
                break;
            }

            _space[index] = _space[child];
            index = child;
        }

        _space[index] = candidate;
    }
}
