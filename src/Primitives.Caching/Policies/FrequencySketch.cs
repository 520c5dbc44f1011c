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
    public const int Limit = SketchBlock.Limit;

    private const int LeastWords = 512;

    // A small cache sees the whole of a working set only over many times its size; ten times would be forgotten too soon.
    private const long LeastSample = 5_000;
    private const int SampleFactor = 10;
    private const ulong Multiplier = 0xE7037ED1A0B428DB;
    private const ulong LowBitsCleared = 0x7777_7777_7777_7777;

    private readonly ulong _seed;
    private ulong[] _words = new ulong[LeastWords];
    private long _sample = LeastSample;
    private long _entries;
    private long _additions;

    public FrequencySketch(ulong seed) => _seed = seed;

    /// <summary>Makes the sketch fit for so many entries. What it knows is kept.</summary>
    public void EnsureCapacity(long entries)
    {
        if (entries == _entries)
        {
            return;
        }

        _entries = entries;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Estimate(uint hash)
    {
        ulong bits = Bits(hash);
        return SketchBlock.Least(ref Block(bits), bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment(uint hash)
    {
        ulong bits = Bits(hash);
        SketchBlock.Raise(ref Block(bits), bits);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Bits(uint hash)
    {
        ulong bits = (hash ^ _seed) * Multiplier;
        return bits ^ (bits >> 32);
    }

    // Within the array: the length is a power of two and a multiple of the block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong Block(ulong bits) =>
        ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_words), (int)(bits >> 32) & (_words.Length - 1) & ~(SketchBlock.Words - 1));
}
