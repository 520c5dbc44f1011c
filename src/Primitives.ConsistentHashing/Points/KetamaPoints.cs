using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Primitives;

/// <summary>The points of libketama; see <see cref="RingPoints.Ketama"/>.</summary>
internal sealed class KetamaPoints(KetamaNaming naming) : RingPoints
{
    private const string DefaultPort = ":11211";
    private const int PointsPerDigest = Md5.DigestBytes / sizeof(uint);
    private const int MaxDigits = 10;

    internal override RingKeyHash KeyHash => RingKeyHash.Md5;

    internal override bool CountsAreIndependent => false;

    internal override void Count(ReadOnlySpan<(string Name, double Weight)> nodes, Span<double> counts)
    {
        double total = 0; // exact: a sum of at most 2^20 whole numbers below 2^32
        foreach ((string name, double weight) in nodes)
        {
            ThrowIfNotWhole(name, weight, "ketama");
            total += weight;
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            // As in C: a quotient of floats, a product of doubles, and its floor as a float.
            float share = (float)nodes[i].Weight / (float)total;
            counts[i] = PointsPerDigest * (double)MathF.Floor((float)((double)share * 40.0 * nodes.Length));
        }
    }

    internal override string HashedName(string name) =>
        naming == KetamaNaming.OmitDefaultPort && name.EndsWith(DefaultPort, StringComparison.Ordinal)
            ? name[..^DefaultPort.Length]
            : name;

    internal override void Place(string name, Span<ulong> points)
    {
        name = HashedName(name);
        byte[] text = new byte[Encoding.UTF8.GetByteCount(name) + 1 + MaxDigits];
        int length = Encoding.UTF8.GetBytes(name, text);
        text[length++] = (byte)'-';
        Span<byte> digest = stackalloc byte[Md5.DigestBytes];
        for (int i = 0; i < points.Length; i++)
        {
            int word = i % PointsPerDigest;
            if (word == 0)
            {
                (i / PointsPerDigest).TryFormat(text.AsSpan(length), out int digits, provider: CultureInfo.InvariantCulture);
                Md5.Compute(text.AsSpan(0, length + digits), digest);
            }

            points[i] = Point32(BinaryPrimitives.ReadUInt32LittleEndian(digest[(word * sizeof(uint))..]));
        }
    }

    internal override ulong Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> digest = stackalloc byte[Md5.DigestBytes];
        Md5.Compute(key, digest);
        return Hash32(BinaryPrimitives.ReadUInt32LittleEndian(digest));
    }
}
