namespace Primitives;

/// <summary>The forms a factory may have. Those that are synchronous return a completed task.</summary>
internal static class Loaders
{
    public readonly struct Value<TKey, TValue, TState>(TState state, Func<TKey, TState, TValue> factory) : ILoader<TKey, TValue>
    {
        public bool AcceptsMissing => false;

        public ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken) =>
            new(CacheResult<TValue>.Store(factory(key, state)));
    }

    public readonly struct Decision<TKey, TValue, TState>(TState state, Func<TKey, TState, CacheResult<TValue>> factory)
        : ILoader<TKey, TValue>
    {
        public bool AcceptsMissing => true;

        public ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken) =>
            new(factory(key, state));
    }

    public readonly struct AsyncValue<TKey, TValue, TState>(
        TState state, Func<TKey, TState, CancellationToken, ValueTask<TValue>> factory)
        : ILoader<TKey, TValue>
    {
        public bool AcceptsMissing => false;

        public async ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken) =>
            CacheResult<TValue>.Store(await factory(key, state, cancellationToken).ConfigureAwait(false));
    }

    public readonly struct AsyncDecision<TKey, TValue, TState>(
        TState state, Func<TKey, TState, CancellationToken, ValueTask<CacheResult<TValue>>> factory)
        : ILoader<TKey, TValue>
    {
        public bool AcceptsMissing => true;

        public ValueTask<CacheResult<TValue>> LoadAsync(TKey key, CancellationToken cancellationToken) =>
            factory(key, state, cancellationToken);
    }
}
