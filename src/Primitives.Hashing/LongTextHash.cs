using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Primitives;

/// <summary>
/// XXH3-64 of text too long to convert at once: a window of UTF-8 moves over it and is hashed as it goes, on the
/// stack. System.IO.Hashing can do either, hash in pieces or not allocate, but not both.
/// </summary>
internal static class LongTextHash
{
    // XXH3 for more than 240 bytes. Input is taken in stripes of 64 bytes into eight 64-bit lanes, each stripe with
    // the secret 8 bytes further on; after 16 stripes, a block, the lanes are scrambled and the secret starts over.
    // The last stripe is always the last 64 bytes of the input, overlapping what came before.
    //
    // The window is   [ 64 bytes already hashed | bytes not yet hashed ... ]
    //   I1  a stripe is hashed only when at least one byte follows it, so 1 to 64 bytes are left for the end;
    //   I2  the 64 bytes before the unhashed ones are kept, so that the last stripe can reach back into them.
    private const int StripeBytes = 64;
    private const int StripesPerBlock = 16;
    private const int Lanes = StripeBytes / sizeof(ulong);
    private const int WindowBytes = StripeBytes * (StripesPerBlock + 2);
    private const int MinBytes = 241;

    private const ulong Prime32A = 0x9E3779B1;
    private const ulong Prime32B = 0x85EBCA77;
    private const ulong Prime32C = 0xC2B2AE3D;
    private const ulong Prime64A = 0x9E3779B185EBCA87;
    private const ulong Prime64B = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime64C = 0x165667B19E3779F9;
    private const ulong Prime64D = 0x85EBCA77C2B2AE63;
    private const ulong Prime64E = 0x27D4EB2F165667C5;

    // Where in the secret each step reads: fixed by the specification.
    private const int ScrambleOffset = 128;
    private const int LastStripeOffset = 121;
    private const int MergeOffset = 11;

    private static ReadOnlySpan<byte> DefaultSecret =>
    [
        0xB8, 0xFE, 0x6C, 0x39, 0x23, 0xA4, 0x4B, 0xBE, 0x7C, 0x01, 0x81, 0x2C, 0xF7, 0x21, 0xAD, 0x1C,
        0xDE, 0xD4, 0x6D, 0xE9, 0x83, 0x90, 0x97, 0xDB, 0x72, 0x40, 0xA4, 0xA4, 0xB7, 0xB3, 0x67, 0x1F,
        0xCB, 0x79, 0xE6, 0x4E, 0xCC, 0xC0, 0xE5, 0x78, 0x82, 0x5A, 0xD0, 0x7D, 0xCC, 0xFF, 0x72, 0x21,
        0xB8, 0x08, 0x46, 0x74, 0xF7, 0x43, 0x24, 0x8E, 0xE0, 0x35, 0x90, 0xE6, 0x81, 0x3A, 0x26, 0x4C,
        0x3C, 0x28, 0x52, 0xBB, 0x91, 0xC3, 0x00, 0xCB, 0x88, 0xD0, 0x65, 0x8B, 0x1B, 0x53, 0x2E, 0xA3,
        0x71, 0x64, 0x48, 0x97, 0xA2, 0x0D, 0xF9, 0x4E, 0x38, 0x19, 0xEF, 0x46, 0xA9, 0xDE, 0xAC, 0xD8,
        0xA8, 0xFA, 0x76, 0x3F, 0xE3, 0x9C, 0x34, 0x3F, 0xF9, 0xDC, 0xBB, 0xC7, 0xC7, 0x0B, 0x4F, 0x1D,
        0x8A, 0x51, 0xE0, 0x4B, 0xCD, 0xB4, 0x59, 0x31, 0xC8, 0x9F, 0x7E, 0xC9, 0xD9, 0x78, 0x73, 0x64,
        0xEA, 0xC5, 0xAC, 0x83, 0x34, 0xD3, 0xEB, 0xC3, 0xC5, 0x81, 0xA0, 0xFF, 0xFA, 0x13, 0x63, 0xEB,
        0x17, 0x0D, 0xDD, 0x51, 0xB7, 0xF0, 0xDA, 0x49, 0xD3, 0x16, 0x55, 0x26, 0x29, 0xD4, 0x68, 0x9E,
        0x2B, 0x16, 0xBE, 0x58, 0x7D, 0x47, 0xA1, 0xFC, 0x8F, 0xF8, 0xB8, 0xD1, 0x7A, 0xD0, 0x31, 0xCE,
        0x45, 0xCB, 0x3A, 0x8F, 0x95, 0x16, 0x04, 0x28, 0xAF, 0xD7, 0xFB, 0xCA, 0xBB, 0x4B, 0x40, 0x7E,
    ];

