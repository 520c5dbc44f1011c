// Prints guava-edges.csv, or with "digest" the number that JumpHashTests expects over many buckets:
//     java -cp guava-31.1-jre.jar Guava.java [digest]

import com.google.common.hash.Hashing;

class Guava
{
    static final long MULTIPLIER = 2862933555777941757L;

    public static void main(String[] arguments)
    {
        if (arguments.length > 0)
        {
            System.out.printf("%016x%n", digest(500_000));
            return;
        }

        System.out.println("hash64_hex,buckets,bucket");

        // The first draw is the largest there is, 2^31.
        for (long low : new long[] { 0, 1, 0x123456789L, (1L << 33) - 1 })
        {
            print(before((0x7FFFFFFFL << 33) | low), new int[] { 1, 2, 3, 10, 1_000, 65_537, Integer.MAX_VALUE });
        }

        // A quotient that is a whole number, which the paper's order of operations misses by one ulp: the second draw,
        // 49 * 2^25, leads from bucket 48 to 64.
        int found = 0;
        for (long low = 0; found < 8; low++)
        {
            long second = ((49L << 25) - 1) << 33 | low;
            long first = before(second);
            if ((1L << 31) / ((first >>> 33) + 1) == 48)
            {
                print(before(first), new int[] { 49, 64, 65, 66, 1_000 });
                found++;
            }
        }
    }

    static long digest(int count)
    {
        long state = 0;
        long digest = 0;
        for (int i = 0; i < count; i++)
        {
            long hash = mix(state += 0x9E3779B97F4A7C15L);
            long size = mix(state += 0x9E3779B97F4A7C15L);
            int buckets = (int)((size >>> 33) >>> (int)(size & 31));
            digest = digest * 31 + Hashing.consistentHash(hash, Math.max(1, buckets));
        }

        return digest;
    }

    static long mix(long z)
    {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    static long before(long state)
    {
        long inverse = MULTIPLIER;
        for (int i = 0; i < 5; i++)
        {
            inverse *= 2 - MULTIPLIER * inverse;
        }

        return (state - 1) * inverse;
    }

    static void print(long hash, int[] sizes)
    {
        for (int buckets : sizes)
        {
            System.out.printf("%016x,%d,%d%n", hash, buckets, Hashing.consistentHash(hash, buckets));
        }
    }
}
