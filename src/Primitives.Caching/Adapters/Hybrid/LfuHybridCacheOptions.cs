using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;

namespace Primitives;

/// <summary>The settings of an <see cref="LfuHybridCache"/>.</summary>
/// <remarks>Read once, when the cache is created.</remarks>
public sealed class LfuHybridCacheOptions
{
    /// <summary>Gets or sets the most entries in this process.</summary>
    /// <value>10,000 by default. At least 1.</value>
    public long Capacity { get; set; } = 10_000;

    /// <summary>Gets or sets what applies where a call does not say otherwise.</summary>
    /// <value><see langword="null"/> (default): five minutes in both levels, no flags.</value>
    public HybridCacheEntryOptions? DefaultEntryOptions { get; set; }

    /// <summary>Gets or sets the largest value that is stored, in serialized bytes. A larger one is handed to its callers,
    /// and not stored.</summary>
    /// <value>1 MiB by default. At least 1. Values of immutable types are not serialized, and so not measured, while there is
    /// no second level; strings are measured always.</value>
    public int MaximumPayloadBytes { get; set; } = 1024 * 1024;

    /// <summary>Gets or sets the longest key that is cached, in characters. For a longer one the factory runs each
    /// time.</summary>
    /// <value>1,024 by default. At least 1.</value>
    public int MaximumKeyLength { get; set; } = 1024;

    /// <summary>Gets or sets the age from which a read returns the value at hand and loads a new one in the background.</summary>
    /// <value><see langword="null"/> (default): never. Positive. Applies to calls with the default flags.</value>
    public TimeSpan? RefreshAfter { get; set; }

    /// <inheritdoc cref="CacheOptions{TKey, TValue}.EarlyRefreshBeta"/>
    public double? EarlyRefreshBeta { get; set; }

    /// <summary>Gets or sets how long after its expiry a value is still served when loading a new one fails.</summary>
    /// <value><see langword="null"/> (default): not at all. Positive. Applies to calls with the default flags.</value>
    public TimeSpan? StaleOnError { get; set; }

    /// <inheritdoc cref="CacheOptions{TKey, TValue}.ExpirationJitter"/>
    public double ExpirationJitter { get; set; }

    /// <summary>Gets or sets whether a registered <see cref="IDistributedCache"/> is the second level. One that lives in this
    /// process is not used in any case.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool UseDistributedCache { get; set; } = true;

    /// <summary>Gets or sets for how long the time at which a tag was removed, once read from the second level, is
    /// relied on: another server's <see cref="HybridCache.RemoveByTagAsync(string, CancellationToken)"/> is seen by reads of
    /// the second level after at most this long.</summary>
    /// <value>10 seconds by default. Positive.</value>
    public TimeSpan TagRefreshInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how types without a serializer of their own are turned into JSON.</summary>
    /// <value><see langword="null"/> (default): the options registered with the key <c>typeof(IHybridCacheSerializer&lt;&gt;)</c>;
    /// if there are none, by reflection, public fields included. Without reflection (native AOT) it must be set, with a
    /// source-generated resolver.</value>
    public JsonSerializerOptions? JsonSerializerOptions { get; set; }

    /// <summary>Gets or sets what is told of failures of the second level that no caller sees: reads, which count as "not
    /// there", and writes.</summary>
    /// <value><see langword="null"/> by default. Called with the key; what it throws is ignored.</value>
    public Action<string, Exception>? OnDistributedCacheFailure { get; set; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPayloadBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumKeyLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RefreshAfter ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(RefreshAfter));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(EarlyRefreshBeta ?? 1, 0, nameof(EarlyRefreshBeta));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StaleOnError ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(StaleOnError));
        ArgumentOutOfRangeException.ThrowIfNegative(ExpirationJitter);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ExpirationJitter, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TagRefreshInterval, TimeSpan.Zero);
    }
}
