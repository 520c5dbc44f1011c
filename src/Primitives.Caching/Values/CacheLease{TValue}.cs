namespace Primitives;

/// <summary>Keeps a cached value from being disposed of while it is in use.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> The value is not disposed of by the cache before this lease is, even if it is evicted, expires
/// or is replaced meanwhile; it is disposed of exactly once, by whoever lets go of it last. Without
/// <see cref="CacheOptions{TKey, TValue}.DisposeValues"/> a lease merely carries the value.</para>
/// <para>Disposing of a lease is thread-safe and has an effect once.</para>
/// </remarks>
public sealed class CacheLease<TValue> : IDisposable
{
    private SharedValue<TValue>? _owner;

    internal CacheLease(TValue value, SharedValue<TValue>? owner)
    {
        Value = value;
        _owner = owner;
    }

    /// <summary>Gets the value. Not to be used after this lease is disposed of.</summary>
    public TValue Value { get; }

    /// <summary>Lets go of the value.</summary>
    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Release();
}
