using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace Primitives.Evaluation;

/// <summary>StableHash: spread on the keys people have, and cost against the plain way to the same value.</summary>
internal static class HashingArea
{
    public static readonly Area Area = new("hashing", Accuracy, Speed);

    private const int Keys = 1 << 20;
    private const int Buckets = 1 << 12;

    private static void Accuracy(Scorecard card)
    {
        // In standard deviations of the chi-square statistic: a random function exceeds 4.26 once in 50,000 runs.
        card.AtMost("buckets of 1 Mi sequential integers, chi-square off by", Deviation(i => StableHash.Compute(i)), 4.26, "sd");
        card.AtMost("buckets of 1 Mi dense texts, chi-square off by", Deviation(i => StableHash.Compute($"user:{i:D7}")), 4.26, "sd");
        card.AtMost("buckets of 1 Mi counting GUIDs, chi-square off by", Deviation(i => StableHash.Compute(CountingGuid(i))), 4.26, "sd");
        card.AtMost("buckets of 1 Mi remixed hashes, chi-square off by", Deviation(i => StableHash.Remix(StableHash.Compute(i))), 4.26, "sd");
        card.AtMost("worst avalanche bias of an integer, 64 x 64 bits, 100,000 keys", AvalancheBias(100_000), 0.015, "", "0 is ideal; 6 sd is 0.0134");

        byte[] bytes = new byte[100];
        string text = string.Concat(Enumerable.Repeat("ключ", 100));
        string longText = string.Concat(Enumerable.Repeat("ключ", 10_000));
        card.AtMost("bytes allocated: bytes", Allocated.BytesPerOperation(n => Repeat(n, _ => StableHash.Compute(bytes))), 0, "B");
        card.AtMost("bytes allocated: text of 400 characters", Allocated.BytesPerOperation(n => Repeat(n, _ => StableHash.Compute(text))), 0, "B");
        card.AtMost("bytes allocated: text of 40,000 characters", Allocated.BytesPerOperation(n => Repeat(n, _ => StableHash.Compute(longText)), 200), 0, "B");
    }

    private static void Speed(Scorecard card)
    {
        RatioResult integer = Ratio.Of(IntegersOurs, IntegersPlain);
        card.AtMost("integer, against XxHash3 of its 8 bytes", integer.Value, 0.8, "x", integer.Note);

        string[] keys = [.. Enumerable.Range(0, 1_024).Select(i => $"user:{i:D7}:profile:1")];
        RatioResult shortText = Ratio.Of(n => TextsOurs(keys, n), n => TextsPlain(keys, n));
        card.AtMost("21-character text, against GetBytes and XxHash3", shortText.Value, 0.8, "x", shortText.Note);

        string[] longKeys = [.. Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 20_000))];
        RatioResult longText = Ratio.Of(n => TextsOurs(longKeys, n), n => TextsPlain(longKeys, n));
        card.AtMost("20,000-character text, against GetBytes and XxHash3", longText.Value, 2, "x", longText.Note);
    }

    private static double Deviation(Func<int, ulong> hash)
    {
        var counts = new long[Buckets];
        for (int i = 0; i < Keys; i++)
        {
            counts[StableHash.Range(hash(i), Buckets)]++;
        }

        double expected = (double)Keys / Buckets;
        double statistic = counts.Sum(count => (count - expected) * (count - expected) / expected);
        return Math.Abs(statistic - (Buckets - 1)) / Math.Sqrt(2.0 * (Buckets - 1));
    }

    private static double AvalancheBias(int keys)
    {
        var changes = new int[64 * 64];
        for (ulong key = 0; key < (ulong)keys; key++)
        {
            ulong hash = StableHash.Compute(key);
            for (int i = 0; i < 64; i++)
            {
                for (ulong left = hash ^ StableHash.Compute(key ^ (1UL << i)); left != 0; left &= left - 1)
                {
                    changes[(i * 64) + BitOperations.TrailingZeroCount(left)]++;
                }
            }
        }

        return changes.Max(count => Math.Abs(((double)count / keys) - 0.5));
    }

    private static Guid CountingGuid(int i)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt32BigEndian(bytes[12..], i);
        return new Guid(bytes, bigEndian: true);
    }

    private static long Repeat(int n, Func<int, ulong> hash)
    {
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += hash(i);
        }

        return (long)sum;
    }

    private static long IntegersOurs(int n)
    {
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += StableHash.Compute((ulong)i);
        }

        return (long)sum;
    }

    private static long IntegersPlain(int n)
    {
        ulong sum = 0;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < n; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)i);
            sum += XxHash3.HashToUInt64(bytes);
        }

        return (long)sum;
    }

    private static long TextsOurs(string[] keys, int n)
    {
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += StableHash.Compute(keys[i & (keys.Length - 1)]);
        }

        return (long)sum;
    }

    private static long TextsPlain(string[] keys, int n)
    {
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(keys[i & (keys.Length - 1)]));
        }

        return (long)sum;
    }
}
