using Primitives;

namespace UrlShortener;

/// <summary>The hash that places codes and URLs on the ring, and the form in which tables keep it.</summary>
internal static class RingHash
{
    /// <summary>Hashes a key as every ring of this service does.</summary>
    public static ulong Of(string key) => StableHash.Compute(key);

    /// <summary>Gives the hash as SQLite stores it. Its integers are signed; this keeps their order that of the hashes,
    /// so that a range of the ring is a range of an index.</summary>
    public static long ToColumn(ulong hash) => unchecked((long)(hash ^ (1UL << 63)));

    /// <summary>Undoes <see cref="ToColumn"/>.</summary>
    public static ulong FromColumn(long column) => unchecked((ulong)column) ^ (1UL << 63);
}
