using Microsoft.Extensions.Caching.Hybrid;

namespace Primitives;

/// <summary>One call's wishes: how to make the value, and how to keep it.</summary>
internal readonly record struct HybridCall<TState, T>(
    LfuHybridCache Cache,
    TState State,
    Func<TState, CancellationToken, ValueTask<T>> Factory,
    HybridCacheEntryFlags Flags,
    TimeSpan Expiration,
    TimeSpan LocalExpiration,
    string[] Tags);
