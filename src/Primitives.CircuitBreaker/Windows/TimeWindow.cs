namespace Primitives;

/// <summary>A window of time in slices: it covers the slice that is being filled and the whole ones before it.</summary>
internal sealed class TimeWindow : CircuitWindow
{
    // A ring of words for each of calls, failures and slow calls. A word is the number of its slice, 32 bits, above a
    // count; who finds an older slice in it replaces it and counts by the same swap, so that no count is lost between
    // the two, and nothing needs clearing after a pause. Counts stop at 2^32 - 1.
    //
    // Failures are recorded after the call they belong to and summed before it, so there are never more than calls.
    private const int Padding = 16; // words; 128 bytes on either side

    // A word whose slice is ahead by up to this is newer, by any more it is from before the numbers wrapped around. At the
    // finest, slices of 1 ms: a stall of a minute, and the same minute lost after each 49 days without a call.
    private const uint LongestStall = 1 << 16;

    private readonly long[] _words;
    private readonly long _origin;
    private readonly long _ticksPerSlice;
    private readonly int _slices;
    private long _dropped; // calls in slices replaced since, and those that came too late for theirs

    public TimeWindow(long now, long ticksPerSlice, int slices)
    {
        _origin = now;
        _ticksPerSlice = ticksPerSlice;
        _slices = slices;
        _words = new long[(2 * Padding) + (3 * slices)];
    }

    public override bool UsesClock => true;

    public override long Recorded
    {
        get
        {
            long sum = Volatile.Read(ref _dropped);
            for (int i = 0; i < _slices; i++)
            {
                sum += (uint)Volatile.Read(ref _words[Padding + i]);
            }

            return sum;
        }
    }

    public override void RecordSuccess(long now)
    {
        uint slice = SliceOf(now);
        AddCall(slice, (int)(slice % (uint)_slices));
    }

    public override WindowCounts RecordBad(long now, bool failed, bool slow)
    {
        uint slice = SliceOf(now);
        int index = (int)(slice % (uint)_slices);
        AddCall(slice, index);
        if (failed)
        {
            Add(ref _words[Padding + _slices + index], slice);
        }

        if (slow)
        {
            Add(ref _words[Padding + (2 * _slices) + index], slice);
        }

        return Sum(slice);
    }

    public override WindowCounts Count(long now) => Sum(SliceOf(now));

    private WindowCounts Sum(uint slice)
    {
        long slow = Sum(2 * _slices, slice);
        long failures = Sum(_slices, slice);
        return new WindowCounts(Sum(0, slice), failures, slow);
    }

    private long Sum(int from, uint slice)
    {
        long sum = 0;
        for (int i = 0; i < _slices; i++)
        {
            long word = Volatile.Read(ref _words[Padding + from + i]);
            sum += slice - (uint)(word >> 32) < (uint)_slices ? (uint)word : 0;
        }

        return sum;
    }

    private uint SliceOf(long now) => (uint)(Math.Max(0, now - _origin) / _ticksPerSlice);

    private void AddCall(uint slice, int index)
    {
        uint dropped = Add(ref _words[Padding + index], slice);
        if (dropped != 0)
        {
            Interlocked.Add(ref _dropped, dropped);
        }
    }

    /// <summary>Adds one to a slice's count and gives how many are in no word because of that: those it replaced, if it
    /// began the slice, or itself.</summary>
    private static uint Add(ref long word, uint slice)
    {
        long observed = Volatile.Read(ref word);
        while (true)
        {
            uint current = (uint)(observed >> 32);
            long next = ((long)slice << 32) | 1;
            if (current == slice)
            {
                next = observed + 1;
                if ((uint)next == 0)
                {
                    return 1;
                }
            }
            else if (current - slice <= LongestStall)
            {
                return 1; // the caller stalled for a window or more: what it has to tell is out of it
            }

            // Publishes the count together with the slice it belongs to; a stale read makes the swap fail.
            long previous = Interlocked.CompareExchange(ref word, next, observed);
            if (previous == observed)
            {
                return current == slice ? 0 : (uint)observed;
            }

            observed = previous;
        }
    }
}
