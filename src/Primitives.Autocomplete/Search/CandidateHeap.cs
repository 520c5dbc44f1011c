using System.Buffers;
using System.Diagnostics;

namespace Primitives;

/// <summary>A pooled binary heap of what a best-first search goes on with, best first.</summary>
internal ref struct CandidateHeap
{
    private Candidate[] _items = ArrayPool<Candidate>.Shared.Rent(256);
    private int _count;

    public CandidateHeap()
    {
    }

    public void Push(in Candidate candidate)
    {
        if (_count == _items.Length)
        {
            Candidate[] larger = ArrayPool<Candidate>.Shared.Rent(_count * 2);
            _items.AsSpan().CopyTo(larger);
            ArrayPool<Candidate>.Shared.Return(_items);
            _items = larger;
        }

        int child = _count++;
        while (child > 0)
        {
            int parent = (child - 1) / 2;
            if (!candidate.IsBefore(_items[parent]))
            {
                break;
            }

            _items[child] = _items[parent];
            child = parent;
        }

        _items[child] = candidate;
    }

    public bool TryPop(out Candidate best)
    {
        if (_count == 0)
        {
            best = default;
            return false;
        }

        best = _items[0];
        Candidate moved = _items[--_count];
        int parent = 0;
        while (true)
        {
            int child = (2 * parent) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _items[child + 1].IsBefore(_items[child]))
            {
                child++;
            }

            if (!_items[child].IsBefore(moved))
            {
                break;
            }

            _items[parent] = _items[child];
            parent = child;
        }

        _items[parent] = moved;
        return true;
    }

    public void Dispose()
    {
        Debug.Assert(_items.Length > 0, "A heap is disposed once.");
        ArrayPool<Candidate>.Shared.Return(_items);
        _items = [];
    }
}
