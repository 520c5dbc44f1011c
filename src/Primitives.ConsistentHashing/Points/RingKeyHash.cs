namespace Primitives;

/// <summary>The functions by which rings hash keys.</summary>
internal enum RingKeyHash
{
    /// <summary>XXH3-64.</summary>
    Xxh3,

    /// <summary>The first four bytes of MD5, as a little-endian number.</summary>
    Md5,

    /// <summary>CRC-32 of IEEE 802.3.</summary>
    Crc32,

    /// <summary>xxHash64, the older 64-bit function.</summary>
    XxHash64,
}
