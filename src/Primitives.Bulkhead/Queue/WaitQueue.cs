namespace Primitives;

/// <summary>The waiters in their order. Not thread-safe: used under the bulkhead's lock.</summary>
internal sealed class WaitQueue(BulkheadOrder order)
{
    public const int Priorities = 8;
    private const int FairTurn = 16; // every so many, who waits longest is next

    private readonly WaitList[] _lists = new WaitList[order == BulkheadOrder.Priority ? Priorities : 1];
    private long _arrivals;
    private long _turns;

    public int Count { get; private set; }

    public void Add(Waiter waiter)
    {
        Count++;
        waiter.Arrival = _arrivals++;
        waiter.IsQueued = true;
        _lists[ListOf(waiter)].Add(waiter);
    }

    public void Remove(Waiter waiter)
    {
        Count--;
        waiter.IsQueued = false;
        _lists[ListOf(waiter)].Remove(waiter);
    }

    /// <summary>Takes out who is next. There must be somebody.</summary>
    public Waiter TakeNext()
    {
        Waiter next =
            order == BulkheadOrder.Lifo ? _lists[0].Last!
            : order == BulkheadOrder.Priority && ++_turns % FairTurn == 0 ? Oldest()
            : Highest();
        Remove(next);
        return next;
    }

    /// <summary>Takes out who has to make room for a newcomer to a full queue, if anybody.</summary>
    public Waiter? TakeVictim(int newcomersPriority)
    {
        Waiter? victim = null;
        if (order == BulkheadOrder.Lifo)
        {
            victim = _lists[0].First;
        }
        else if (order == BulkheadOrder.Priority)
        {
            for (int priority = 0; priority < newcomersPriority && victim is null; priority++)
            {
                victim = _lists[priority].Last;
            }
        }

        if (victim is not null)
        {
            Remove(victim);
        }

        return victim;
    }

    private int ListOf(Waiter waiter) => order == BulkheadOrder.Priority ? waiter.Priority : 0;

    private Waiter Highest()
    {
        int list = _lists.Length - 1;
        while (_lists[list].First is null)
        {
            list--;
        }

        return _lists[list].First!;
    }

    private Waiter Oldest()
    {
        Waiter oldest = Highest();
        foreach (WaitList list in _lists)
        {
            oldest = list.First is { } first && first.Arrival < oldest.Arrival ? first : oldest;
        }

        return oldest;
    }
}
