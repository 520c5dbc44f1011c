using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    private const ulong Multiplier = 0xE7037ED1A0B428DB;
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
        ulong bits = Bits(hash);
        ref ulong block = ref Block(bits);
        return (int)Math.Min(
            Math.Min(Counter(ref block, 0, bits), Counter(ref block, 1, bits)),
            Math.Min(Counter(ref block, 2, bits), Counter(ref block, 3, bits)));
    }

    public void Increment(uint hash)
    {
        ulong bits = Bits(hash);
        ref ulong block = ref Block(bits);
        uint first = Counter(ref block, 0, bits);
        uint second = Counter(ref block, 1, bits);
        uint third = Counter(ref block, 2, bits);
        uint fourth = Counter(ref block, 3, bits);
        uint least = Math.Min(Math.Min(first, second), Math.Min(third, fourth));
        if (least < Limit)
        {
            Word(ref block, 0, bits) += (first == least ? 1UL : 0) << Shift(0, bits);
            Word(ref block, 1, bits) += (second == least ? 1UL : 0) << Shift(1, bits);
            Word(ref block, 2, bits) += (third == least ? 1UL : 0) << Shift(2, bits);
            Word(ref block, 3, bits) += (fourth == least ? 1UL : 0) << Shift(3, bits);
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

    // One multiplication is enough: the hashes are scattered already, by the cache's own seed.
    private ulong Bits(uint hash) => TextHash.Fold(hash ^ _seed, Multiplier);

    // Five bits a row: one chooses between the two words of the row, four the counter in the word.
    private static ref ulong Word(ref ulong block, int row, ulong bits) =>
        ref Unsafe.Add(ref block, (row * 2) + (int)((bits >> (5 * row)) & 1));

    private static int Shift(int row, ulong bits) => (int)(bits >> (5 * row) << 1) & 0b111100;

    private static uint Counter(ref ulong block, int row, ulong bits) =>
        (uint)(Word(ref block, row, bits) >> Shift(row, bits)) & Limit;

    // Within the array: the length is a power of two and a multiple of the block.
    private ref ulong Block(ulong bits) =>
        ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_words), (int)(bits >> 32) & (_words.Length - 1) & ~(WordsPerBlock - 1));
}
