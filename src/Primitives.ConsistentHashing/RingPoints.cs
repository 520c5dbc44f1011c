using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Primitives;

/// <summary>
/// Where a ring puts the points of its nodes, and with which hash it looks keys up: the suite's own rule, or that of a
/// system whose placement must be matched.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> With the same names, weights and rule, every process, machine and release places every key
/// alike. With a compatible rule, a key goes where the original sends it.</para>
/// <para><b>Limits.</b> <see cref="Ketama"/> and <see cref="Envoy"/> give a node a number of points that depends on all
/// the others: adding, removing or reweighting one may move keys between nodes that did not change, and rebuilds the
/// whole ring. The other two do not. Compatible rules take whole weights only.</para>
/// <para><b>Thread safety.</b> Immutable.</para>
/// </remarks>
public abstract class RingPoints
{
    /// <summary>The number of points a node of weight 1 has unless told otherwise: 160.</summary>
    public const int DefaultVirtualNodes = 160;

    private const int StackBytes = 512;
    private const int MaxBytesPerChar = 3;

    private protected RingPoints()
    {
    }

    /// <summary>Gets the points of nginx: <c>hash ... consistent</c> of its upstream module, and the same in Tengine and
    /// pingora. 160 points a unit of weight, CRC-32.</summary>
    /// <value>Node names are those of the <c>server</c> directives, <c>host:port</c>, <c>host</c> or
    /// <c>unix:path</c>; two that nginx hashes alike, as it does <c>host</c> and <c>host:</c>, are one name given twice.
    /// Keys are hashed with CRC-32. Points that two nodes share belong to the name that is first in ordinal order; nginx
    /// leaves that to an unstable sort. A point that a node has twice, which nginx drops, is kept and counted; it changes
    /// no placement.</value>
    public static RingPoints Nginx { get; } = new NginxPoints();

    /// <summary>The suite's own points: exact to 64 bits, and as many for a node as its own weight says.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> A node has <c>max(1, round(weight * virtualNodes))</c> points, halves rounded away from
    /// zero, whatever the other nodes are. They are the first outputs of SplitMix64 seeded with XXH3-64 of the UTF-8 of
    /// its name, so that a higher weight only adds points and a lower one only removes some. Keys are hashed by
    /// <see cref="StableHash"/>.</para>
    /// <para><b>Accuracy.</b> A node of <c>v</c> points gets its share of the keys with a relative standard deviation of
    /// <c>1 / sqrt(v)</c>: 8 % at 160.</para>
    /// </remarks>
    /// <param name="virtualNodes">The points of a node of weight 1, from 1 to 2^20. More are more even and take more
    /// memory, 11 to 14 bytes each.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="virtualNodes"/> is below 1 or above 2^20.</exception>
    public static RingPoints Standard(int virtualNodes = DefaultVirtualNodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(virtualNodes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(virtualNodes, RingTable.MaxPoints);
        return new StandardPoints(virtualNodes);
    }

    /// <summary>The points of libketama, as used by clients of memcached: 160 a node on average, MD5.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> A node of weight <c>w</c> among <c>n</c> nodes of total weight <c>W</c> has
    /// <c>4 * floor(w / W * 40 * n)</c> points, the quotient and the product each narrowed to single precision as
    /// libketama does: 61 equal nodes have 156 points each, not 160. Keys are hashed with MD5. Points that two nodes
    /// share belong to the name that is first in ordinal order; libketama leaves that to an unstable sort.</para>
    /// <para><b>Limits.</b> A weight far below the others' gives no points at all, and so no keys.</para>
    /// </remarks>
    /// <param name="naming">How the name of a node on memcached's default port, 11211, is hashed. Where that leaves two
    /// nodes with one name, as <c>a</c> and <c>a:11211</c>, a ring refuses them.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="naming"/> is not one of the named values.</exception>
    public static RingPoints Ketama(KetamaNaming naming = KetamaNaming.HostPort)
    {
        if (naming is not (KetamaNaming.HostPort or KetamaNaming.OmitDefaultPort))
        {
            throw new ArgumentOutOfRangeException(nameof(naming), naming, "There is no such naming.");
        }

        return new KetamaPoints(naming);
    }

    /// <summary>The points of Envoy's <c>ring_hash</c> load balancer with its default hash, xxHash64.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> The ring has the size that Envoy computes from the least weight and the bounds, and nodes
    /// are taken in the ordinal order of their names. Where shares of the ring are not whole numbers Envoy rounds in the
    /// order of its hosts: list them to it in that order. Keys are hashed with xxHash64, as Envoy hashes a
    /// header.</para>
    /// <para><b>Limits.</b> Locality weights are not modelled: multiply them into the weights. Where the largest ring is
    /// too small for all nodes, some have no points, and so no keys.</para>
    /// </remarks>
    /// <param name="minimumRingSize">Envoy's <c>minimum_ring_size</c>, from 1 to 2^20; 1,024 when omitted, as in
    /// Envoy.</param>
    /// <param name="maximumRingSize">Envoy's <c>maximum_ring_size</c>, at least
    /// <paramref name="minimumRingSize"/>; 8,388,608 when omitted, as in Envoy, though no ring may have more than 2^20
    /// points here.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is outside its range.</exception>
    public static RingPoints Envoy(int minimumRingSize = 1_024, int maximumRingSize = 8 * 1_024 * 1_024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(minimumRingSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minimumRingSize, RingTable.MaxPoints);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRingSize, minimumRingSize);
        return new EnvoyPoints(minimumRingSize, maximumRingSize);
    }

