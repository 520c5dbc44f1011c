using System.Security.Cryptography;

namespace Primitives;

/// <summary>The ranges of the settings.</summary>
internal static class OptionsRules
{
    public static ulong RandomSeed() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>Says which setting is wrong, and how.</summary>
    public static (string Name, string Message)? FindError<TKey, TValue>(CacheOptions<TKey, TValue> options)
        where TKey : notnull
    {
        if (options.Capacity < 1)
        {
            return (nameof(options.Capacity), $"Capacity is {options.Capacity}; it must be at least 1.");
        }

        if (options.ExpirationJitter is not (>= 0 and < 1))
        {
            return (nameof(options.ExpirationJitter), $"ExpirationJitter is {options.ExpirationJitter}; it must be from 0 to 1, exclusive.");
        }

        if (options.EarlyRefreshBeta is { } beta && !(beta > 0 && double.IsFinite(beta)))
        {
            return (nameof(options.EarlyRefreshBeta), $"EarlyRefreshBeta is {beta}; it must be positive.");
        }

        (string Name, TimeSpan? Value)[] durations =
        [
            (nameof(options.ExpireAfterWrite), options.ExpireAfterWrite),
            (nameof(options.ExpireAfterAccess), options.ExpireAfterAccess),
            (nameof(options.RefreshAfter), options.RefreshAfter),
            (nameof(options.StaleOnError), options.StaleOnError),
            (nameof(options.MissingTimeToLive), options.MissingTimeToLive),
        ];
        foreach ((string name, TimeSpan? value) in durations)
        {
            if (value is { } span && span <= TimeSpan.Zero && span != Timeout.InfiniteTimeSpan)
            {
                return (name, $"{name} is {span}; it must be positive.");
            }
        }

        return null;
    }

    public static void ThrowIfInvalid<TKey, TValue>(CacheOptions<TKey, TValue> options)
        where TKey : notnull
    {
        if (FindError(options) is { } error)
        {
            throw new ArgumentOutOfRangeException(nameof(options), error.Message);
        }
    }
}
