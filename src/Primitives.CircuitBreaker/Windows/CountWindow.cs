namespace Primitives;

/// <summary>The last calls by number. Totals are exact whenever no call is being recorded, and off by at most the calls
/// being recorded otherwise.</summary>
internal sealed class CountWindow : CircuitWindow
{
    private const byte Filled = 1;
    private const byte Failed = 2;
    private const byte WasSlow = 4;
    private const int FailuresShift = 21;
    private const int SlowShift = 42;
    private const long Mask = (1L << FailuresShift) - 1;

    private readonly byte[] _slots;
    private PaddedInt64 _next;
    private PaddedInt64 _totals; // slow, failures and calls, 21 bits each: always the sum of the slots, once all are done

    public CountWindow(int size) => _slots = new byte[size];

    public override bool UsesClock => false;

    public override long Recorded => Volatile.Read(ref _next.Value);

    public override void RecordSuccess(long now) => Record(Filled);

    public override WindowCounts RecordBad(long now, bool failed, bool slow) =>
        Unpack(Record((byte)(Filled | (failed ? Failed : 0) | (slow ? WasSlow : 0))));

    public override WindowCounts Count(long now) => Unpack(Volatile.Read(ref _totals.Value));

    private long Record(byte call)
    {
        long index = (Interlocked.Increment(ref _next.Value) - 1) % _slots.Length;

        // Each exchange hands over exactly one old value, so every value that was added is subtracted once.
        byte replaced = Interlocked.Exchange(ref _slots[index], call);
        return replaced == call ? Volatile.Read(ref _totals.Value) : Interlocked.Add(ref _totals.Value, Pack(call) - Pack(replaced));
    }

    private static long Pack(byte call) =>
        (call & Filled) + ((call & Failed) != 0 ? 1L << FailuresShift : 0) + ((call & WasSlow) != 0 ? 1L << SlowShift : 0);

    private static WindowCounts Unpack(long totals) =>
        new(totals & Mask, (totals >> FailuresShift) & Mask, (totals >> SlowShift) & Mask);
}
