using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>Estimates how often each key was used lately: a count-min sketch of 4-bit counters, halved from time to
/// time.</summary>
/// <remarks>
/// <para>The four counters of a key lie in one block of 64 bytes, a cache line. Only those that hold the smallest count are
/// raised (conservative update), so an estimate is never below the true count since the last halving, and seldom
/// above.</para>
/// <para>Not thread-safe: guarded by the cache's lock. Source: Einziger, Friedman and Manes, TinyLFU: A Highly Efficient
/// Cache Admission Policy, ACM Transactions on Storage 13(4), 2017; Estan and Varghese, New Directions in Traffic
/// Measurement and Accounting, 2002 (conservative update).</para>
/// </remarks>
internal sealed class FrequencySketch
{
    /// <summary>The largest count.</summary>
    public const int Limit = 15;

    private const int WordsPerBlock = 8;
    private const int LeastWords = 512;

    // A small cache sees the whole of a working set only over many times its size; ten times would be forgotten too soon.
    private const long LeastSample = 5_000;
    private const int SampleFactor = 10;
    private const ulong LowBitsCleared = 0x7777_7777_7777_7777;

    private readonly ulong _seed;
    private ulong[] _words = new ulong[LeastWords];
    private long _sample = LeastSample;
    private long _additions;

    public FrequencySketch(ulong seed) => _seed = seed;

    /// <summary>Makes the sketch fit for so many entries. What it knows is kept.</summary>
    public void EnsureCapacity(long entries)
    {
        _sample = Math.Max(LeastSample, entries * SampleFactor);
        while (_words.Length < entries && _words.Length < (1 << 27))
        {
            // The block of a key is chosen by low bits of its hash: in a table of twice the size it is block b or b + n, and
            // both start as copies of b, so no estimate becomes too low.
            ulong[] words = new ulong[_words.Length * 2];
            _words.CopyTo(words, 0);
            _words.CopyTo(words, _words.Length);
            _words = words;
        }
    }

    public int Estimate(uint hash)
    {
        ulong[] words = _words;
        ulong bits = Locate(hash, words.Length, out int block);
        int least = Limit;
        for (int row = 0; row < 4; row++)
        {
            least = Math.Min(least, (int)(words[Word(block, row, bits)] >> Shift(bits)) & Limit);
            bits >>= 5;
        }

        return least;
    }

    public void Increment(uint hash)
    {
        ulong[] words = _words;
        ulong first = Locate(hash, words.Length, out int block);
        int least = Limit;
        ulong bits = first;
        for (int row = 0; row < 4; row++)
        {
            least = Math.Min(least, (int)(words[Word(block, row, bits)] >> Shift(bits)) & Limit);
            bits >>= 5;
        }

        if (least < Limit)
        {
            bits = first;
            for (int row = 0; row < 4; row++)
            {
                ref ulong word = ref words[Word(block, row, bits)];
                int shift = Shift(bits);
                if (((int)(word >> shift) & Limit) == least)
                {
                    word += 1UL << shift;
                }

                bits >>= 5;
            }
        }

        if (++_additions >= _sample)
        {
            Halve();
        }
    }

    public void Clear()
    {
        Array.Clear(_words);
        _additions = 0;
    }

    private void Halve()
    {
        Debug.Assert(BitOperations.IsPow2(_words.Length), "Blocks are chosen by a mask.");
        foreach (ref ulong word in _words.AsSpan())
        {
            word = (word >> 1) & LowBitsCleared;
        }

        _additions /= 2;
    }

    private ulong Locate(uint hash, int length, out int block)
    {
        ulong bits = SplitMix.Scramble(hash ^ _seed);
        block = (int)(bits >> 32) & (length - 1) & ~(WordsPerBlock - 1);
        return bits;
    }

    // Five bits a row: one chooses between the two words of the row, four the counter in the word.
    private static int Word(int block, int row, ulong bits) => block + (row * 2) + (int)(bits & 1);

    private static int Shift(ulong bits) => (int)(bits << 1) & 0b111100;
}
