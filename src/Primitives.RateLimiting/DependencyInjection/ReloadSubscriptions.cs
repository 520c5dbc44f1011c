using System.Collections.Immutable;

namespace Primitives;

/// <summary>The subscriptions to changes of options, which end with the container.</summary>
internal sealed class ReloadSubscriptions : IDisposable
{
    private ImmutableList<IDisposable> _subscriptions = [];

    public void Keep(IDisposable? subscription)
    {
        if (subscription is not null)
        {
            ImmutableInterlocked.Update(ref _subscriptions, static (list, item) => list.Add(item), subscription);
        }
    }

    public void Dispose()
    {
        foreach (IDisposable subscription in Interlocked.Exchange(ref _subscriptions, []))
        {
            subscription.Dispose();
        }
    }
}
