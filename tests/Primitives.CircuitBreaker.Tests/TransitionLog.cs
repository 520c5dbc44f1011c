namespace Primitives.Tests;

/// <summary>Collects what an observer is told, and waits for it.</summary>
internal sealed class TransitionLog
{
    private readonly Lock _lock = new();
    private readonly List<CircuitTransition> _all = [];

    public CircuitTransition[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _all];
            }
        }
    }

    public void Add(CircuitTransition transition)
    {
        lock (_lock)
        {
            _all.Add(transition);
        }
    }

    public void WaitFor(int count)
    {
        SpinWait.SpinUntil(() => All.Length >= count, TimeSpan.FromSeconds(60));
        Assert.Equal(count, All.Length);
    }
}
