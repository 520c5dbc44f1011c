namespace Primitives;

/// <summary>Why an entry left a cache.</summary>
public enum CacheRemovalReason
{
    /// <summary>The cache was full and this entry was the one worth least.</summary>
    Evicted,

    /// <summary>Its time to live, after write or after access, was over.</summary>
    Expired,

    /// <summary>Another value was set or loaded for the key.</summary>
    Replaced,

    /// <summary>The key was removed.</summary>
    Removed,

    /// <summary>The cache was cleared or disposed.</summary>
    Cleared,
}
