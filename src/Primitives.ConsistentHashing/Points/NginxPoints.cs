using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Primitives;

/// <summary>The points of nginx; see <see cref="RingPoints.Nginx"/>.</summary>
internal sealed class NginxPoints : RingPoints
{
    private const int PointsPerWeight = 160;
    private const string UnixPrefix = "unix:";

    internal override RingKeyHash KeyHash => RingKeyHash.Crc32;

    internal override bool CountsAreIndependent => true;

    internal override void Count(ReadOnlySpan<(string Name, double Weight)> nodes, Span<double> counts)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            ThrowIfNotWhole(nodes[i].Name, nodes[i].Weight, "nginx");
            counts[i] = nodes[i].Weight * PointsPerWeight;
        }
    }

    // The host, a zero byte and the port. The port is the digits after the last colon, if only digits follow it.
    internal override string HashedName(string name)
    {
        if (name.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return $"{name.AsSpan(UnixPrefix.Length)}\0";
        }

        int colon = name.LastIndexOf(':');
        return colon >= 0 && !name.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9')
            ? $"{name.AsSpan(0, colon)}\0{name.AsSpan(colon + 1)}"
            : $"{name}\0";
    }

    internal override void Place(string name, Span<ulong> points)
    {
        // Each point is CRC-32 of the host, a zero byte, the port and the four bytes of the point before.
        byte[] text = Encoding.UTF8.GetBytes($"{HashedName(name)}\0\0\0\0");
        Span<byte> previous = text.AsSpan(text.Length - sizeof(uint));
        foreach (ref ulong point in points)
        {
            uint crc = Crc32.HashToUInt32(text);
            point = Point32(crc);
            BinaryPrimitives.WriteUInt32LittleEndian(previous, crc);
        }
    }

    internal override ulong Hash(ReadOnlySpan<byte> key) => Hash32(Crc32.HashToUInt32(key));
}
