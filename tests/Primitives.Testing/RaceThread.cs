using System.Diagnostics;

namespace Primitives.Testing;

/// <summary>One thread of a <see cref="Race"/>.</summary>
public sealed class RaceThread
{
    private readonly Thread _thread;
    private Mark? _mark;
    private Exception? _failure;

    internal RaceThread(int index, Action<RaceThread> body, Barrier start)
    {
        Index = index;
        Random = new Random(index + 1);
        _thread = new Thread(() =>
        {
            try
            {
                start.SignalAndWait();
                body(this);
            }
            catch (Exception exception)
            {
                Volatile.Write(ref _failure, exception);
            }
        })
        {
            IsBackground = true, // a stuck thread must not keep the test process alive
            Name = $"race {index}",
        };
    }

    /// <summary>Gets the thread's number, from zero.</summary>
    public int Index { get; }

    /// <summary>Gets a generator of this thread's own, seeded by <see cref="Index"/>.</summary>
    public Random Random { get; }

    internal Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Notes what the thread is about to do, for the report should it never come back.</summary>
    public void At(string step) => Volatile.Write(ref _mark, new Mark(step, Stopwatch.GetTimestamp()));

    internal void Start() => _thread.Start();

    internal bool Join(TimeSpan timeout) => _thread.Join(timeout);

    internal string Describe()
    {
        Mark? mark = Volatile.Read(ref _mark);
        string state = !_thread.IsAlive ? (Failure is { } failure ? $"failed: {failure.Message}" : "finished")
            : _thread.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin) ? "waits" : "runs";
        string where = mark is null ? "no step marked" : $"at \"{mark.Step}\" for {Stopwatch.GetElapsedTime(mark.Since).TotalSeconds:0.0} s";
        return $"  {_thread.Name}: {state}, {where}";
    }

    private sealed record Mark(string Step, long Since);
}
