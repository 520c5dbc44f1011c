using System.Text;
using Microsoft.Extensions.Caching.Hybrid;

namespace Primitives;

// Finding, loading and keeping values, in both levels.
public sealed partial class LfuHybridCache
{
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
