using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class JumpHashTests
{
    [Fact]
    public void Buckets_are_those_of_guava() =>
        Assert.All(TableVectors.ReadBuckets("jump.csv", 211), row => Assert.Equal(row.Bucket, JumpHash.GetBucketByHash(row.Hash, row.Buckets)));

    [Fact]
    public void Half_a_million_buckets_are_those_of_guava()
    {
        // Vectors/Guava.java computes the same number with Guava 31.1.
        ulong state = 0;
        ulong digest = 0;
        for (int i = 0; i < 500_000; i++)
        {
            ulong hash = Next(ref state);
            ulong size = Next(ref state);
            int buckets = (int)(size >> 33) >> (int)(size & 31);
            digest = unchecked((digest * 31) + (ulong)JumpHash.GetBucketByHash(hash, Math.Max(1, buckets)));
        }

        Assert.Equal(0xd41a786446fa21c8, digest);
    }

    /// <summary>Where the paper's program and Guava part: the paper divides, rounds, multiplies and rounds again, and
    /// Guava's draw overflows at 2^31. Ports of the one that claim to be the other are wrong here.</summary>
    [Fact]
    public void Buckets_are_those_of_guava_where_the_papers_program_gives_others()
    {
        int different = 0;
        foreach ((ulong hash, int buckets, int bucket) in TableVectors.ReadBuckets("guava-edges.csv", 68))
        {
            Assert.Equal(bucket, JumpHash.GetBucketByHash(hash, buckets));
            different += PaperBucket(hash, buckets) == bucket ? 0 : 1;
        }

        Assert.Equal(56, different);
    }

    [Fact]
    public void Growing_by_one_moves_keys_to_the_new_bucket_only() =>
        BucketChecks.AssertGrowingMovesKeysToTheNewBucketOnly(JumpHash.GetBucketByHash);

    [Fact]
    public void Growing_by_one_moves_one_key_in_n_plus_one() =>
        BucketChecks.AssertGrowingMovesItsShare(JumpHash.GetBucketByHash, 200_000, 1, 2, 9, 64, 99, 999);

    [Fact]
    public void Buckets_are_equal_up_to_chance() =>
        BucketChecks.AssertBalanced(JumpHash.GetBucketByHash, key => StableHash.Compute(key), 200_000, 2, 3, 10, 64, 100, 1_000);

    [Fact]
    public void Any_hash_and_any_number_of_buckets_will_do() => BucketChecks.AssertTheEdges(JumpHash.GetBucketByHash);

    [Fact]
    public void Every_key_form_goes_through_the_stable_hash()
    {
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal(JumpHash.GetBucketByHash(StableHash.Compute("grüße"), 1_000), JumpHash.GetBucket("grüße", 1_000));
        Assert.Equal(JumpHash.GetBucket("grüße", 1_000), JumpHash.GetBucket(Encoding.UTF8.GetBytes("grüße"), 1_000));
        Assert.Equal(JumpHash.GetBucketByHash(StableHash.Compute(42), 1_000), JumpHash.GetBucket(42, 1_000));
        Assert.Equal(JumpHash.GetBucket(42, 1_000), JumpHash.GetBucket(42UL, 1_000));
        Assert.Equal(JumpHash.GetBucket(-1, 1_000), JumpHash.GetBucket(ulong.MaxValue, 1_000));
        Assert.Equal(JumpHash.GetBucketByHash(StableHash.Compute(guid), 1_000), JumpHash.GetBucket(guid, 1_000));
    }

    [Fact]
    public void Nothing_allocates()
    {
        string text = new('x', 300);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        int sum = 0;
        Allocation.AssertNone(() => sum += JumpHash.GetBucket(text, 100) + JumpHash.GetBucket([1, 2], 100));
        Allocation.AssertNone(() => sum += JumpHash.GetBucket(42, 100) + JumpHash.GetBucket(guid, 100));
        Assert.NotEqual(0, sum);
    }

    // The loop as Lamping and Veach print it.
    private static int PaperBucket(ulong key, int buckets)
    {
        long bucket = -1;
        long next = 0;
        while (next < buckets)
        {
            bucket = next;
            key = unchecked((key * 2862933555777941757) + 1);
            next = (long)((bucket + 1) * ((1L << 31) / (double)((key >> 33) + 1)));
        }

        return (int)bucket;
    }

    private static ulong Next(ref ulong state)
    {
        ulong next = StableHash.Remix(state);
        state = unchecked(state + 0x9E3779B97F4A7C15);
        return next;
    }
}
