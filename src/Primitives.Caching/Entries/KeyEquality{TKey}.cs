using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Hashes and compares keys: value types by their own equality without boxing or a virtual call, text with a
/// hash seeded for the cache, anything else through a comparer.</summary>
internal readonly struct KeyEquality<TKey>
    where TKey : notnull
{
    private readonly IEqualityComparer<TKey>? _comparer; // null: the key's own equality, or ordinal text
    private readonly bool _isText;

    public KeyEquality(IEqualityComparer<TKey>? comparer, ulong seed)
    {
        Seed = Multipliers.Choose(seed);
        if (typeof(TKey) == typeof(string) && (comparer is null || ReferenceEquals(comparer, StringComparer.Ordinal)
            || ReferenceEquals(comparer, EqualityComparer<TKey>.Default)))
        {
            _isText = true;
        }
        else if (comparer is not null && !(typeof(TKey).IsValueType && ReferenceEquals(comparer, EqualityComparer<TKey>.Default)))
        {
            _comparer = comparer;
        }
        else if (!typeof(TKey).IsValueType)
        {
            _comparer = EqualityComparer<TKey>.Default;
        }
    }

    /// <summary>Gets the seed of the cache; odd.</summary>
    public ulong Seed { get; }

    public IEqualityComparer<TKey>? Comparer => _comparer;

    /// <summary>Gets whether keys are text compared by code units, so that a span can stand for one.</summary>
    public bool IsText => _isText;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash(TKey key)
    {
        if (typeof(TKey).IsValueType)
        {
            return Scatter(_comparer is null ? key.GetHashCode() : _comparer.GetHashCode(key));
        }

        return _isText ? TextHash.Compute(Unsafe.As<TKey, string>(ref key), Seed) : Scatter(_comparer!.GetHashCode(key));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(TKey left, TKey right)
    {
        if (typeof(TKey).IsValueType)
        {
            return _comparer is null ? EqualityComparer<TKey>.Default.Equals(left, right) : _comparer.Equals(left, right);
        }

        return _isText
            ? string.Equals(Unsafe.As<TKey, string>(ref left), Unsafe.As<TKey, string>(ref right))
            : _comparer!.Equals(left, right);
    }

    /// <summary>Spreads a hash code over 32 bits by multiply-shift with the odd seed, a universal family: whatever pattern
    /// the codes have, two different ones meet in a bucket with the probability of chance, and codes that follow each other
    /// lie spread out. See <see cref="Multipliers"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Scatter(int hashCode) => (uint)(((uint)hashCode * Seed) >> 32);
}
