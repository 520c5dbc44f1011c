using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class JumpBackHashTests
{
    [Fact]
    public void Buckets_are_those_of_hash4j() =>
        Assert.All(TableVectors.ReadBuckets("jumpback.csv", 135), row => Assert.Equal(row.Bucket, JumpBackHash.GetBucketByHash(row.Hash, row.Buckets)));

    [Fact]
    public void Growing_by_one_moves_keys_to_the_new_bucket_only() =>
        BucketChecks.AssertGrowingMovesKeysToTheNewBucketOnly(JumpBackHash.GetBucketByHash);

    [Fact]
    public void Growing_by_one_moves_one_key_in_n_plus_one() =>
        BucketChecks.AssertGrowingMovesItsShare(JumpBackHash.GetBucketByHash, 200_000, 1, 2, 9, 63, 64, 65, 99, 999);

    [Fact]
    public void Buckets_are_equal_up_to_chance() =>
        BucketChecks.AssertBalanced(
            JumpBackHash.GetBucketByHash, key => StableHash.Compute(key), 200_000, 2, 3, 5, 7, 8, 9, 10, 64, 65, 100, 127, 1_000, 1_025);

    /// <summary>The counter is mixed before use, so hashes need not be random.</summary>
    [Fact]
    public void Buckets_of_a_plain_counter_are_equal_too() =>
        BucketChecks.AssertBalanced(JumpBackHash.GetBucketByHash, counter => counter, 200_000, 2, 3, 10, 64, 100, 1_000);

    /// <summary>Both halves of one random word serve the first two ranges of buckets; neither may show in the other.</summary>
    [Fact]
    public void Buckets_of_few_and_of_many_are_independent_within_the_buckets_they_share()
    {
        // With probability 1/2 a key of 128 buckets is in the upper 64; where it then is among 64 must be uniform, for
        // each of the buckets it has among 128.
        var counts = new long[64 * 64];
        for (int key = 0; key < 2_000_000; key++)
        {
            ulong hash = StableHash.Compute(key);
            int ofMany = JumpBackHash.GetBucketByHash(hash, 128);
            if (ofMany >= 64)
            {
                counts[((ofMany - 64) * 64) + JumpBackHash.GetBucketByHash(hash, 64)]++;
            }
        }

        Assert.InRange(
            ChiSquare.Statistic(counts), ChiSquare.Quantile(counts.Length - 1, -4.26), ChiSquare.Quantile(counts.Length - 1, 4.26));
    }

    [Fact]
    public void Any_hash_and_any_number_of_buckets_will_do() => BucketChecks.AssertTheEdges(JumpBackHash.GetBucketByHash);

    [Fact]
    public void Every_key_form_goes_through_the_stable_hash()
    {
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal(JumpBackHash.GetBucketByHash(StableHash.Compute("grüße"), 1_000), JumpBackHash.GetBucket("grüße", 1_000));
        Assert.Equal(JumpBackHash.GetBucket("grüße", 1_000), JumpBackHash.GetBucket(Encoding.UTF8.GetBytes("grüße"), 1_000));
        Assert.Equal(JumpBackHash.GetBucketByHash(StableHash.Compute(42), 1_000), JumpBackHash.GetBucket(42, 1_000));
        Assert.Equal(JumpBackHash.GetBucket(42, 1_000), JumpBackHash.GetBucket(42UL, 1_000));
        Assert.Equal(JumpBackHash.GetBucket(-1, 1_000), JumpBackHash.GetBucket(ulong.MaxValue, 1_000));
        Assert.Equal(JumpBackHash.GetBucketByHash(StableHash.Compute(guid), 1_000), JumpBackHash.GetBucket(guid, 1_000));
    }

    [Fact]
    public void Nothing_allocates()
    {
        string text = new('x', 300);
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        int sum = 0;
        Allocation.AssertNone(() => sum += JumpBackHash.GetBucket(text, 100) + JumpBackHash.GetBucket([1, 2], 100));
        Allocation.AssertNone(() => sum += JumpBackHash.GetBucket(42, 100) + JumpBackHash.GetBucket(guid, 100));
        Assert.NotEqual(0, sum);
    }
}
