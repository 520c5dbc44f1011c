namespace Primitives;

/// <summary>How a <see cref="BloomFilter"/> spreads the bits of a key.</summary>
public enum BloomFilterLayout
{
    /// <summary><see cref="SplitBlock"/> for a false-positive rate of 0.1 % or more, <see cref="Classic"/> below.</summary>
    Automatic = 0,

    /// <summary>Eight bits, all in one block of 256 bits and so in one cache line: the fastest. Blocks fill unevenly,
    /// which costs 10 % more memory than <see cref="Classic"/> at 1 %, 17 % at 0.1 % and 37 % at 0.01 %.</summary>
    SplitBlock = 1,

    /// <summary>Bits anywhere in the filter: the least memory, and a cache miss for each of the bits.</summary>
    Classic = 2,
}
