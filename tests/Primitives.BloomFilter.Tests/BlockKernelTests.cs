namespace Primitives.Tests;

/// <summary>The paths for different processors, each called directly: the same answers and the same bits.</summary>
public class BlockKernelTests
{
    [Fact]
    public void The_vector_path_gives_the_documented_bits() => AssertDocumented<Vector256Kernel>();

    [Fact]
    public void The_arm_shaped_path_gives_the_documented_bits() => AssertDocumented<Vector128Kernel>();

    [Fact]
    public void The_scalar_path_gives_the_documented_bits() => AssertDocumented<ScalarKernel>();

    [Fact]
    public void Filters_have_the_bits_of_the_scalar_path()
    {
        BloomFilter shared = BloomFilter.Create(5_000);
        BloomFilter alone = BloomFilter.Create(5_000, singleWriter: true);
        ulong[] words = Pinned(new ulong[shared.BitCount / 64]);
        for (int i = 0; i < 5_000; i++)
        {
            ulong hash = StableHash.Compute(i);
            bool isNew = ScalarKernel.Add(Address(words), (ulong)words.Length / 4, hash);
            Assert.Equal(isNew, shared.AddHash(hash));
            Assert.Equal(isNew, alone.AddHash(hash));
        }

        Assert.Equal(words.SelectMany(BitConverter.GetBytes), shared.ToBytes()[48..^8]);
        Assert.Equal(shared.ToBytes(), alone.ToBytes());
    }

    private static void AssertDocumented<TKernel>()
        where TKernel : IBlockKernel
    {
        // A processor without the instructions has no such path to test; on those that the tests run on, all exist.
        Assert.True(TKernel.IsSupported || !System.Runtime.Intrinsics.X86.Avx2.IsSupported);
        if (!TKernel.IsSupported)
        {
            return;
        }

        var random = new Random(1);
        ulong[] shared = Pinned(new ulong[4]);
        for (int round = 0; round < 20_000; round++)
        {
            if (round % 50 == 0)
            {
                Array.Clear(shared);
            }

            uint key = round switch { 0 => 0, 1 => uint.MaxValue, 2 => 1, 3 => 0x8000_0000, _ => (uint)random.NextInt64() };
            ulong[] expected = [.. shared];
            foreach (long bit in BloomModel.SplitBlockBits(0, key))
            {
                expected[bit / 64] |= 1UL << (int)(bit % 64);
            }

            bool isNew = !expected.SequenceEqual(shared);
            ulong[] alone = Pinned(shared);
            Assert.Equal(!isNew, TKernel.Contains(Address(shared), 1, key));
            Assert.Equal(isNew, TKernel.Add(Address(shared), 1, key));
            Assert.Equal(isNew, TKernel.AddAlone(Address(alone), 1, key));
            Assert.Equal(expected, shared);
            Assert.Equal(expected, alone);
            Assert.True(TKernel.Contains(Address(shared), 1, key));

            // One bit less, and it is no longer contained.
            foreach (long bit in BloomModel.SplitBlockBits(0, key))
            {
                ulong[] lacking = Pinned(shared);
                lacking[bit / 64] &= ~(1UL << (int)(bit % 64));
                Assert.False(TKernel.Contains(Address(lacking), 1, key));
            }
        }
    }

    private static ulong[] Pinned(ulong[] words)
    {
        ulong[] pinned = GC.AllocateArray<ulong>(words.Length, pinned: true);
        words.CopyTo(pinned, 0);
        return pinned;
    }

    private static unsafe nint Address(ulong[] pinned) => (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref pinned[0]);
}
