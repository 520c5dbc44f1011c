namespace Primitives;

/// <summary>Counts who holds a value that the cache owns, and disposes of it when nobody does any more.</summary>
/// <remarks>The count starts at 1, the creator's. It never rises again from 0.</remarks>
internal sealed class SharedValue<TValue>(TValue value, Func<Exception, bool> contain)
{
    private int _holders = 1;

    /// <summary>Holds the value, unless it was let go of for good.</summary>
    public bool TryHold()
    {
        int observed = Volatile.Read(ref _holders);
        while (observed > 0)
        {
            int previous = Interlocked.CompareExchange(ref _holders, observed + 1, observed);
            if (previous == observed)
            {
                return true;
            }

            observed = previous;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Dispose();
        }
    }

    private void Dispose()
    {
        try
        {
            switch (value)
            {
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
                case IAsyncDisposable disposable:
                    Observe(disposable.DisposeAsync());
                    break;
            }
        }
        catch (Exception exception) when (contain(exception))
        {
            // Counted; nobody is there to see it: the caller only let go of a value.
        }
    }

    private async void Observe(ValueTask disposal)
    {
        try
        {
            await disposal.ConfigureAwait(false);
        }
        catch (Exception exception) when (contain(exception))
        {
            // Counted; nobody is there to see it: the caller only let go of a value.
        }
    }
}
