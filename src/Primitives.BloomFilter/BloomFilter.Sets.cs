using System.Runtime.CompilerServices;

namespace Primitives;

public sealed partial class BloomFilter
{
    /// <summary>Adds every key of another filter of the same shape: afterwards this one is, bit for bit, as if each key
    /// had been added to it.</summary>
    /// <remarks>O(size). Thread-safe like <c>Add</c>, for both filters; keys added to <paramref name="other"/> meanwhile
    /// may be missed. The promised rate holds up to <see cref="Capacity"/> keys in both together.</remarks>
    /// <param name="other">A filter with the same <see cref="Layout"/>, <see cref="BitCount"/> and
    /// <see cref="HashCount"/>, as filters created with equal arguments have.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="other"/> has another shape.</exception>
    public void UnionWith(BloomFilter other)
    {
        CheckShape(other);
        Span<ulong> words = _bits.Words;
        ReadOnlySpan<ulong> others = other._bits.Words;
        for (int i = 0; i < words.Length; i++)
        {
            ulong mask = Volatile.Read(in others[i]);
            if (_singleWriter)
            {
                BitTable.SetAlone(ref words[i], mask);
            }
            else
            {
                BitTable.SetShared(ref words[i], mask);
            }
        }
    }

    /// <summary>Keeps the bits that another filter of the same shape has too. Keys in both filters stay; of the others,
    /// a share remains as false positives.</summary>
    /// <remarks>O(size). The result has at least the bits of a filter of the common keys, and some more by chance. Not
    /// while other threads add: keys that come in meanwhile may be lost, or half lost.</remarks>
    /// <param name="other"><inheritdoc cref="UnionWith" path="/param[@name='other']"/></param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="other"/> has another shape.</exception>
    public void IntersectWith(BloomFilter other)
    {
        CheckShape(other);
        Span<ulong> words = _bits.Words;
        ReadOnlySpan<ulong> others = other._bits.Words;
        for (int i = 0; i < words.Length; i++)
        {
            Volatile.Write(ref words[i], words[i] & Volatile.Read(in others[i]));
        }
    }

    /// <summary>Removes every key.</summary>
    /// <remarks>O(size). Not while other threads add: keys that come in meanwhile may be lost, or half lost.</remarks>
    public void Clear() => _bits.Words.Clear();

    /// <summary>Copies the filter; keys added to either one later are not in the other.</summary>
    /// <remarks>O(size). May run while other threads add: every key whose <c>Add</c> returned before is in the copy.
    /// </remarks>
    /// <returns>A filter of the same shape, capacity and rate, for a single writer if this one is.</returns>
    public BloomFilter Clone()
    {
        var copy = new BitTable(_bits.WordCount);
        _bits.Words.CopyTo(copy.Words);
        return new BloomFilter(_shape, copy, Capacity, FalsePositiveRate, _singleWriter);
    }

    /// <summary>
    /// Gives a smaller filter with the same keys, for one that turned out too large: half the size, or a quarter, an
    /// eighth and so on.
    /// </summary>
    /// <remarks>O(size). No key is lost, and keys may be added to the result. In the split-block layout it is, bit for
    /// bit, the filter of that size with the same keys; in the classic layout too, with <see cref="HashCount"/> as it
    /// was. Its <see cref="Capacity"/> is the number of keys up to which its size keeps the promised rate; 1, if it keeps
    /// that for none, as after many halvings at a very low rate.</remarks>
    /// <param name="halvings">How often to halve; 1 to <see cref="MaxHalvings"/>.</param>
    /// <returns>The smaller filter, for a single writer if this one is.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="halvings"/> is outside its range.</exception>
    public BloomFilter Fold(int halvings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(halvings);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(halvings, MaxHalvings);
        FilterShape shape = _shape.Halved(halvings);
        var folded = new BitTable(shape.BitCount / BitTable.WordBits);
        if (_blocks != 0)
        {
            FoldBlocks(folded, halvings);
        }
        else
        {
            FoldBits(folded, halvings);
        }

        return new BloomFilter(shape, folded, shape.CapacityAt(FalsePositiveRate), FalsePositiveRate, _singleWriter);
    }

    // A block's index is floor(hash * blocks / 2^64), so with half the blocks it is half the index, rounded down.
    private void FoldBlocks(BitTable folded, int halvings)
    {
        for (ulong i = 0; i < (ulong)_bits.WordCount; i++)
        {
            ulong block = i / SplitBlock.Words >> halvings;
            folded.Word((block * SplitBlock.Words) + (i % SplitBlock.Words)) |= Volatile.Read(ref _bits.Word(i));
        }
    }

    // The same for single bits.
    private void FoldBits(BitTable folded, int halvings)
    {
        for (ulong i = 0; i < (ulong)_bits.WordCount; i++)
        {
            for (ulong left = Volatile.Read(ref _bits.Word(i)); left != 0; left &= left - 1)
            {
                ulong bit = ((i * BitTable.WordBits) + (ulong)System.Numerics.BitOperations.TrailingZeroCount(left)) >> halvings;
                folded.Word(bit / BitTable.WordBits) |= 1UL << (int)(bit % BitTable.WordBits);
            }
        }
    }

    private void CheckShape(BloomFilter other, [CallerArgumentExpression(nameof(other))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(other, name);
        if (other._shape != _shape)
        {
            throw new ArgumentException(
                $"Only filters of one shape can be combined: this one is {Describe(this)}, the other {Describe(other)}.", name);
        }

        static string Describe(BloomFilter filter) => $"{filter.Layout} with {filter.BitCount} bits and {filter.HashCount} a key";
    }
}
