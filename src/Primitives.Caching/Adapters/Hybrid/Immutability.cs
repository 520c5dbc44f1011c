using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Whether all may share one object of a type: strings, values without references, and sealed types that say so
/// with <see cref="ImmutableObjectAttribute"/>.</summary>
internal static class Immutability<T>
{
    public static readonly bool IsKnown = Find();

    private static bool Find()
    {
        Type type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return type == typeof(string)
            || !RuntimeHelpers.IsReferenceOrContainsReferences<T>()
            || (type.IsSealed && type.GetCustomAttribute<ImmutableObjectAttribute>() is { Immutable: true });
    }
}
