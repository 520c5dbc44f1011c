using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>A redis-server of the tests' own: a child process on a free loopback port, without persistence.</summary>
public sealed class RedisServer : IDisposable
{
    private const int Attempts = 5;

    private static readonly Lazy<string?> Executable = new(FindOrInstall);

    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    public RedisServer()
    {
        if (Executable.Value is not { } executable)
        {
            throw new InvalidOperationException("There is no redis-server, and it cannot be installed.");
        }

        // Another process may take a port between its being found free and its being used.
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort();
            _process = Start(executable, Port, _directory.FullPath);
            if (IsReady(_process, out string log))
            {
                return;
            }

            Stop(_process);
            if (attempt == Attempts)
            {
                throw new InvalidOperationException($"redis-server did not start:\n{log}");
            }
        }
    }

    /// <summary>Gets whether there is a server or one could be installed, which is tried once.</summary>
    public static bool IsInstalled => Executable.Value is not null;

    public int Port { get; }

    public RedisConnection Connect() => new(Port);

    public void Dispose()
    {
        Stop(_process);
        _directory.Dispose();
    }

    private static Process Start(string executable, int port, string directory)
    {
        string[] settings =
        [
            "--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no", "--daemonize", "no",
        ];
        return Process.Start(new ProcessStartInfo(executable, settings)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    // The server says so on its standard output; if it cannot start, that ends.
    private static bool IsReady(Process process, out string log)
    {
        log = "";
        while (process.StandardOutput.ReadLine() is { } line)
        {
            log += line + "\n";
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(); // what else it says must not fill the pipe
                return true;
            }
        }

        return false;
    }

    private static void Stop(Process process)
    {
        using (process)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? FindOrInstall()
    {
        if (Find("redis-server") is { } found)
        {
            return found;
        }

        if (Environment.UserName != "root" || Find("apt-get") is not { } aptGet)
        {
            return null;
        }

        if (!Run(aptGet, "install", "-y", "-qq", "--no-install-recommends", "redis-server"))
        {
            Run(aptGet, "update", "-qq");
            Run(aptGet, "install", "-y", "-qq", "--no-install-recommends", "redis-server");
        }

        return Find("redis-server");
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static bool Run(string executable, params string[] arguments)
    {
        var start = new ProcessStartInfo(executable, arguments);
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        start.Environment["RUNLEVEL"] = "1"; // the package's own service is not to be started
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
