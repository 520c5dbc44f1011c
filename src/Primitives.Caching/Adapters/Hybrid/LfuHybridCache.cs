using System.Buffers;
using System.Text;
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
public sealed class LfuHybridCache : HybridCache, IDisposable
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

    private ValueTask<CacheLookup<HybridEntry>> FindAsync<TState, T>(
        string key, HybridCall<TState, T> call, CancellationToken cancellationToken) =>
        _local.TryGetOrAddAsync(
            key,
            call,
            static async (key, call, token) =>
            {
                HybridLoad<T> load = await call.Cache.MakeOrReadAsync(key, call, token).ConfigureAwait(false);
                return load.IsStorable
                    ? CacheResult<HybridEntry>.Store(load.Entry, load.TimeToLive)
                    : CacheResult<HybridEntry>.DoNotStore(load.Entry);
            },
            cancellationToken);

    private ValueTask<T> ReadAsync<TState, T>(
        string key,
        HybridCall<TState, T> call,
        long since,
        ValueTask<CacheLookup<HybridEntry>> lookup,
        CancellationToken cancellationToken)
    {
        if (!lookup.IsCompletedSuccessfully)
        {
            return ReadLoadedAsync(key, call, since, lookup, cancellationToken);
        }

        CacheLookup<HybridEntry> found = lookup.Result;
        return found.Value is HybridEntry<T> entry && _tags.IsValid(entry)
            ? ValueTask.FromResult(entry.Read())
            : ReadLoadedAsync(key, call, since, ValueTask.FromResult(found), cancellationToken);
    }

    // What was found is still on its way, or of another type, or a tag of it was removed. A load that began after the call
    // is new enough for it, though a tag be removed again meanwhile: so this ends.
    private async ValueTask<T> ReadLoadedAsync<TState, T>(
        string key,
        HybridCall<TState, T> call,
        long since,
        ValueTask<CacheLookup<HybridEntry>> lookup,
        CancellationToken cancellationToken)
    {
        HybridEntry? former = null;
        while (true)
        {
            HybridEntry found = (await lookup.ConfigureAwait(false)).Value;
            if (found is not HybridEntry<T> entry)
            {
                return await LoadAsync(key, call, cancellationToken).ConfigureAwait(false);
            }

            if (_tags.IsValid(entry) || entry.CreatedAt > since)
            {
                return entry.Read();
            }

            // Once, by whoever sees it first: removing it again would part the others from the load that replaces it. What
            // comes back nevertheless is kept for stale-on-error, where no look finds it.
            if ((_local.TryGet(key, out HybridEntry? current) && current == found) || found == former)
            {
                _local.TryRemove(key, out _);
            }

            former = found;
            lookup = FindAsync(key, call, cancellationToken);
        }
    }

    // With flags of its own: shared only by calls with the same flags and type, and not refreshed in the background.
    private async ValueTask<T> LoadAsync<TState, T>(string key, HybridCall<TState, T> call, CancellationToken cancellationToken)
    {
        if (!call.Flags.HasFlag(HybridCacheEntryFlags.DisableLocalCacheRead)
            && _local.TryGet(key, out HybridEntry? known)
            && known is HybridEntry<T> entry
            && _tags.IsValid(entry))
        {
            return entry.Read();
        }

        long since = _tags.LastTime;
        while (true)
        {
            // The stamp is part of the flight's name: who comes after a removal does not join a load from before it.
            HybridEntry loaded = await _flights.RunAsync(
                (key, _stamps.Read(key), call.Flags, typeof(T)),
                call,
                static async (flight, call, token) =>
                {
                    HybridLoad<T> load = await call.Cache.MakeOrReadAsync(flight.Key, call, token).ConfigureAwait(false);
                    if (load.IsStorable && !call.Flags.HasFlag(HybridCacheEntryFlags.DisableLocalCacheWrite))
                    {
                        var lifetime = new CacheEntryOptions { ExpireAfterWrite = load.TimeToLive };
                        call.Cache._stamps.ChangeUnlessNewer(
                            flight.Key, flight.Stamp, () => call.Cache._local.Set(flight.Key, load.Entry, lifetime));
                    }

                    return load.Entry;
                },
                cancellationToken).ConfigureAwait(false);
            if (_tags.IsValid(loaded) || loaded.CreatedAt > since)
            {
                return ((HybridEntry<T>)loaded).Read();
            }
        }
    }

    private async ValueTask<HybridLoad<T>> MakeOrReadAsync<TState, T>(
        string key, HybridCall<TState, T> call, CancellationToken cancellationToken)
    {
        long createdAt = _tags.NextTime();
        long stamp = _stamps.Read(key);
        if (!call.Flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheRead) && FitsSecond(key, call.Tags))
        {
            int maxLength = (int)Math.Min(int.MaxValue, (long)_maximumPayloadBytes + MostOverhead);
            HybridPayload? payload = await _second!.ReadAsync(
                key, maxLength, _timeProvider.GetUtcNow().UtcTicks, cancellationToken).ConfigureAwait(false);
            if (payload is not null && IsNews(key, payload.Value) && TryOpen(key, call, payload.Value, out HybridLoad<T> read))
            {
                return read;
            }
        }

        if (call.Flags.HasFlag(HybridCacheEntryFlags.DisableUnderlyingData))
        {
            return new HybridLoad<T>(new HybridEntry<T>(createdAt, [], default), IsStorable: false, default, null);
        }

        T value = await call.Factory(call.State, cancellationToken).ConfigureAwait(false);
        bool writesSecond = WritesSecond(key, call.Flags, call.Tags);
        HybridLoad<T> made = Make(value, createdAt, call.Tags, writesSecond, call.Expiration);
        if (writesSecond && made.Payload is { } bytes)
        {
            // The callers need not wait for it.
            _ = WriteSecondAsync(key, stamp, bytes, call.Expiration, CancellationToken.None).AsTask();
        }

        return made with { TimeToLive = call.LocalExpiration };
    }

    // A refresh must not be answered by what is being refreshed: the second level's copy of it.
    private bool IsNews(string key, HybridPayload payload) =>
        !_local.TryGet(key, out HybridEntry? known) || !_tags.IsValid(known) || known.CreatedAt < payload.CreatedAt;

    private bool TryOpen<TState, T>(string key, HybridCall<TState, T> call, HybridPayload payload, out HybridLoad<T> load)
    {
        load = default;
        TimeSpan left = TimeSpan.FromTicks(payload.ExpiresAt - _timeProvider.GetUtcNow().UtcTicks);
        TimeSpan timeToLive = left < call.LocalExpiration ? left : call.LocalExpiration;
        if (timeToLive <= TimeSpan.Zero)
        {
            return false;
        }

        HybridEntry<T> entry;
        if (payload.IsNull)
        {
            entry = new HybridEntry<T>(payload.CreatedAt, payload.Tags, default);
        }
        else
        {
            entry = new HybridEntry<T>(payload.CreatedAt, payload.Tags, payload.Value, _serializers.Get<T>());
            try
            {
                T value = entry.Read(); // also where only the bytes are kept: better found out now than by every reader
                entry = Immutability<T>.IsKnown ? new HybridEntry<T>(payload.CreatedAt, payload.Tags, value) : entry;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                _second!.Report(key, exception); // written by another version of the application, perhaps
                return false;
            }
        }

        load = new HybridLoad<T>(entry, IsStorable: true, timeToLive, null);
        return true;
    }

    private HybridLoad<T> Make<T>(T value, long createdAt, string[] tags, bool needsPayload, TimeSpan expiration)
    {
        long expiresAt = _timeProvider.GetUtcNow().UtcTicks is var now && expiration.Ticks < long.MaxValue - now ? now + expiration.Ticks : long.MaxValue;
        var plain = new HybridEntry<T>(createdAt, tags, value);
        if (value is null)
        {
            return new HybridLoad<T>(plain, IsStorable: true, default, new HybridPayload(createdAt, expiresAt, tags, IsNull: true, default));
        }

        if (Immutability<T>.IsKnown && !needsPayload)
        {
            bool fits = value is not string text || text.Length <= _maximumPayloadBytes / 3 || Encoding.UTF8.GetByteCount(text) <= _maximumPayloadBytes;
            return new HybridLoad<T>(plain, fits, default, null);
        }

        IHybridCacheSerializer<T> serializer = _serializers.Get<T>();
        var writer = new PayloadWriter(_maximumPayloadBytes);
        try
        {
            serializer.Serialize(value, writer);
        }
        catch (InvalidOperationException) when (writer.IsExceeded)
        {
            return new HybridLoad<T>(plain, IsStorable: false, default, null);
        }

        byte[] bytes = writer.Written.ToArray();
        return new HybridLoad<T>(
            Immutability<T>.IsKnown ? plain : new HybridEntry<T>(createdAt, tags, bytes, serializer),
            IsStorable: true,
            default,
            new HybridPayload(createdAt, expiresAt, tags, IsNull: false, bytes));
    }

    private async ValueTask WriteSecondAsync(
        string key, long stamp, HybridPayload payload, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        if (_stamps.Read(key) != stamp)
        {
            return;
        }

        await _second!.WriteAsync(key, payload, timeToLive, cancellationToken).ConfigureAwait(false);
        if (_stamps.Read(key) != stamp)
        {
            await _second.UndoWriteAsync(key).ConfigureAwait(false); // set or removed meanwhile: this may have come after that
        }
    }
}
