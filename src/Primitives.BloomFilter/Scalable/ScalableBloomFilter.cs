using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>
/// A Bloom filter for an unknown number of keys: it grows as they come, and the false-positive rate stays below the
/// promised one however many they become.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> No false negatives, as of <see cref="BloomFilter"/>. <c>Contains</c> of a key that was never
/// added is true with a probability of at most <see cref="FalsePositiveRate"/>, at any number of keys: layer i, from 0,
/// is a filter for <c>InitialCapacity * 2^i</c> keys with <c>FalsePositiveRate / ((i + 1)(i + 2))</c>, and the rates of
/// the first L layers add up to <c>FalsePositiveRate * L / (L + 1)</c>.</para>
/// <para><b>Cost.</b> <c>Contains</c> asks the layers from the newest to the oldest, so a miss costs as many lookups as
/// there are layers: one more for each doubling. <c>Add</c> asks first, and a new key also takes one atomic increment.
/// Both allocate nothing but for the growth itself. Memory at a rate of 1 %, when the newest layer is full, is 1.16
/// times that of a <see cref="BloomFilter"/> of exactly the right capacity after no growth, 1.4 times after two
/// doublings, 1.8 times after nine; just after a doubling it is up to twice that, because the new layer is empty. If
/// the number of keys is known, within a factor of two say, a <see cref="BloomFilter"/> is smaller and faster.</para>
/// <para><b>Keys.</b> As of <see cref="BloomFilter"/>.</para>
/// <para><b>Thread safety.</b> Thread-safe. Lookups never wait, adds only while a layer is being allocated. <c>Add</c>'s
/// result is a best effort when several threads add one key at the same moment.</para>
/// <para><b>Source.</b> P. Almeida, C. Baquero, N. Preguiça and D. Hutchison, Scalable Bloom Filters, 2007; with rates
/// that fall by a telescoping series instead of a geometric one, which is cheaper at few layers and at many.</para>
/// </remarks>
/// <example>
/// <code>
/// ScalableBloomFilter seen = ScalableBloomFilter.Create(initialCapacity: 10_000, falsePositiveRate: 0.01);
/// bool isNew = seen.Add(visitor);
/// </code>
/// </example>
[DebuggerDisplay("{Count} keys in {LayerCount} layers at {FalsePositiveRate}")]
public sealed partial class ScalableBloomFilter
{
    // Oldest first; never empty. The array is replaced, not changed, so a reader always has a consistent one.
    //   I1  A layer takes keys only while it is the last one, but for calls that reserved a place before it filled up.
    //   I2  A layer never holds more keys than its capacity.
    private FilterLayer[] _layers;

    private readonly Lock _growth = new();

    // Doubling ends here: enough for layers of 16 GiB at any rate that 64-bit hashes can keep.
    private const long MaxLayerCapacity = 1L << 31;

    private ScalableBloomFilter(long initialCapacity, double falsePositiveRate, FilterLayer[] layers)
    {
        InitialCapacity = initialCapacity;
        FalsePositiveRate = falsePositiveRate;
        _layers = layers;
    }

    /// <summary>Gets the number of keys that fit before the first growth.</summary>
    public long InitialCapacity { get; }

    /// <summary>Gets the promised rate, of all layers together.</summary>
    public double FalsePositiveRate { get; }

    /// <summary>Gets the number of filters that a lookup may have to ask.</summary>
    public int LayerCount => Volatile.Read(ref _layers).Length;

    /// <summary>Gets the number of keys that were new when they were added.</summary>
    public long Count => Volatile.Read(ref _layers).Sum(layer => layer.Used);

    /// <summary>Gets the size of all layers in bytes.</summary>
    public long ByteCount => Volatile.Read(ref _layers).Sum(layer => layer.Filter.ByteCount);

    /// <summary>Gets the rate now: the probability that a key that was not added is reported present, as
    /// <see cref="BloomFilter.ExpectedFalsePositiveRate"/> of each layer gives it.</summary>
    public double ExpectedFalsePositiveRate =>
        1 - Volatile.Read(ref _layers).Aggregate(1.0, (passes, layer) => passes * (1 - layer.Filter.ExpectedFalsePositiveRate));

    /// <summary>Creates an empty filter.</summary>
    /// <param name="initialCapacity">The number of keys of the first layer, 1 to 2^31. A guess: lower costs a few more
    /// layers later, higher costs memory now.</param>
    /// <param name="falsePositiveRate">The promised rate, between 0 and 1, both exclusive.</param>
    /// <returns>A filter with one layer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range, or the first layer would be
    /// larger than a <see cref="BloomFilter"/> can be.</exception>
    public static ScalableBloomFilter Create(long initialCapacity, double falsePositiveRate = 0.01)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(initialCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(initialCapacity, MaxLayerCapacity);
        if (!(falsePositiveRate is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(falsePositiveRate), falsePositiveRate, "A false-positive rate is between 0 and 1, both exclusive.");
        }

        return new ScalableBloomFilter(initialCapacity, falsePositiveRate, [CreateLayer(initialCapacity, falsePositiveRate, 0)]);
    }

