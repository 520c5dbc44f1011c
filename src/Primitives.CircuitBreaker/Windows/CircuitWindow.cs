namespace Primitives;

/// <summary>The calls of one closed phase. Each phase has a window of its own, so a report that comes late cannot reach the
/// next one's. Thread-safe.</summary>
internal abstract class CircuitWindow
{
    /// <summary>Gets all calls ever recorded here.</summary>
    public abstract long Recorded { get; }

    /// <summary>Gets whether the methods need a clock reading; they are given 0 otherwise.</summary>
    public abstract bool UsesClock { get; }

    public abstract void RecordSuccess(long now);

    /// <summary>Records a call that failed, was slow, or both, and gives what is in the window with it.</summary>
    public abstract WindowCounts RecordBad(long now, bool failed, bool slow);

    public abstract WindowCounts Count(long now);
}
