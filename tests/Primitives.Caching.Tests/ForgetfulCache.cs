using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Primitives.Tests;

/// <summary>The hardest cache to put before a store: it keeps nothing, so every read is a load.</summary>
internal sealed class ForgetfulCache<TKey, TValue> : ICache<TKey, TValue>
    where TKey : notnull
{
    public long Capacity { get; set; } = 1;

    public int Count => 0;

    public long Weight => 0;

    public CacheStatistics Statistics => default;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return false;
    }

    public CacheLookup<TValue> Lookup(TKey key) => default;

    public bool Set(TKey key, TValue value, CacheEntryOptions options = default) => true;

    public async ValueTask<CacheLookup<TValue>> TryGetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<CacheResult<TValue>>> factory,
        CancellationToken cancellationToken = default)
    {
        CacheResult<TValue> result = await factory(key, state, cancellationToken);
        return result.Kind == CacheResultKind.Missing ? CacheLookup<TValue>.Missing() : CacheLookup<TValue>.Found(result.Value!);
    }

    public ValueTask<IReadOnlyDictionary<TKey, TValue>> GetOrAddManyAsync<TState>(
        IEnumerable<TKey> keys,
        TState state,
        Func<IReadOnlyList<TKey>, TState, CancellationToken, ValueTask<IReadOnlyDictionary<TKey, TValue>>> factory,
        CancellationToken cancellationToken = default)
    {
        TKey[] distinct = [.. keys.Distinct()];
        return distinct.Length > 0 ? factory(distinct, state, cancellationToken) : new(new Dictionary<TKey, TValue>());
    }

    public bool TryRemove(TKey key, [MaybeNullWhen(false)] out TValue value) => TryGet(key, out value);

    public void Clear()
    {
    }

    public void Trim(long weight)
    {
    }

    public void Dispose()
    {
    }

    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => Enumerable.Empty<KeyValuePair<TKey, TValue>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> factory) => throw new NotSupportedException();

    public TValue GetOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory) => throw new NotSupportedException();

    public bool TryGetOrAdd<TState>(
        TKey key, TState state, Func<TKey, TState, CacheResult<TValue>> factory, [MaybeNullWhen(false)] out TValue value) =>
        throw new NotSupportedException();

    public ValueTask<TValue> GetOrAddAsync(
        TKey key, Func<TKey, CancellationToken, ValueTask<TValue>> factory, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<TValue> GetOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public bool TryLease(TKey key, [NotNullWhen(true)] out CacheLease<TValue>? lease) => throw new NotSupportedException();

    public CacheLease<TValue> LeaseOrAdd<TState>(TKey key, TState state, Func<TKey, TState, TValue> factory) =>
        throw new NotSupportedException();

    public ValueTask<CacheLease<TValue>> LeaseOrAddAsync<TState>(
        TKey key,
        TState state,
        Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
