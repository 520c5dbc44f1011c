namespace Primitives;

/// <summary>The types of keys that need no hash of the user's.</summary>
internal static class KeyTypes
{
    public static bool Knows(Type type) =>
        type == typeof(string) || type == typeof(Guid) || (type is { IsPrimitive: true } && type != typeof(float) && type != typeof(double))
        || type.IsEnum;
}
