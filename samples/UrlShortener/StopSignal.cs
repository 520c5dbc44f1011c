namespace UrlShortener;

/// <summary>Turns Ctrl+C into a request to stop at a good point; a second one ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    /// <summary>What a command that was stopped exits with: 128 + SIGINT, as shells have it.</summary>
    public const int ExitCode = 130;

    private readonly CancellationTokenSource _stop = new();

    public StopSignal() => Console.CancelKeyPress += Stop;

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= Stop;
        _stop.Dispose();
    }

    private void Stop(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
