namespace Primitives;

/// <summary>A failed attempt of a <see cref="WriteBehind{TKey, TValue}"/> to write.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <param name="Writes">What was to be written.</param>
/// <param name="Exception">What the store threw; an <see cref="OperationCanceledException"/> if the time to dispose ran
/// out.</param>
/// <param name="GivenUp">Whether these will not be tried again: as far as anyone knows, they are lost.</param>
/// <remarks>An immutable value.</remarks>
public readonly record struct WriteBehindFailure<TKey, TValue>(
    IReadOnlyList<CacheWrite<TKey, TValue>> Writes, Exception Exception, bool GivenUp)
    where TKey : notnull;
