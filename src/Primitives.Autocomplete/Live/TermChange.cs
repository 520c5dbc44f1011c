namespace Primitives;

/// <summary>What an update does to its term.</summary>
internal readonly record struct TermChange(TermChangeKind Kind, bool IsInteger, long Integer, double Number, long? Payload)
{
    public static TermChange Set(long score, long payload) => new(TermChangeKind.Set, true, score, 0, payload);

    public static TermChange Set(double score, long payload) => new(TermChangeKind.Set, false, 0, score, payload);

    public static TermChange Increment(long delta, long? payload) => new(TermChangeKind.Increment, true, delta, 0, payload);

    public static TermChange Increment(double delta, long? payload) => new(TermChangeKind.Increment, false, 0, delta, payload);

    public static TermChange Remove() => new(TermChangeKind.Remove, true, 0, 0, null);
}
