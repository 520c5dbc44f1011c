using System.Runtime.CompilerServices;

namespace Primitives;

/// <summary>Finds the share of a windowed TinyLFU that its window should have, from 1 % (frequency rules) to 99 %
/// (recency rules).</summary>
/// <remarks>
/// <para>Several shadows, each a cache of at most 128 hashes with another window, see the accesses of a sample of the keys:
/// a cache of <c>n</c> entries behaves towards all keys much like one of 128 towards <c>128 / n</c> of them, chosen by hash.
/// From time to time the window of the shadow with the most hits lately is taken over. Nothing is tried out on the cache
/// itself, and no local maximum holds the search up. As long as nothing changes the shadows rest most of the time, so that
/// their cost is small even for a small cache, whose sample is all of its keys.</para>
/// <para>Not thread-safe: guarded by the cache's lock. Source: Waldspurger, Saemundsson, Ahmad and Park, Cache Modeling and
/// Optimization using Miniature Simulations, USENIX ATC 2017.</para>
/// </remarks>
internal sealed class WindowTuner
{
    private const int ShadowCapacity = 128;
    private const int AccessesPerEntry = 4; // of a shadow, from one decision to the next
    private const double Weight = 0.25;     // of the latest period in the moving average
    private const double Margin = 0.006;    // in hit ratio: less is noise, and each change of the window costs hits

    private const double Surprise = 0.08;   // in hit ratio: more than noise, so the load has changed
    private const int LongestRest = 16;     // in periods

    private const ulong Multiplier = 0xA0761D6478BD642F;

    private static readonly double[] Shares = [0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.99];

    private readonly FrequencySketch _sketch;
    private readonly ulong _seed;
    private readonly double[] _ratios = new double[Shares.Length];
    private readonly ShadowCache[] _shadows = new ShadowCache[Shares.Length];
    private ulong _threshold; // of the scrambled hash, below which a key is in the sample
    private long _entries;
    private int _shadowCapacity;
    private long _resting; // accesses of the cache until the shadows go on
    private int _rest;     // how long they rested last, in periods
    private bool _isWarming; // what they missed while resting is no fault of theirs
    private int _seen;
    private int _current;
    private bool _hasRatios;

    public WindowTuner(FrequencySketch sketch, ulong seed)
    {
        _sketch = sketch;
        _seed = seed;
    }

    /// <summary>Gets the share the window should have.</summary>
    public double WindowShare => Shares[_current];

    /// <summary>Starts to model a cache of so many entries, unless it models about that many already.</summary>
    public void Model(long entries)
    {
        if (entries <= _entries * 2 && entries >= _entries / 2)
        {
            return;
        }

        _entries = Math.Max(1, entries);
        _shadowCapacity = (int)Math.Min(_entries, ShadowCapacity);
        double rate = (double)_shadowCapacity / _entries;
        _threshold = rate >= 1 ? ulong.MaxValue : (ulong)(rate * ulong.MaxValue);
        for (int i = 0; i < Shares.Length; i++)
        {
            _shadows[i] = new ShadowCache(_shadowCapacity, Shares[i], _sketch);
        }

        _seen = 0;
        _resting = 0;
        _rest = 0;
        _isWarming = false;
        _hasRatios = false;
    }

    /// <summary>Notes an access.</summary>
    /// <returns>Whether <see cref="WindowShare"/> has changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Record(uint hash)
    {
        if (_resting > 0)
        {
            _resting--;
            return false;
        }

        return RecordAwake(hash);
    }

    private bool RecordAwake(uint hash)
    {
        if (_entries == 0 || TextHash.Fold(hash ^ _seed, Multiplier) > _threshold)
        {
            return false;
        }

        foreach (ShadowCache shadow in _shadows)
        {
            shadow.Access(hash);
        }

        int period = AccessesPerEntry * _shadowCapacity;
        if (++_seen < period)
        {
            return false;
        }

        _seen = 0;
        if (_isWarming)
        {
            _isWarming = false;
            foreach (ShadowCache shadow in _shadows)
            {
                shadow.TakeHits();
            }

            return false;
        }

        bool hasChanged = Decide(period, out bool isSurprised);
        _rest = hasChanged || isSurprised ? 0 : Math.Clamp(_rest * 2, 1, LongestRest);
        _resting = _rest * AccessesPerEntry * _entries;
        _isWarming = _rest > 0;
        return hasChanged;
    }

    private bool Decide(int period, out bool isSurprised)
    {
        isSurprised = !_hasRatios;
        for (int i = 0; i < Shares.Length; i++)
        {
            double latest = (double)_shadows[i].TakeHits() / period;
            isSurprised |= Math.Abs(latest - _ratios[i]) > Surprise;
            _ratios[i] = _hasRatios ? _ratios[i] + (Weight * (latest - _ratios[i])) : latest;
        }

        _hasRatios = true;
        int best = 0;
        for (int i = 1; i < Shares.Length; i++)
        {
            best = _ratios[i] > _ratios[best] ? i : best;
        }

        if (best == _current || _ratios[best] <= _ratios[_current] + Margin)
        {
            return false;
        }

        _current = best;
        return true;
    }
}