    /// <summary>Hashes text of at least 241 characters, which is at least as many UTF-8 bytes.</summary>
    [SkipLocalsInit]
    public static ulong Compute(ReadOnlySpan<char> text, ulong seed)
    {
        Debug.Assert(text.Length >= MinBytes, "Shorter input has other formulas.");

        Span<byte> secret = stackalloc byte[DefaultSecret.Length];
        DeriveSecret(seed, secret);
        Span<ulong> lanes = [Prime32C, Prime64A, Prime64B, Prime64C, Prime64D, Prime32B, Prime64E, Prime32A];

        Span<byte> window = stackalloc byte[WindowBytes];
        int end = StripeBytes; // no history yet, but by MinBytes there is some before the last stripe is taken
        int stripe = 0;
        ulong length = 0;
        while (!text.IsEmpty)
        {
            // The rest of the text is always given whole, so only the window's end can split it, never a pair.
            Utf8.FromUtf16(text, window[end..], out int read, out int written);
            Debug.Assert(read > 0, "The window has room for more than one character by I1.");
            text = text[read..];
            end += written;
            length += (ulong)written;

            int position = StripeBytes;
            while (end - position > StripeBytes)
            {
                Accumulate(lanes, window.Slice(position, StripeBytes), secret[(stripe * sizeof(ulong))..]);
                position += StripeBytes;
                if (++stripe == StripesPerBlock)
                {
                    Scramble(lanes, secret[ScrambleOffset..]);
                    stripe = 0;
                }
            }

            window[(position - StripeBytes)..end].CopyTo(window); // keeps I2
            end -= position - StripeBytes;
        }

        Accumulate(lanes, window.Slice(end - StripeBytes, StripeBytes), secret[LastStripeOffset..]);
        return Merge(lanes, secret[MergeOffset..], unchecked(length * Prime64A));
    }

    private static void DeriveSecret(ulong seed, Span<byte> secret)
    {
        for (int i = 0; i < secret.Length; i += 2 * sizeof(ulong))
        {
            WriteWord(secret, i, unchecked(ReadWord(DefaultSecret, i) + seed));
            WriteWord(secret, i + sizeof(ulong), unchecked(ReadWord(DefaultSecret, i + sizeof(ulong)) - seed));
        }
    }

    private static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> stripe, ReadOnlySpan<byte> secret)
    {
        // Exact lengths, so that the constant indexes below need no bounds checks.
        lanes = lanes[..Lanes];
        stripe = stripe[..StripeBytes];
        secret = secret[..StripeBytes];
        for (int i = 0; i < Lanes; i += 2)
        {
            ulong even = ReadWord(stripe, i * sizeof(ulong));
            ulong odd = ReadWord(stripe, (i + 1) * sizeof(ulong));
            ulong evenKeyed = even ^ ReadWord(secret, i * sizeof(ulong));
            ulong oddKeyed = odd ^ ReadWord(secret, (i + 1) * sizeof(ulong));
            unchecked
            {
                lanes[i] += odd + ((uint)evenKeyed * (evenKeyed >> 32));
                lanes[i + 1] += even + ((uint)oddKeyed * (oddKeyed >> 32));
            }
        }
    }

    private static void Scramble(Span<ulong> lanes, ReadOnlySpan<byte> secret)
    {
        for (int i = 0; i < Lanes; i++)
        {
            ulong lane = lanes[i];
            lanes[i] = unchecked((lane ^ (lane >> 47) ^ ReadWord(secret, i * sizeof(ulong))) * Prime32A);
        }
    }

    private static ulong Merge(ReadOnlySpan<ulong> lanes, ReadOnlySpan<byte> secret, ulong hash)
    {
        for (int i = 0; i < Lanes; i += 2)
        {
            ulong high = Math.BigMul(
                lanes[i] ^ ReadWord(secret, i * sizeof(ulong)),
                lanes[i + 1] ^ ReadWord(secret, (i + 1) * sizeof(ulong)),
                out ulong low);
            hash = unchecked(hash + (high ^ low));
        }

        hash ^= hash >> 37;
        hash = unchecked(hash * 0x165667919E3779F9);
        return hash ^ (hash >> 32);
    }

    private static ulong ReadWord(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    private static void WriteWord(Span<byte> bytes, int offset, ulong word) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], word);
}
