using System.Net;
using System.Net.Sockets;

namespace UrlShortener.Tests;

/// <summary>A host that links lead to, on a loopback port of its own, well or in trouble as told. One request a connection.
/// </summary>
internal sealed class HostServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _connections;

    public HostServer()
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _serving = Task.Run(ServeAsync);
    }

    public enum Trouble
    {
        None,
        Fails,
        Hangs,
        Resets,
    }

    public string Url { get; }

    public Trouble Has { get; set; }

    /// <summary>The status line it answers with while it has no trouble.</summary>
    public string Status { get; set; } = "200 OK";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The first line of the last request.</summary>
    public string? LastRequest { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient connection = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                answers.Add(AnswerAsync(connection));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answers);
        }
    }

    private async Task AnswerAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                NetworkStream stream = connection.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                LastRequest = await reader.ReadLineAsync(_stop.Token);
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                }

                switch (Has)
                {
                    case Trouble.Resets:
                        connection.LingerState = new LingerOption(true, 0); // a reset, not an end
                        return;

                    case Trouble.Hangs:
                        await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
                        return;

                    default:
                        string status = Has == Trouble.Fails ? "500 Internal Server Error" : Status;
                        await stream.WriteAsync(
                            System.Text.Encoding.ASCII.GetBytes(
                                $"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n"),
                            _stop.Token);
                        return;
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client gave up, or the test has ended.
            }
        }
    }
}
