using System.Buffers.Binary;
using Microsoft.Extensions.Caching.Distributed;

namespace Primitives;

/// <summary>The distributed cache behind an <see cref="LfuHybridCache"/>: payloads by key, and the times at which tags were
/// removed. Thread-safe.</summary>
internal sealed class SecondLevel : IDisposable
{
    private const string TagPrefix = "__primitives_tag__:"; // keys of users may not begin so

    private static readonly DistributedCacheEntryOptions TagLifetime =
        new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1000) };

    private readonly IDistributedCache _cache;
    private readonly HybridTags _tags;
    private readonly Action<string, Exception>? _onFailure;
    private readonly LfuCache<string, long> _tagReads; // which tags were read lately, and what they said

    public SecondLevel(
        IDistributedCache cache, HybridTags tags, TimeSpan tagRefreshInterval, Action<string, Exception>? onFailure, TimeProvider timeProvider)
    {
        _cache = cache;
        _tags = tags;
        _onFailure = onFailure;
        _tagReads = new LfuCache<string, long>(
            new CacheOptions<string, long> { Capacity = 10_000, ExpireAfterWrite = tagRefreshInterval }, timeProvider);
    }

    public static bool IsReserved(string key) => key.StartsWith(TagPrefix, StringComparison.Ordinal);

    /// <summary>Reads a payload that may still be served. Failures count as "not there".</summary>
    public async ValueTask<HybridPayload?> ReadAsync(string key, int maxLength, long now, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlyMemory<byte>? bytes = await ReadBytesAsync(key, maxLength, cancellationToken).ConfigureAwait(false);
            if (bytes is null
                || !HybridPayload.TryRead(bytes.Value, key, out HybridPayload payload)
                || payload.ExpiresAt <= now)
            {
                return null;
            }

            await LearnTagAsync(HybridTags.Wildcard, cancellationToken).ConfigureAwait(false);
            foreach (string tag in payload.Tags)
            {
                await LearnTagAsync(tag, cancellationToken).ConfigureAwait(false);
            }

            return _tags.IsValid(payload.CreatedAt, payload.Tags) ? payload : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            Report(key, exception);
            return null;
        }
    }

    /// <summary>Writes a payload. Failures are reported only.</summary>
    public async ValueTask WriteAsync(string key, HybridPayload payload, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        try
        {
            var options = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = timeToLive };
            await _cache.SetAsync(key, payload.ToBytes(key), options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            Report(key, exception);
        }
    }

    public Task RemoveAsync(string key, CancellationToken cancellationToken) => _cache.RemoveAsync(key, cancellationToken);

    /// <summary>Removes a key that a write may have brought back. Failures are reported only.</summary>
    public async ValueTask UndoWriteAsync(string key)
    {
        try
        {
            await _cache.RemoveAsync(key, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Report(key, exception);
        }
    }

    public Task RemoveTagAsync(string tag, long at, CancellationToken cancellationToken)
    {
        _tagReads.TryRemove(tag, out _);
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, at);
        return _cache.SetAsync(TagPrefix + tag, bytes, TagLifetime, cancellationToken);
    }

    public void Report(string key, Exception exception)
    {
        try
        {
            _onFailure?.Invoke(key, exception);
        }
        catch (Exception observers) when (observers is not OutOfMemoryException)
        {
            // The observer's own failure.
        }
    }

    public void Dispose() => _tagReads.Dispose();

    private async ValueTask LearnTagAsync(string tag, CancellationToken cancellationToken)
    {
        long removedAt = await _tagReads.GetOrAddAsync(
            tag,
            _cache,
            static async (tag, cache, token) =>
                await cache.GetAsync(TagPrefix + tag, token).ConfigureAwait(false) is { Length: sizeof(long) } bytes
                    ? BinaryPrimitives.ReadInt64LittleEndian(bytes)
                    : 0,
            cancellationToken).ConfigureAwait(false);
        if (removedAt > 0)
        {
            _tags.Remove(tag, removedAt);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadBytesAsync(string key, int maxLength, CancellationToken cancellationToken)
    {
        if (_cache is not IBufferDistributedCache buffered)
        {
            byte[]? bytes = await _cache.GetAsync(key, cancellationToken).ConfigureAwait(false);
            return bytes is null || bytes.Length > maxLength ? null : bytes;
        }

        var writer = new PayloadWriter(maxLength);
        return await buffered.TryGetAsync(key, writer, cancellationToken).ConfigureAwait(false) ? writer.Written : null;
    }
}
