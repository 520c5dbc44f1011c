using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace UrlShortener;

/// <summary>
/// Tells visitors apart by client address and user agent, of which nothing but 64 bits of a keyed hash is used.
/// </summary>
/// <remarks>Thread-safe. Of an IPv6 address the first 64 bits count: the rest a device changes every day, or more often,
/// for privacy. Whoever has the key can check whether a guessed address and user agent may have been here, but cannot
/// read them back.</remarks>
internal sealed class VisitorIds(byte[] key)
{
    public const int KeyBytes = 32;

    private const int AddressBytes = 16;
    private const int PrefixBytes = 8;

    /// <summary>Gives the hash of a visitor.</summary>
    /// <param name="address">The client's; <see langword="null"/> where there is none, as over a Unix socket.</param>
    /// <param name="userAgent">The header; empty if it was not sent.</param>
    public ulong Of(IPAddress? address, string userAgent)
    {
        byte[] visitor = new byte[AddressBytes + Encoding.UTF8.GetByteCount(userAgent)];
        if (address is not null)
        {
            // An IPv4 address is one and the same whether the socket speaks IPv4 or both.
            address.MapToIPv6().TryWriteBytes(visitor, out _);
            if (address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
            {
                visitor.AsSpan(PrefixBytes, AddressBytes - PrefixBytes).Clear();
            }
        }

        Encoding.UTF8.GetBytes(userAgent, visitor.AsSpan(AddressBytes));
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, visitor, mac);
        return BinaryPrimitives.ReadUInt64BigEndian(mac);
    }
}
