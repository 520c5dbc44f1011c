using System.Globalization;

namespace Primitives;

/// <summary>
/// Finds the worker id of this process where its operator put it. Two workers with one id make equal ids, so there is
/// no default and nothing is derived from MAC or IP addresses, process ids or chance: ten bits of those soon collide.
/// </summary>
/// <remarks>Stateless and thread-safe. Whether the id fits the layout is checked by the generator, which throws if it
/// does not.</remarks>
public static class SnowflakeWorkerId
{
    /// <summary>Reads the worker id from an environment variable.</summary>
    /// <param name="variable">The variable's name. Its value must be a decimal number without sign.</param>
    /// <returns>The worker id. Not negative.</returns>
    /// <exception cref="ArgumentException"><paramref name="variable"/> is <see langword="null"/> or empty.</exception>
    /// <exception cref="InvalidOperationException">The variable is not set.</exception>
    /// <exception cref="FormatException">Its value is not a number from 0 to 2,147,483,647.</exception>
    public static int FromEnvironment(string variable)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);

        string text = Environment.GetEnvironmentVariable(variable)
            ?? throw new InvalidOperationException($"The environment variable {variable} should hold the worker id but is not set.");
        return TryParse(text, out int workerId)
            ? workerId
            : throw new FormatException($"The environment variable {variable} should hold the worker id, a number from 0 to {int.MaxValue}, but holds '{text}'.");
    }

    /// <summary>Reads the worker id from the number at the end of a host name's first label: 3 for <c>orders-3</c> and
    /// for <c>orders-3.orders.default.svc</c>, as the pods of a Kubernetes StatefulSet are named.</summary>
    /// <param name="hostName">The host name; this machine's when <see langword="null"/>.</param>
    /// <returns>The worker id. Not negative.</returns>
    /// <exception cref="FormatException">The first label does not end in a hyphen and a number from 0 to
    /// 2,147,483,647 without leading zeros.</exception>
    public static int FromHostNameOrdinal(string? hostName = null)
    {
        hostName ??= Environment.MachineName;

        ReadOnlySpan<char> label = hostName;
        int dot = label.IndexOf('.');
        label = dot < 0 ? label : label[..dot];
        int hyphen = label.LastIndexOf('-');

        // A leading zero is refused because web-7 and web-07 are two hosts but would be one worker.
        ReadOnlySpan<char> ordinal = label[(hyphen + 1)..];
        bool isOrdinal = hyphen > 0 && (ordinal.Length == 1 || !ordinal.StartsWith('0'));
        return isOrdinal && TryParse(ordinal, out int workerId)
            ? workerId
            : throw new FormatException($"The host name '{hostName}' does not end in a hyphen and an ordinal, as in 'orders-3'.");
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int workerId) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out workerId);
}
