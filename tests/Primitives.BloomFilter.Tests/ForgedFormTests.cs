using System.Buffers.Binary;
using System.IO.Hashing;

namespace Primitives.Tests;

/// <summary>Random changes under a right length and checksum: refused with a reason, or a filter that works.</summary>
public class ForgedFormTests
{
    private const int Rounds = 3_000;
    private const int Keys = 30;

    public static TheoryData<byte[]> Forms =>
    [
        BloomFilter.Create(50).ToBytes(),
        BloomFilter.Create(50, 0.0001).ToBytes(),
        ScalableBloomFilter.Create(5).ToBytes(),
        CountingBloomFilter.Create(3).ToBytes(),
        BinaryFuseFilter.Create(["a", "b", "c"]).ToBytes(),
        BinaryFuseFilter.Create(["a", "b", "c"], 16).ToBytes(),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_forged_form_is_refused_or_works_and_takes_no_memory_to_speak_of(byte[] form)
    {
        var random = new Random(5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] forged = Forge(form, random);
            try
            {
                Use(forged);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{Convert.ToHexString(forged)}: {exception}");
            }
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds, 0, 200_000);
    }

    private static byte[] Forge(byte[] form, Random random)
    {
        byte[] forged = random.Next(4) == 0 ? form[..random.Next(24, form.Length)] : [.. form];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(forged.Length - 8, 80) : forged.Length - 8);
            forged[at] = random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)random.Next(256) };
        }

        BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(8), forged.Length - 24);
        BinaryPrimitives.WriteUInt64LittleEndian(forged.AsSpan(forged.Length - 8), XxHash3.HashToUInt64(forged.AsSpan(0, forged.Length - 8)));
        return forged;
    }

    private static void Use(byte[] forged)
    {
        if (BloomFilter.TryFromBytes(forged, out BloomFilter? filter, out _))
        {
            AssertKept(key => filter.Add(key), filter.Contains);
            Assert.InRange(filter.EstimateCount(), 0, double.MaxValue);
            Assert.InRange(filter.ExpectedFalsePositiveRate, 0, 1);
            Assert.InRange(filter.ExpectedFalsePositiveRateAt(long.MaxValue), 0, 1);
            if (filter.MaxHalvings > 0)
            {
                AssertKept(_ => { }, filter.Fold(filter.MaxHalvings).Contains);
            }
        }

        if (ScalableBloomFilter.TryFromBytes(forged, out ScalableBloomFilter? scalable, out _))
        {
            AssertKept(key => scalable.Add(key), scalable.Contains);
            Assert.Equal(scalable.PersistedLength, scalable.ToBytes().Length);
        }

        if (CountingBloomFilter.TryFromBytes(forged, out CountingBloomFilter? counting, out _))
        {
            AssertKept(key => counting.Add(key), counting.Contains);
            AssertKept(_ => { }, counting.ToBloomFilter().Contains);
            Assert.True(counting.Remove(1L));
        }

        if (BinaryFuseFilter.TryFromBytes(forged, out BinaryFuseFilter? fuse, out _))
        {
            Assert.Equal(forged, fuse.ToBytes());
            for (int key = 0; key < Keys; key++)
            {
                fuse.Contains(key);
            }
        }
    }

    private static void AssertKept(Action<long> add, Func<long, bool> contains)
    {
        for (int key = 0; key < Keys; key++)
        {
            add(key);
        }

        for (int key = 0; key < Keys; key++)
        {
            Assert.True(contains(key));
        }
    }
}
