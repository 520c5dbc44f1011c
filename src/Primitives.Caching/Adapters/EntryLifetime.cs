namespace Primitives;

/// <summary>Turns the platform's expirations, some of them points in time, into the durations of an entry.</summary>
internal static class EntryLifetime
{
    // Longer is for ever: beyond it, no clock's ticks need be trusted not to overflow.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(100 * 365);

    /// <returns><see langword="false"/> if the entry would be expired already.</returns>
    public static bool TryGet(
        DateTimeOffset? absolute, TimeSpan? relative, TimeSpan? sliding, DateTimeOffset now, out CacheEntryOptions options)
    {
        TimeSpan? left = absolute - now;
        TimeSpan? afterWrite = left < relative || relative is null ? left : relative; // the earlier of the two
        options = new CacheEntryOptions { ExpireAfterWrite = Limit(afterWrite), ExpireAfterAccess = Limit(sliding) };
        return !(afterWrite <= TimeSpan.Zero || sliding <= TimeSpan.Zero);
    }

    private static TimeSpan? Limit(TimeSpan? duration) => duration > Longest ? Timeout.InfiniteTimeSpan : duration;
}
