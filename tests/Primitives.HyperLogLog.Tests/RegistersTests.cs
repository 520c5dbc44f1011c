using System.Numerics;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>The arithmetic of registers against the obvious model: the set of ranks that came to each.</summary>
public class RegistersTests
{
    [Fact]
    public void HyperLogLog_keeps_the_highest_rank() =>
        Check<HyperLogLogRegisters>((ranks, _) => (byte)(ranks == 0 ? 0 : BitOperations.Log2(ranks)), rankBelow: 0);

    [Fact]
    public void UltraLogLog_keeps_the_highest_rank_and_the_two_below() =>
        Check<UltraLogLogRegisters>(
            (ranks, precision) =>
            {
                if (ranks == 0)
                {
                    return 0;
                }

                int highest = BitOperations.Log2(ranks);
                int below = (int)(ranks << 2 >> highest) & 3; // bits highest - 1 and highest - 2
                return (byte)(((highest + precision - 2) << 2) | below);
            },
            rankBelow: 2);

    [Fact]
    public void Vectors_merge_like_single_registers()
    {
        // All pairs of possible registers.
        Merge<HyperLogLogRegisters>();
        Merge<UltraLogLogRegisters>();

        static void Merge<T>()
            where T : struct, IRegisters
        {
            byte[] possible = [.. Enumerable.Range(0, 256).Select(value => (byte)value).Where(value => T.IsPossible(value, 4))];
            var left = new byte[128];
            var right = new byte[128];
            foreach (byte first in possible)
            {
                foreach (byte[] seconds in possible.Chunk(128))
                {
                    left.AsSpan().Fill(first);
                    seconds.CopyTo(right, 0);
                    byte[] merged = [.. left];
                    T.Merge(right, merged);
                    for (int i = 0; i < right.Length; i++)
                    {
                        byte[] single = new byte[16];
                        single[0] = first;
                        byte[] other = new byte[16];
                        other[0] = right[i];
                        T.Merge(other, single);
                        Assert.Equal(single[0], merged[i]);
                    }
                }
            }
        }
    }

    [Fact]
    public void Six_bits_pack_without_gaps_and_come_back() =>
        PropertyTest.Check<byte[]>(random =>
        {
            byte[] registers = new byte[64];
            random.AsSpan(0, Math.Min(64, random.Length)).CopyTo(registers);
            foreach (ref byte register in registers.AsSpan())
            {
                register &= 63;
            }

            byte[] packed = new byte[SixBits.PackedLength(64)];
            SixBits.Pack(registers, packed);
            for (int i = 0; i < registers.Length; i++)
            {
                for (int bit = 0; bit < 6; bit++)
                {
                    int at = (6 * i) + bit;
                    Assert.Equal((registers[i] >> bit) & 1, (packed[at / 8] >> (at % 8)) & 1);
                }
            }

            byte[] unpacked = new byte[64];
            SixBits.Unpack(packed, unpacked);
            Assert.Equal(registers, unpacked);
        });

    [Fact]
    public void A_token_keeps_what_every_precision_needs() =>
        PropertyTest.Check<ulong, byte>(
            (random, shift) =>
            {
                ulong hash = random >> (shift % 64) << (shift / 64 * 13 % 64);
                uint token = Token.Of(hash);
                Assert.True(Token.IsValid(token));
                Assert.Equal(token, Token.Of(Token.Hash(token)));
                for (int precision = 4; precision <= 18; precision++)
                {
                    ulong rebuilt = Token.Hash(token);
                    Assert.Equal(hash >> (64 - precision), rebuilt >> (64 - precision));
                    Assert.Equal(Token.ZerosAfter(hash, precision), Token.ZerosAfter(rebuilt, precision));
                }
            },
            count: 2_000);

    // rankBelow: how many ranks below the highest matter to a register.
    private static void Check<T>(Func<ulong, int, byte> model, int rankBelow)
        where T : struct, IRegisters
    {
        var random = new Random(5);
        for (int round = 0; round < 20_000; round++)
        {
            int precision = random.Next(4, 19);
            int maxRank = 65 - precision;
            ulong ranks = 0; // bit r for rank r
            byte register = 0;
            int hashes = random.Next(0, 12);
            for (int i = 0; i < hashes; i++)
            {
                int rank = random.Next(2) == 0 ? random.Next(1, maxRank + 1) : Math.Min(maxRank, 1 + BitOperations.TrailingZeroCount(random.Next() | (1 << 20)));
                byte raised = T.With(register, rank - 1, precision);
                Assert.Equal(raised == register, T.Covers(register, rank - 1, precision));
                Assert.True(raised >= register);
                ranks |= 1UL << rank;
                register = raised;
                Assert.Equal(model(ranks, precision), register);
                Assert.True(T.IsPossible(register, precision));
            }

            // The probability of a change: all ranks that would make one.
            double expected = 0;
            for (int rank = 1; rank <= maxRank; rank++)
            {
                expected += T.Covers(register, rank - 1, precision) ? 0 : Math.ScaleB(1, -Math.Min(rank, maxRank - 1));
            }

            Assert.Equal(expected, T.ChangeProbability(register, precision), 1e-12);
        }

        // Exactly the registers that hashes lead to are possible.
        for (int precision = 4; precision <= 18; precision++)
        {
            int maxRank = 65 - precision;
            var reached = new HashSet<byte> { 0 };
            for (int highest = 1; highest <= maxRank; highest++)
            {
                for (int below = 0; below < 1 << rankBelow; below++)
                {
                    ulong ranks = (1UL << highest) | ((ulong)below << highest >> rankBelow);
                    reached.Add(model(ranks & ~1UL, precision));
                }
            }

            for (int value = 0; value < 256; value++)
            {
                Assert.Equal(reached.Contains((byte)value), T.IsPossible((byte)value, precision));
            }
        }
    }
}
