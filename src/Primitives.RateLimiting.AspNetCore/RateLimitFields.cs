using System.Globalization;
using System.Text;

namespace Primitives;

/// <summary>The values of the RateLimit fields: lists of strings with integer parameters, as structured fields.</summary>
/// <remarks>Source: draft-ietf-httpapi-ratelimit-headers-11; RFC 9651 for the syntax.</remarks>
internal static class RateLimitFields
{
    /// <summary>Writes all quotas: q permits in a window of w seconds.</summary>
    public static string Policy(IReadOnlyList<RateQuota> quotas)
    {
        var text = new StringBuilder();
        for (int i = 0; i < quotas.Count; i++)
        {
            AppendName(text.Append(i == 0 ? "" : ", "), quotas, i)
                .Append(CultureInfo.InvariantCulture, $";q={quotas[i].Permits};w={Seconds(quotas[i].Period)}");
        }

        return text.ToString();
    }

    /// <summary>Writes how the tightest quota stands: r permits are left, and in t seconds there are more, or, after a
    /// refusal, enough.</summary>
    public static string State(in RateLimitDecision decision, IReadOnlyList<RateQuota> quotas) =>
        AppendName(new StringBuilder(), quotas, Math.Min(decision.QuotaIndex, quotas.Count - 1))
            .Append(CultureInfo.InvariantCulture, $";r={decision.Remaining};t={Seconds(decision.IsAcquired ? decision.ResetAfter : decision.RetryAfter)}")
            .ToString();

    /// <summary>Rounds up to whole seconds.</summary>
    public static long Seconds(TimeSpan span) => (span.Ticks / TimeSpan.TicksPerSecond) + (span.Ticks % TimeSpan.TicksPerSecond > 0 ? 1 : 0);

    // A string of a structured field is printable ASCII with \ before " and \. What else a name may hold becomes a _: a
    // field that does not parse is ignored whole.
    private static StringBuilder AppendName(StringBuilder text, IReadOnlyList<RateQuota> quotas, int index)
    {
        text.Append('"');
        foreach (char c in quotas[index].Name ?? (index == 0 ? "default" : string.Create(CultureInfo.InvariantCulture, $"default-{index}")))
        {
            if (c is '"' or '\\')
            {
                text.Append('\\');
            }

            text.Append(c is >= ' ' and <= '~' ? c : '_');
        }

        return text.Append('"');
    }
}
