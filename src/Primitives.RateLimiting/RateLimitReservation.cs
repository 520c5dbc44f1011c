namespace Primitives;

/// <summary>Permits that are the holder's from a known time on.</summary>
/// <remarks><para><b>Guarantee.</b> The permits are charged already. Using them when <see cref="Delay"/> has passed keeps
/// within the limiter's bound.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads; of any number of calls of
/// <see cref="Cancel"/> at most one gives the permits back.</para></remarks>
public sealed class RateLimitReservation
{
    private readonly QuotaLimiter _limiter;
    private readonly long _dueAt; // timestamp
    private readonly int _resets; // of the limiter, when it was made
    private int _isOver;

    internal RateLimitReservation(QuotaLimiter limiter, int permits, TimeSpan delay, long dueAt, int resets)
    {
        _limiter = limiter;
        _dueAt = dueAt;
        _resets = resets;
        Permits = permits;
        Delay = delay;
    }

    /// <summary>Gets the number of permits.</summary>
    public int Permits { get; }

    /// <summary>Gets how long after the reservation the permits may be used. <see cref="TimeSpan.Zero"/>: at once.</summary>
    public TimeSpan Delay { get; }

    /// <summary>Gives the permits back, as if they had never been reserved, unless their time has come.</summary>
    /// <returns><see langword="true"/> if this call gave them back; <see langword="false"/> if <see cref="Delay"/> has
    /// passed, so that they count as used, if an earlier call did, or if the limiter was reset since and forgot them.</returns>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool Cancel()
    {
        return _limiter.Clock.GetTimestamp() < _dueAt && Interlocked.Exchange(ref _isOver, 1) == 0 && _limiter.TryCancel(Permits, _resets);
    }
}
