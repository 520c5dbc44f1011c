using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Primitives;

/// <summary>The points of Envoy's <c>ring_hash</c>; see <see cref="RingPoints.Envoy"/>.</summary>
internal sealed class EnvoyPoints(int minimumRingSize, int maximumRingSize) : RingPoints
{
    private const int MaxDigits = 10;

    internal override RingKeyHash KeyHash => RingKeyHash.XxHash64;

    internal override bool CountsAreIndependent => false;

    internal override void Count(ReadOnlySpan<(string Name, double Weight)> nodes, Span<double> counts)
    {
        double total = 0;
        double least = 1;
        foreach ((string name, double weight) in nodes)
        {
            ThrowIfNotWhole(name, weight, "Envoy");
            total += weight;
        }

        foreach ((_, double weight) in nodes)
        {
            least = Math.Min(least, weight / total);
        }

        // The least node gets a whole number of points; the others the points up to a running target, in double
        // precision step by step as Envoy adds it, because the last bit may decide about a point.
        double scale = Math.Min(Math.Ceiling(least * minimumRingSize) / least, maximumRingSize);
        double placed = 0;
        double target = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            target += scale * (nodes[i].Weight / total);
            counts[i] = Math.Max(0, Math.Ceiling(target) - placed);
            placed += counts[i];
        }
    }

    internal override void Place(string name, Span<ulong> points)
    {
        byte[] text = new byte[Encoding.UTF8.GetByteCount(name) + 1 + MaxDigits];
        int length = Encoding.UTF8.GetBytes(name, text);
        text[length++] = (byte)'_';
        for (int i = 0; i < points.Length; i++)
        {
            i.TryFormat(text.AsSpan(length), out int digits, provider: CultureInfo.InvariantCulture);
            points[i] = XxHash64.HashToUInt64(text.AsSpan(0, length + digits));
        }
    }

    internal override ulong Hash(ReadOnlySpan<byte> key) => XxHash64.HashToUInt64(key);
}
