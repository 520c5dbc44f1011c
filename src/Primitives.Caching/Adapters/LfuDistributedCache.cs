using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace Primitives;

/// <summary>
/// An <see cref="IDistributedCache"/> in this process: bounded by bytes, and keeping what is used most. For one server, for
/// tests, and as the cache that sessions and output caching ask for.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> At no instant does it hold more than the given bytes, counting two for each character of a key,
/// one for each byte of a value, and <see cref="EntryOverhead"/> for each entry. An entry that alone is larger is refused
/// and no other gives way. Bytes are copied on the way in and on the way out, so no caller can change what another one
/// gets. Entries expire on time, also when nobody calls.</para>
/// <para><b>Limits.</b> An absolute expiration is turned into a duration when it is set; changes of the wall clock have no
/// effect afterwards.</para>
/// <para><b>Cost.</b> O(1) and a copy of the value; <see cref="TryGet"/> copies straight into the caller's buffer. No method
/// waits: those that return a task return a completed one. Thread-safe.</para>
/// </remarks>
public sealed class LfuDistributedCache : IBufferDistributedCache, IDisposable
{
    /// <summary>What an entry counts besides its key and value, in bytes: about what its bookkeeping takes.</summary>
    public const int EntryOverhead = 128;

    private readonly LfuCache<string, byte[]> _cache;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="capacity">The bound, in bytes. At least 1.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public LfuDistributedCache(long capacity, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _cache = new LfuCache<string, byte[]>(
            new CacheOptions<string, byte[]>
            {
                Capacity = capacity,
                Weigher = static (key, value) => (int)long.Min(int.MaxValue, (2L * key.Length) + value.Length + EntryOverhead),
            },
            _timeProvider);
    }

    /// <summary>Gets the number of entries.</summary>
    public int Count => _cache.Count;

    /// <summary>Gets the bytes all entries count.</summary>
    public long Bytes => _cache.Weight;

    /// <summary>Gets what the cache did so far.</summary>
    public CacheStatistics Statistics => _cache.Statistics;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public byte[]? Get(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _cache.TryGet(key, out byte[]? value) ? value.AsSpan().ToArray() : null;
    }

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return token.IsCancellationRequested ? Task.FromCanceled<byte[]?>(token) : Task.FromResult(Get(key));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public bool TryGet(string key, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(destination);
        if (!_cache.TryGet(key, out byte[]? value))
        {
            return false;
        }

        destination.Write(value);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(destination);
        return token.IsCancellationRequested ? ValueTask.FromCanceled<bool>(token) : ValueTask.FromResult(TryGet(key, destination));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(options);
        SetOwned(key, value.AsSpan().ToArray(), options);
    }

    /// <inheritdoc/>
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(options);
        if (token.IsCancellationRequested)
        {
            return Task.FromCanceled(token);
        }

        Set(key, value, options);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="options"/> is
    /// <see langword="null"/>.</exception>
    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(options);
        SetOwned(key, value.ToArray(), options);
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(options);
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(token);
        }

        Set(key, value, options);
        return ValueTask.CompletedTask;
    }

    /// <summary>Counts as a use of the entry, and so begins its sliding expiration anew.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public void Refresh(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _cache.TryGet(key, out _);
    }

    /// <inheritdoc/>
    public Task RefreshAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (token.IsCancellationRequested)
        {
            return Task.FromCanceled(token);
        }

        Refresh(key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _cache.TryRemove(key, out _);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (token.IsCancellationRequested)
        {
            return Task.FromCanceled(token);
        }

        Remove(key);
        return Task.CompletedTask;
    }

    /// <summary>Removes every entry.</summary>
    public void Clear() => _cache.Clear();

    /// <summary>Removes every entry and stops the expiry timer. Afterwards it answers as an empty cache.</summary>
    public void Dispose() => _cache.Dispose();

    private void SetOwned(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        bool lives = EntryLifetime.TryGet(
            options.AbsoluteExpiration,
            options.AbsoluteExpirationRelativeToNow,
            options.SlidingExpiration,
            _timeProvider.GetUtcNow(),
            out CacheEntryOptions lifetime);
        if (lives)
        {
            _cache.Set(key, value, lifetime);
        }
        else
        {
            _cache.TryRemove(key, out _); // it replaces what was there, and is over at once
        }
    }
}
