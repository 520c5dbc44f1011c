using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace UrlShortener.Tests;

/// <summary>The service as a process of its own, started with the arguments a user would give.</summary>
internal sealed class ShortenerProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private ShortenerProcess(IEnumerable<string> arguments, string? workingFolder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "UrlShortener.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Append(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Append(_error, e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => Read(_output);

    public string Error => Read(_error);

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    public static ShortenerProcess Start(params IEnumerable<string> arguments) => new(arguments, null);

    /// <summary>Runs to the end.</summary>
    public static async Task<ShortenerProcess> RunAsync(IEnumerable<string> arguments, string? workingFolder = null)
    {
        var process = new ShortenerProcess(arguments, workingFolder);
        await process.WaitForExitAsync();
        return process;
    }

    public static Task<ShortenerProcess> RunAsync(params string[] arguments) => RunAsync(arguments, null);

    /// <summary>Waits until the output has a line that contains <paramref name="text"/>, and gives it.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        string? line = null;
        await Poll.UntilAsync(
            () =>
            {
                Assert.False(_process.HasExited && !Output.Contains(text, StringComparison.Ordinal), $"It ended.\n{Output}\n{Error}");
                line = Output.Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
                return line is not null;
            },
            $"'{text}' in the output");
        return line!;
    }

    public async Task WaitForExitAsync()
    {
        using var late = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(late.Token);
    }

    /// <summary>Ends the process at once, as a crash or a power failure would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Sends what Ctrl+C sends.</summary>
    /// <returns><see langword="false"/> if that means nothing to the process: on Windows, and where the tests run as a
    /// background job of a shell, which has all its children ignore the signal.</returns>
    public bool TryInterrupt()
    {
        const int Interrupt = 2;
        string status = $"/proc/{_process.Id}/status";
        if (OperatingSystem.IsWindows()
            || (File.Exists(status) && (IgnoredSignals(File.ReadLines(status)) >> (Interrupt - 1) & 1) != 0))
        {
            return false;
        }

        using Process kill = Process.Start("kill", ["-INT", _process.Id.ToString()]);
        kill.WaitForExit();
        return true;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static ulong IgnoredSignals(IEnumerable<string> status)
    {
        const string Label = "SigIgn:";
        string mask = status.Single(line => line.StartsWith(Label, StringComparison.Ordinal));
        return ulong.Parse(mask.AsSpan(Label.Length), NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite);
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line).Append(line is null ? "" : "\n");
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
