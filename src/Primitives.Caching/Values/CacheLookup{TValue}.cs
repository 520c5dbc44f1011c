using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>What a cache knows about a key: a value, that there is none, or nothing.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>An immutable value; <see langword="default"/> means that nothing is known.</remarks>
public readonly struct CacheLookup<TValue>
{
    private readonly TValue? _value;

    private CacheLookup(TValue? value, bool hasValue, bool isMissing)
    {
        _value = value;
        HasValue = hasValue;
        IsMissing = isMissing;
    }

    /// <summary>Gets whether there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>Gets whether the key is known to have no value: a factory said so, and not too long ago.</summary>
    public bool IsMissing { get; }

    /// <summary>Gets the value.</summary>
    /// <exception cref="InvalidOperationException">There is none; see <see cref="HasValue"/>.</exception>
    public TValue Value => HasValue ? _value! : throw new InvalidOperationException("There is no value; check HasValue.");

    /// <summary>Gets the value if there is one.</summary>
    /// <param name="value">The value, or the default of its type.</param>
    /// <returns><see cref="HasValue"/>.</returns>
    public bool TryGetValue([MaybeNullWhen(false)] out TValue value)
    {
        value = _value;
        return HasValue;
    }

    internal static CacheLookup<TValue> Found(TValue value) => new(value, hasValue: true, isMissing: false);

    internal static CacheLookup<TValue> Missing() => new(default, hasValue: false, isMissing: true);
}
