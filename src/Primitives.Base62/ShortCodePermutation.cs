using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Primitives;

/// <summary>
/// A keyed bijection on <c>[0, 62^Length)</c>: turns consecutive ids into numbers, and so into codes of
/// <see cref="Length"/> Base62 digits, that show nothing of their order to anyone without the key.
/// </summary>
public sealed class ShortCodePermutation
{
    private const int MinKeyLength = 16;
    private const int MaxLength = 10;
    private const int Rounds = 10;

    private readonly byte[] _roundKey;
    private readonly ulong _half;

    /// <summary>Creates the permutation of a key and a length.</summary>
    /// <param name="key">The secret, at least 16 bytes.</param>
    /// <param name="length">The digits of a code, from 1 to 10.</param>
    /// <exception cref="ArgumentException"><paramref name="key"/> is shorter than 16 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not from 1 to 10.</exception>
    public ShortCodePermutation(ReadOnlySpan<byte> key, int length)
    {
        if (key.Length < MinKeyLength)
        {
            throw new ArgumentException($"The key has {key.Length} bytes; at least {MinKeyLength} are needed.", nameof(key));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);

        Length = length;
        Domain = 1;
        _half = (length & 1) == 0 ? 1UL : 8;
        for (int i = 0; i < length; i++)
        {
            Domain *= 62;
            _half *= (i & 1) == 1 ? 62UL : 1;
        }

        _roundKey = HMACSHA256.HashData(key, [.. "Primitives.ShortCodePermutation/1"u8, (byte)length]);
    }

    /// <summary>Gets the digits of a code.</summary>
    public int Length { get; }

    /// <summary>Gets the number of ids and of codes: <c>62^Length</c>.</summary>
    public ulong Domain { get; }

    /// <summary>Gives the code of an id.</summary>
    /// <param name="value">The id, below <see cref="Domain"/>.</param>
    /// <returns>A number below <see cref="Domain"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is not below
    /// <see cref="Domain"/>.</exception>
    public ulong Permute(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Domain);
        do
        {
            (ulong left, ulong right) = Math.DivRem(value, _half);
            for (int round = 0; round < Rounds; round++)
            {
                (left, right) = (right, (left + RoundFunction(round, right)) % _half);
            }

            value = (left * _half) + right;
        }
        while (value >= Domain);

        return value;
    }

    /// <summary>Gives the id of a code: <c>Invert(Permute(id)) == id</c>.</summary>
    /// <param name="value">The code, below <see cref="Domain"/>.</param>
    /// <returns>A number below <see cref="Domain"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is not below
    /// <see cref="Domain"/>.</exception>
    public ulong Invert(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Domain);
        do
        {
            (ulong left, ulong right) = Math.DivRem(value, _half);
            for (int round = Rounds - 1; round >= 0; round--)
            {
                (left, right) = ((right + _half - RoundFunction(round, left)) % _half, left);
            }

            value = (left * _half) + right;
        }
        while (value >= Domain);

        return value;
    }

    private ulong RoundFunction(int round, ulong half)
    {
        Debug.Assert(half < _half, "A half is a digit of base _half.");
        Span<byte> message = stackalloc byte[1 + sizeof(ulong)];
        message[0] = (byte)round;
        BinaryPrimitives.WriteUInt64BigEndian(message[1..], half);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_roundKey, message, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % _half;
    }
}
