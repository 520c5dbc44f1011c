using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>The bits of one key in the classic layout.</summary>
/// <remarks>
/// Enhanced double hashing: each bit is a step further, the step grows, and what it grows by does too. Bits are the high
/// half of a product and not a remainder, so the textbook's growth of 1, 2, 3 would vanish in the low half and leave
/// plain double hashing, where a key with a short step piles its bits up, and two keys with like steps meet in all of
/// them: at 100 keys and 0.01 % that makes 2.6 times the false positives. So growth starts from the hash, and itself
/// grows by a constant of full width.
/// <para><b>Source.</b> P. Dillinger and P. Manolios, Bloom Filters in Probabilistic Verification, 2004.</para>
/// </remarks>
internal struct ProbeSequence
{
    private ulong _at;
    private ulong _step;
    private ulong _growth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ProbeSequence(ulong hash)
    {
        _at = hash;
        _step = StableHash.Remix(hash);
        _growth = _step * 0xD6E8FEB86659FD93;
    }

    /// <summary>Gives the next bit, below <paramref name="bits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next(ulong bits)
    {
        ulong bit = HighProduct.Of(_at, bits);
        _at += _step;
        _step += _growth;
        _growth += 0x9E3779B97F4A7C15; // 2^64 / golden ratio
        return bit;
    }
}
