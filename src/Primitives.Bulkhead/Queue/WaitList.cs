namespace Primitives;

/// <summary>A doubly linked list of waiters in order of arrival; any of them is removed in constant time. Not thread-safe.</summary>
internal struct WaitList
{
    public Waiter? First { get; private set; }

    public Waiter? Last { get; private set; }

    public void Add(Waiter waiter)
    {
        waiter.Previous = Last;
        if (Last is { } last)
        {
            last.Next = waiter;
        }
        else
        {
            First = waiter;
        }

        Last = waiter;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Previous is { } previous)
        {
            previous.Next = waiter.Next;
        }
        else
        {
            First = waiter.Next;
        }

        if (waiter.Next is { } next)
        {
            next.Previous = waiter.Previous;
        }
        else
        {
            Last = waiter.Previous;
        }

        waiter.Previous = waiter.Next = null;
    }
}