    /// <summary>Gets what hashes the keys; rings that hash keys alike can be compared by hash.</summary>
    internal abstract RingKeyHash KeyHash { get; }

    /// <summary>Gets whether a node's number of points depends on that node alone.</summary>
    internal abstract bool CountsAreIndependent { get; }

    /// <summary>Gives the number of points of each node; may exceed what an <see cref="int"/> holds.</summary>
    /// <param name="nodes">The names and weights, in ordinal order of the names; valid in themselves.</param>
    /// <param name="counts">As many as there are nodes.</param>
    /// <exception cref="ArgumentException">A name or weight is not one that the system concerned allows.</exception>
    internal abstract void Count(ReadOnlySpan<(string Name, double Weight)> nodes, Span<double> counts);

    /// <summary>Gives the part of a name that is hashed: nodes that agree in it have the same points, so that all but one
    /// of them would get no keys.</summary>
    internal virtual string HashedName(string name) => name;

    /// <summary>Gives the first points of a node. More points of a node begin with its fewer ones.</summary>
    internal abstract void Place(string name, Span<ulong> points);

    /// <summary>Hashes a key to its place on the ring.</summary>
    internal abstract ulong Hash(ReadOnlySpan<byte> key);

    internal ulong Hash(ReadOnlySpan<char> key)
    {
        byte[]? rented = null;
        Span<byte> bytes = key.Length <= StackBytes / MaxBytesPerChar
            ? stackalloc byte[StackBytes]
            : rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(key.Length));
        ulong hash = Hash(bytes[..Encoding.UTF8.GetBytes(key, bytes)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }

    internal ulong Hash(ulong key)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key);
        return Hash(bytes);
    }

    internal ulong Hash(Guid key)
    {
        Span<byte> bytes = stackalloc byte[16];
        key.TryWriteBytes(bytes, bigEndian: true, out _);
        return Hash(bytes);
    }

    /// <summary>Puts a 32-bit point on the 64-bit ring: at the end of the hashes that share its 32 bits, so that it is at
    /// or after each of them.</summary>
    private protected static ulong Point32(uint point) => ((ulong)point << 32) | uint.MaxValue;

    /// <summary>Puts a 32-bit key hash on the 64-bit ring.</summary>
    private protected static ulong Hash32(uint hash) => (ulong)hash << 32;

    /// <summary>Checks that a weight is one that a system with integer weights can hold.</summary>
    private protected static void ThrowIfNotWhole(string name, double weight, string system)
    {
        if (weight != Math.Floor(weight) || weight > uint.MaxValue)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"The weight of node \"{name}\" is {weight}; in a {system} ring it must be a whole number below 2^32."));
        }
    }
}
