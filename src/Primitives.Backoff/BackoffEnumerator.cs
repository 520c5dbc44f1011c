namespace Primitives;

/// <summary>Walks through the delays of a <see cref="Backoff"/>. A mutable value: do not copy one that is in use.</summary>
public struct BackoffEnumerator
{
    private readonly Backoff _backoff;
    private readonly ulong _seed;
    private int _next;
    private long _previous;
    private long _sum; // <= MaxElapsed

    internal BackoffEnumerator(in Backoff backoff, ulong seed)
    {
        _backoff = backoff;
        _seed = seed;
    }

    /// <summary>Gets the delay reached. Zero before the first.</summary>
    public readonly TimeSpan Current => new(_previous);

    /// <summary>Goes to the next delay.</summary>
    /// <returns>Whether there is one: neither <see cref="Backoff.MaxAttempts"/> nor <see cref="Backoff.MaxElapsed"/> is
    /// reached.</returns>
    public bool MoveNext()
    {
        if (_next >= _backoff.Delays)
        {
            return false;
        }

        long ticks = _backoff.TicksFollowing(_previous, _next, _seed);
        if (ticks > _backoff.MaxElapsed.Ticks - _sum)
        {
            return false;
        }

        _sum += ticks;
        _previous = ticks;
        _next++;
        return true;
    }

    /// <summary>A random share of <paramref name="range"/>, independent of the delays.</summary>
    internal readonly TimeSpan Share(TimeSpan range) => new(SplitMix.Below(SplitMix.Draw(~_seed, _next), range.Ticks));
}
