namespace Primitives;

/// <summary>The failures since the last success; a slow call is one of them.</summary>
internal sealed class ConsecutiveWindow : CircuitWindow
{
    private PaddedInt64 _failures;
    private PaddedInt64 _recorded;

    public override bool UsesClock => false;

    public override long Recorded => Volatile.Read(ref _recorded.Value);

    public override void RecordSuccess(long now)
    {
        Interlocked.Increment(ref _recorded.Value);

        // Not written when it need not be, so that its line stays shared. A failure in between came before this success.
        if (Volatile.Read(ref _failures.Value) != 0)
        {
            Volatile.Write(ref _failures.Value, 0);
        }
    }

    public override WindowCounts RecordBad(long now, bool failed, bool slow)
    {
        Interlocked.Increment(ref _recorded.Value);
        return Of(Interlocked.Increment(ref _failures.Value));
    }

    public override WindowCounts Count(long now) => Of(Volatile.Read(ref _failures.Value));

    private static WindowCounts Of(long failures) => new(failures, failures, 0);
}
