using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;

namespace Primitives;

/// <summary>
/// A <see cref="HybridCache"/> whose first level keeps what is used most within an exact bound, with refresh in the
/// background, stale-on-error and jitter; an <see cref="IDistributedCache"/> may be its second level.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Of the callers that ask for an absent key at the same time, with the same flags, one runs its
/// factory; one that cancels leaves alone. What a load brings is not kept if the key was set or removed, or one of its tags
/// was removed, since the load began. After <see cref="RemoveAsync"/>, <see cref="RemoveByTagAsync"/> or <see cref="SetAsync"/>
/// has returned, no call in this process that begins then gets the older value from the first level. Values of types that are
/// not known to be immutable are kept as bytes, so every caller gets an object of its own.</para>
/// <para><b>Several servers.</b> Another server's changes are seen when the entry in the first level expires, or is
/// refreshed; by reads of the second level, removed tags are seen within
/// <see cref="LfuHybridCacheOptions.TagRefreshInterval"/>. Times of different servers are compared, so their clocks should
/// agree to well within that. If the second level fails, it counts as empty, and
/// <see cref="LfuHybridCacheOptions.OnDistributedCacheFailure"/> is told; only <see cref="RemoveAsync"/> and
/// <see cref="RemoveByTagAsync"/> fail, since their work is not done then.</para>
/// <para><b>Tags.</b> Removing a tag is O(1): it is noted when, and entries loaded before count as absent. Those keep their
/// place until they are asked for, expire or give way. <c>"*"</c> is everything. More than 65,536 removed tags are
/// folded into one removal of everything.</para>
/// <para><b>Keys.</b> Empty and blank ones, those with control characters, those that are too long, and those that begin with
/// <c>__primitives_tag__:</c> are not cached: the factory runs each time. Those that are not valid Unicode are kept in the first level only.</para>
/// <para><b>Cost.</b> A hit of an immutable type takes one look-up and allocates nothing; of another type, one
/// deserialization. Thread-safe.</para>
/// </remarks>
public sealed partial class LfuHybridCache : HybridCache, IDisposable
{
    private const HybridCacheEntryFlags NoSecondLevel = HybridCacheEntryFlags.DisableDistributedCache;
    private const HybridCacheEntryFlags NotOrdinary = HybridCacheEntryFlags.DisableLocalCache | HybridCacheEntryFlags.DisableUnderlyingData;
    private const HybridCacheEntryFlags Meaningful = ~HybridCacheEntryFlags.DisableCompression; // nothing is compressed

    private const int MostOverhead = 1024 * 1024; // of a payload: its key and tags

