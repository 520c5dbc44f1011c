using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Primitives;

/// <summary>The network a request comes from, as a key.</summary>
/// <remarks>Stateless, and so safe to use from any number of threads.</remarks>
public static class ClientAddress
{
    private const int NetworkBytes = 8;

    /// <summary>Gives the client's IPv4 address, or the first 64 bits of its IPv6 address: a single customer has all the
    /// addresses of such a network, and could otherwise be a new client with every request.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The key; <see langword="null"/> if the connection has no address, as in tests in memory.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="context"/> is <see langword="null"/>.</exception>
    public static string? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        IPAddress? address = context.Connection.RemoteIpAddress;
        if (address is null)
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[NetworkBytes..].Clear();
        return new IPAddress(bytes).ToString();
    }
}
