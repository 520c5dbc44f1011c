namespace Primitives.Tests;

public class SketchBlockTests
{
    [Fact]
    public void Vectors_and_words_do_the_same()
    {
        var random = new Random(5);
        ulong[] byVector = new ulong[SketchBlock.Words];
        for (int round = 0; round < 20_000; round++)
        {
            // Sparse and full blocks too: counters of 0 and of 15.
            ulong filling = (round % 3) switch { 0 => 0, 1 => ulong.MaxValue, _ => (ulong)random.NextInt64() };
            for (int word = 0; word < byVector.Length; word++)
            {
                byVector[word] = ((ulong)random.NextInt64(long.MinValue, long.MaxValue) | filling) & (filling == 0 ? (ulong)random.NextInt64() : ulong.MaxValue);
            }

            ulong[] byWord = [.. byVector];
            ulong bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            Assert.Equal(SketchBlock.LeastByWord(ref byWord[0], bits), SketchBlock.Least(ref byVector[0], bits));
            SketchBlock.RaiseByWord(ref byWord[0], bits);
            SketchBlock.Raise(ref byVector[0], bits);
            Assert.Equal(byWord, byVector);
        }
    }

    [Fact]
    public void Raises_the_least_of_four_counters_of_four_rows_up_to_the_limit()
    {
        ulong[] block = new ulong[SketchBlock.Words];
        const ulong Bits = 0b0011_0_1111_1_0101_0_0000_1; // counters 0, 5, 15 and 3 of words 4, 1, 6 and 3
        for (int count = 0; count < SketchBlock.Limit; count++)
        {
            Assert.Equal(count, SketchBlock.Least(ref block[0], Bits));
            SketchBlock.Raise(ref block[0], Bits);
        }

        ulong[] full = [0, 15UL << 20, 0, 15UL << 12, 15, 0, 15UL << 60, 0];
        Assert.Equal(full, block);
        SketchBlock.Raise(ref block[0], Bits);
        Assert.Equal(full, block); // no carry into the neighbour
        block[1] = 7UL << 20;
        Assert.Equal(7, SketchBlock.Least(ref block[0], Bits));
        SketchBlock.Raise(ref block[0], Bits);
        Assert.Equal([0, 8UL << 20, 0, 15UL << 12, 15, 0, 15UL << 60, 0], block);
    }
}
