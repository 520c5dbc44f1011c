namespace Primitives;

/// <summary>Where fixed windows begin.</summary>
public enum WindowAlignment
{
    /// <summary>At whole multiples of the period since midnight of 1 January 1970 UTC: a daily window ends at midnight. Fixed
    /// when the limiter is made or reconfigured; from then on windows follow the monotonic clock, so that setting the wall
    /// clock back does not open a second window.</summary>
    Clock,

    /// <summary>With the first permit taken after the last window ended.</summary>
    FirstUse,
}
