namespace Primitives.Tests;

/// <summary>A mark in memory that outlives its generators, counts its writes, and can be made to fail or to block.</summary>
internal sealed class RecordedMark : IHighWaterMark
{
    private readonly Lock _lock = new();
    private DateTimeOffset? _mark;

    /// <summary>Called at the start of every write, outside the lock.</summary>
    public Action? OnRaise { get; set; }

    public int Writes { get; private set; }

    public DateTimeOffset? Read()
    {
        lock (_lock)
        {
            return _mark;
        }
    }

    public void Raise(DateTimeOffset mark)
    {
        OnRaise?.Invoke();
        lock (_lock)
        {
            Writes++;
            _mark = _mark is null || mark > _mark ? mark : _mark;
        }
    }
}
