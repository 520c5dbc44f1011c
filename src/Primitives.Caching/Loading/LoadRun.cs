namespace Primitives;

/// <summary>One execution of a factory, for one key or for many, and whether anybody still wants it.</summary>
/// <remarks>Guarded by the cache's lock, except the token and the node.</remarks>
internal sealed class LoadRun(bool isCancellable, int keys)
{
    private readonly CancellationTokenSource? _cancellation = isCancellable ? new CancellationTokenSource() : null;
    private int _wanted = keys; // keys that somebody waits for

    /// <summary>Gets what the deadlock check knows of it.</summary>
    public FlightNode Node { get; } = new();

    public CancellationToken Token => _cancellation?.Token ?? CancellationToken.None;

    /// <summary>Adds a key that somebody waits for.</summary>
    public void WantKey() => _wanted++;

    /// <summary>Notes that nobody waits for one of the keys any more; with the last of them the factory is told to
    /// stop.</summary>
    public void AbandonKey()
    {
        if (--_wanted == 0 && _cancellation is not null)
        {
            _ = CancelAsync(_cancellation);
        }
    }

    // The callbacks of the token are the user's: they run on the pool, not here under the lock, and what they throw is seen by
    // nobody, but is no unobserved exception either.
    private static async Task CancelAsync(CancellationTokenSource cancellation) =>
        await cancellation.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