    /// <summary>Adds a key given as bytes.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="true"/> if the key was certainly not in the filter before; <see langword="false"/> if it
    /// was, or if it was a false positive.</returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise: with this many keys, 64-bit
    /// hashes alone collide too often for it. Nothing was added.</exception>
    public bool Add(ReadOnlySpan<byte> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as text, as its UTF-8 bytes.</summary>
    /// <param name="key">The key; any length, empty included. Not normalised.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise.</exception>
    public bool Add(ReadOnlySpan<char> key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an integer; smaller integer types convert to it and are the same key.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise.</exception>
    public bool Add(long key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as an unsigned integer.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise.</exception>
    public bool Add(ulong key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as a GUID.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise.</exception>
    public bool Add(Guid key) => AddHash(StableHash.Compute(key));

    /// <summary>Adds a key given as its hash.</summary>
    /// <param name="hash">A hash as for <see cref="BloomFilter.AddHash"/>.</param>
    /// <returns><inheritdoc cref="Add(ReadOnlySpan{byte})" path="/returns"/></returns>
    /// <exception cref="InvalidOperationException">The next layer cannot keep the promise.</exception>
    public bool AddHash(ulong hash)
    {
        FilterLayer[] layers = Volatile.Read(ref _layers);
        while (!Contains(layers, hash))
        {
            FilterLayer newest = layers[^1];
            if (newest.TryReserve())
            {
                bool isNew = newest.Filter.AddHash(hash);
                if (!isNew)
                {
                    newest.Release();
                }

                return isNew;
            }

            layers = Grow(layers);
        }

        return false;
    }

    /// <summary>Tells whether a key, given as bytes, may have been added.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><see langword="false"/> if the key was certainly not added; <see langword="true"/> if it was, or by
    /// chance.</returns>
    public bool Contains(ReadOnlySpan<byte> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as text, may have been added.</summary>
    /// <param name="key">The key; any length, empty included.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ReadOnlySpan<char> key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an integer, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(long key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as an unsigned integer, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(ulong key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as a GUID, may have been added.</summary>
    /// <param name="key">Any value.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool Contains(Guid key) => ContainsHash(StableHash.Compute(key));

    /// <summary>Tells whether a key, given as its hash, may have been added.</summary>
    /// <param name="hash">The hash that was, or would have been, given to <see cref="AddHash"/>.</param>
    /// <returns><inheritdoc cref="Contains(ReadOnlySpan{byte})" path="/returns"/></returns>
    public bool ContainsHash(ulong hash) => Contains(Volatile.Read(ref _layers), hash);

    /// <summary>Removes every key and all layers but one.</summary>
    /// <remarks>Keys that other threads add meanwhile may be lost.</remarks>
    public void Clear()
    {
        lock (_growth)
        {
            Volatile.Write(ref _layers, [CreateLayer(InitialCapacity, FalsePositiveRate, 0)]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Contains(FilterLayer[] layers, ulong hash)
    {
        // Newest first: it holds half of the keys or more.
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            if (layers[i].Filter.ContainsHash(hash))
            {
                return true;
            }
        }

        return false;
    }

    // Appends a layer, unless another thread has done so since the caller looked.
    private FilterLayer[] Grow(FilterLayer[] seen)
    {
        lock (_growth)
        {
            if (_layers == seen)
            {
                // Publishes a complete layer. A caller that still reads the array of before adds no key to the old
                // layers, which are full, and misses none that an Add has returned for.
                Volatile.Write(ref _layers, [.. seen, NextLayerLocked(seen)]);
            }

            return _layers;
        }
    }

    private FilterLayer NextLayerLocked(FilterLayer[] seen)
    {
        try
        {
            return CreateLayer(NextCapacity(seen[^1]), FalsePositiveRate, seen.Length);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new InvalidOperationException(
                $"A filter with {seen.Length} full layers cannot grow and keep a rate of {FalsePositiveRate}.", exception);
        }
    }

    private static FilterLayer CreateLayer(long capacity, double falsePositiveRate, int index) =>
        new(BloomFilter.Create(capacity, LayerRate(falsePositiveRate, index)), used: 0);

    private static long NextCapacity(FilterLayer layer) => Math.Min(layer.Filter.Capacity * 2, MaxLayerCapacity);

    private static double LayerRate(double falsePositiveRate, int index) => falsePositiveRate / ((index + 1.0) * (index + 2.0));
}
