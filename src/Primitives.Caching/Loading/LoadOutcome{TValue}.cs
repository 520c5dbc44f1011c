using System.Runtime.ExceptionServices;

namespace Primitives;

/// <summary>What the callers of a load get.</summary>
internal readonly struct LoadOutcome<TValue>
{
    private readonly ExceptionDispatchInfo? _failure;

    private LoadOutcome(CacheLookup<TValue> lookup, SharedValue<TValue>? owner, ExceptionDispatchInfo? failure, bool isStale)
    {
        Lookup = lookup;
        Owner = owner;
        IsStale = isStale;
        _failure = failure;
    }

    public CacheLookup<TValue> Lookup { get; }

    /// <summary>Gets what counts the users of the value; a caller with a lease owns one use of it already.</summary>
    public SharedValue<TValue>? Owner { get; }

    public bool IsStale { get; }

    public static LoadOutcome<TValue> Found(TValue value, SharedValue<TValue>? owner, bool isStale = false) =>
        new(CacheLookup<TValue>.Found(value), owner, null, isStale);

    public static LoadOutcome<TValue> Missing() => new(CacheLookup<TValue>.Missing(), null, null, isStale: false);

    public static LoadOutcome<TValue> Failed(ExceptionDispatchInfo failure) => new(default, null, failure, isStale: false);

    /// <summary>Throws what the factory threw, to every caller that waited.</summary>
    public void ThrowIfFailed() => _failure?.Throw();
}
