using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Primitives;

/// <summary>
/// A keyed bijection on <c>[0, 62^n)</c>: turns consecutive ids into numbers, and so into codes of <c>n</c> Base62
/// digits, that tell nothing about their order to anyone without the key, and back.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> For every <c>id</c> below <see cref="Domain"/>, <c>Invert(Permute(id)) == id</c>; so codes
/// never collide and no table is needed to read them. The same key and length give the same codes in every version and
/// on every machine; another key or another length gives unrelated ones.</para>
/// <para><b>Protects.</b> Who has codes but not the key cannot tell which was made first, how many there are, or which
/// codes the ids next to a known one have, better than by trying codes at random.</para>
/// <para><b>Does not protect.</b> It neither authenticates nor authorises: any code below <see cref="Domain"/> inverts
/// to some id, and trying codes at random finds one in use with probability <c>ids in use / Domain</c>; check that the
/// id exists and that the caller may see it, limit attempts, and choose a length that leaves the domain almost empty.
/// Up to length 3 there are so few codes (below a million) that all can be tried. A new key changes all codes.</para>
/// <para><b>Cost.</b> Ten SHA-256 compressions a pass, a few microseconds, no allocation, no lock. Even lengths take
/// one pass; odd ones take a further pass with probability 1/32 each time, 1.03 on average.</para>
/// <para><b>Thread safety.</b> Immutable; all members are thread-safe. The derived key stays in memory as long as the
/// instance does.</para>
/// <para><b>Source.</b> A balanced Feistel network with addition in place of exclusive or: four rounds are a strong
/// pseudo-random permutation for few known pairs (Luby and Rackoff, 1988), more rounds for far more, with any group
/// operation (Maurer and Pietrzak, 2003); ten, as in FF1 of NIST SP 800-38G. Cycle-walking fits it to the domain (Black
/// and Rogaway, 2002). The round function is SHA-256 of a secret and an input of fixed length, as in FIPS 205, section
/// 11.2; the secret is derived by HKDF (RFC 5869). It is not FF1 itself and claims no conformance.</para>
/// </remarks>
/// <example>
/// <code>
/// var permutation = new ShortCodePermutation(key, length: 7);
/// string code = Base62.Encode(permutation.Permute(id), width: 7);
/// </code>
/// </example>
public sealed class ShortCodePermutation
{
    private const int MinKeyLength = 16;
    private const int MaxLength = 10; // 62^10 is the largest power below 2^64
    private const int Rounds = 10;

    // The input of the round function: derived key, round, half. It has one length, so that there is nothing to extend,
    // which is what HMAC is against, and fits in one SHA-256 block: a third of HMAC's time.
    private const int RoundKeyLength = 32;
    private const int RoundOffset = RoundKeyLength;
    private const int HalfOffset = RoundOffset + 1;
    private const int InputLength = HalfOffset + sizeof(ulong);

    // A number x is the pair (x / _half, x % _half). Invariant: _half^2 is Domain for even lengths and, 8^2 being close
    // to 62, 64/62 of it for odd ones. The halves are equal because unequal ones mix more slowly.
    private readonly ulong _half;
    private readonly byte[] _roundKey;

    /// <summary>Creates the permutation of a key and a length.</summary>
    /// <param name="key">The secret, at least 16 bytes that others cannot guess, such as 32 random ones kept in a
    /// vault. Only a key derived from it is kept. Whoever loses it loses the ids of all codes.</param>
    /// <param name="length">The digits of a code, from 1 to 10. The ids must stay below <c>62^length</c>: 3.5e12 for 7,
    /// 1.3e16 for 9 (53-bit ids fit), 8.4e17 for 10 (59-bit ids fit).</param>
    /// <exception cref="ArgumentException"><paramref name="key"/> is shorter than 16 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not from 1 to 10.</exception>
    public ShortCodePermutation(ReadOnlySpan<byte> key, int length)
    {
        if (key.Length < MinKeyLength)
        {
            throw new ArgumentException(
                $"The key has {key.Length} bytes; at least {MinKeyLength} are needed.", nameof(key));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);

        Length = length;
        Domain = Power(length);
        _half = Power(length / 2) * (length % 2 == 0 ? 1UL : 8);

        // The label and the length are part of the key: neither another use of the same secret nor another length has
        // anything in common with this permutation.
        _roundKey = new byte[RoundKeyLength];
        ReadOnlySpan<byte> info = [.. "Primitives.ShortCodePermutation/1"u8, (byte)length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, _roundKey, salt: default, info);
    }

    /// <summary>Gets the digits of a code, from 1 to 10.</summary>
    public int Length { get; }

    /// <summary>Gets the number of ids and of codes, <c>62^Length</c>.</summary>
    public ulong Domain { get; }

    /// <summary>Gives the code of an id, as a number.</summary>
    /// <param name="id">The id, below <see cref="Domain"/>.</param>
    /// <returns>A number below <see cref="Domain"/>; write it with <see cref="Length"/> as the width.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is not below
    /// <see cref="Domain"/>.</exception>
    public ulong Permute(ulong id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Domain);
        Span<byte> input = stackalloc byte[InputLength];
        _roundKey.CopyTo(input);
        ulong number = id;
        do
        {
            (ulong left, ulong right) = Math.DivRem(number, _half);
            for (int round = 0; round < Rounds; round++)
            {
                (left, right) = (right, (left + RoundFunction(input, round, right)) % _half);
            }

            number = (left * _half) + right;
        }
        while (number >= Domain); // walks on along the cycle, which leads back to the id at the latest

        return number;
    }

    /// <summary>Gives the id of a code that <see cref="Permute"/> made.</summary>
    /// <param name="code">The code, below <see cref="Domain"/>.</param>
    /// <returns>The id, below <see cref="Domain"/>. Every code has one; whether it was ever given out is not known
    /// here.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="code"/> is not below
    /// <see cref="Domain"/>.</exception>
    public ulong Invert(ulong code)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(code, Domain);
        Span<byte> input = stackalloc byte[InputLength];
        _roundKey.CopyTo(input);
        ulong number = code;
        do
        {
            (ulong left, ulong right) = Math.DivRem(number, _half);
            for (int round = Rounds - 1; round >= 0; round--)
            {
                (left, right) = ((right + _half - RoundFunction(input, round, left)) % _half, left);
            }

            number = (left * _half) + right;
        }
        while (number >= Domain);

        return number;
    }

    private ulong RoundFunction(Span<byte> input, int round, ulong half)
    {
        Debug.Assert(half < _half, "A half is a digit of base _half.");
        input[RoundOffset] = (byte)round;
        BinaryPrimitives.WriteUInt64BigEndian(input[HalfOffset..], half);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);

        // A half has at most 30 bits: 64 bits modulo it are uniform but for one part in 2^34.
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % _half;
    }

    private static ulong Power(int exponent)
    {
        ulong power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= DigitSet.Radix;
        }

        return power;
    }
}