    private static readonly SearchValues<char> ControlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(static code => (char)code)]);

    private static readonly TimeSpan DefaultExpiration = TimeSpan.FromMinutes(5);

    private readonly LfuCache<string, HybridEntry> _local;
    private readonly SingleFlight<(string Key, long Stamp, HybridCacheEntryFlags Flags, Type Type), HybridEntry> _flights = new();
    private readonly HybridTags _tags;
    private readonly KeyStamps _stamps = new();
    private readonly SecondLevel? _second;
    private readonly HybridSerializers _serializers;
    private readonly TimeProvider _timeProvider;
    private readonly int _maximumPayloadBytes;
    private readonly int _maximumKeyLength;
    private readonly HybridCacheEntryFlags _forcedFlags;
    private readonly HybridCacheEntryFlags _defaultFlags;
    private readonly TimeSpan _expiration;
    private readonly TimeSpan _localExpiration;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="options">The settings; the defaults when <see langword="null"/>.</param>
    /// <param name="distributedCache">The second level, if there is one.</param>
    /// <param name="services">Where <see cref="IHybridCacheSerializer{T}"/> and <see cref="IHybridCacheSerializerFactory"/>
    /// are looked up; built-in ones and JSON when <see langword="null"/>.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public LfuHybridCache(
        LfuHybridCacheOptions? options = null,
        IDistributedCache? distributedCache = null,
        IServiceProvider? services = null,
        TimeProvider? timeProvider = null)
    {
        options ??= new LfuHybridCacheOptions();
        options.Validate();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _tags = new HybridTags(_timeProvider);
        _serializers = new HybridSerializers(services, options.JsonSerializerOptions);
        _maximumPayloadBytes = options.MaximumPayloadBytes;
        _maximumKeyLength = options.MaximumKeyLength;
        _local = new LfuCache<string, HybridEntry>(
            new CacheOptions<string, HybridEntry>
            {
                Capacity = options.Capacity,
                RefreshAfter = options.RefreshAfter,
                EarlyRefreshBeta = options.EarlyRefreshBeta,
                StaleOnError = options.StaleOnError,
                ExpirationJitter = options.ExpirationJitter,
            },
            _timeProvider);
        if (distributedCache is not null && options.UseDistributedCache)
        {
            _second = new SecondLevel(
                distributedCache, _tags, options.TagRefreshInterval, options.OnDistributedCacheFailure, _timeProvider);
        }

        _forcedFlags = _second is null ? NoSecondLevel : HybridCacheEntryFlags.None;
        _defaultFlags = ((options.DefaultEntryOptions?.Flags ?? HybridCacheEntryFlags.None) | _forcedFlags) & Meaningful;
        _expiration = options.DefaultEntryOptions?.Expiration ?? DefaultExpiration;
        _localExpiration = LocalExpiration(options.DefaultEntryOptions) ?? _expiration;
    }

    /// <summary>Gets what the first level did so far.</summary>
    public CacheStatistics Statistics => _local.Statistics;

    /// <summary>Gets the number of entries in the first level, those included whose tags were removed.</summary>
    public int Count => _local.Count;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A tag is empty or blank, or is <c>"*"</c>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        HybridCacheEntryFlags flags = Flags(options);
        if (!IsCachable(key))
        {
            return flags.HasFlag(HybridCacheEntryFlags.DisableUnderlyingData) ? default : factory(state, cancellationToken);
        }

        var call = new HybridCall<TState, T>(
            this, state, factory, flags, options?.Expiration ?? _expiration, LocalExpiration(options) ?? _localExpiration, ToArray(tags));
        return flags == _defaultFlags && (flags & NotOrdinary) == 0
            ? ReadAsync(key, call, _tags.LastTime, FindAsync(key, call, cancellationToken), cancellationToken)
            : LoadAsync(key, call, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A tag is empty or blank, or is <c>"*"</c>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public override async ValueTask SetAsync<T>(
        string key,
        T value,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        string[] copiedTags = ToArray(tags);
        if (!IsCachable(key))
        {
            return;
        }

        HybridCacheEntryFlags flags = Flags(options);
        bool writesSecond = WritesSecond(key, flags, copiedTags);
        TimeSpan expiration = options?.Expiration ?? _expiration;
        HybridLoad<T> made = Make(value, _tags.NextTime(), copiedTags, writesSecond, expiration);
        bool keeps = made.IsStorable && !flags.HasFlag(HybridCacheEntryFlags.DisableLocalCacheWrite);
        var lifetime = new CacheEntryOptions { ExpireAfterWrite = LocalExpiration(options) ?? _localExpiration };
        long stamp = _stamps.Change(key, SetOrRemoveOlder);
        if (writesSecond && made.Payload is { } payload)
        {
            await WriteSecondAsync(key, stamp, payload, expiration, cancellationToken).ConfigureAwait(false);

            // Again: if it gave way meanwhile, the older value may have been read from the second level in its place.
            _stamps.ChangeUnlessNewer(key, stamp, SetOrRemoveOlder);
        }

        void SetOrRemoveOlder()
        {
            if (!keeps || !_local.Set(key, made.Entry, lifetime))
            {
                _local.TryRemove(key, out _);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public override async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        _stamps.Change(key, () => _local.TryRemove(key, out _));
        if (_second is not null && IsCachable(key))
        {
            await _second.RemoveAsync(key, cancellationToken).ConfigureAwait(false);
            _stamps.Change(key, () => _local.TryRemove(key, out _)); // what was read from the second level meanwhile
        }
    }

    /// <inheritdoc/>
    /// <remarks>A blank tag is ignored.</remarks>
    public override ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrWhiteSpace(tag))
        {
            return default;
        }

        long at = _tags.NextTime();
        _tags.Remove(tag, at);
        if (tag == HybridTags.Wildcard)
        {
            _local.Clear();
        }

        return _second is null ? default : new ValueTask(_second.RemoveTagAsync(tag, at, cancellationToken));
    }

    /// <summary>Removes every entry of the first level and stops the expiry timers. Afterwards nothing is kept.</summary>
    public void Dispose()
    {
        _local.Dispose();
        _second?.Dispose();
    }

    private static TimeSpan? LocalExpiration(HybridCacheEntryOptions? options) =>
        options?.LocalCacheExpiration is { } local && options.Expiration is { } all
            ? (local < all ? local : all)
            : options?.LocalCacheExpiration ?? options?.Expiration;

    private static string[] ToArray(IEnumerable<string>? tags)
    {
        string[] array = tags is null ? [] : [.. tags];
        foreach (string tag in array)
        {
            if (string.IsNullOrWhiteSpace(tag) || tag == HybridTags.Wildcard)
            {
                throw new ArgumentException($"A tag must not be empty, blank, or \"{HybridTags.Wildcard}\".", nameof(tags));
            }
        }

        return array;
    }

    // A lone half of a surrogate pair would become another key in the bytes of the second level.
    private static bool IsUnicode(string text)
    {
        for (int i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private HybridCacheEntryFlags Flags(HybridCacheEntryOptions? options) =>
        ((options?.Flags ?? _defaultFlags) | _forcedFlags) & Meaningful;

    private bool IsCachable(string key) =>
        !string.IsNullOrWhiteSpace(key)
        && key.Length <= _maximumKeyLength
        && !key.AsSpan().ContainsAny(ControlCharacters)
        && !SecondLevel.IsReserved(key);

    private bool WritesSecond(string key, HybridCacheEntryFlags flags, string[] tags) =>
        !flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheWrite) && FitsSecond(key, tags);

    private bool FitsSecond(string key, string[] tags) =>
        _second is not null && IsUnicode(key) && tags.Length <= ushort.MaxValue && Array.TrueForAll(tags, IsUnicode);
}
