using System.Diagnostics;

namespace Autocomplete.Tests;

/// <summary>A headless Chromium, driven by playwright-core under Node. Found, or in CI installed, once.</summary>
internal static class Browser
{
    private const string PlaywrightCore = "playwright-core@1.65.1";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly Lazy<string> Problem = new(FindOrInstall);

    /// <summary>Gets why there is none; empty if there is one.</summary>
    public static string WhatIsMissing => Problem.Value;

    /// <summary>Runs the scenarios of <c>Browser/scenarios.cjs</c>.</summary>
    /// <returns>What it printed: a line "NAME: ok" for each that is as it should be.</returns>
    public static async Task<string> RunAsync(Uri address)
    {
        if (WhatIsMissing.Length > 0)
        {
            throw new InvalidOperationException(WhatIsMissing);
        }

        var start = new ProcessStartInfo(
            Find("node")!, [Path.Combine(AppContext.BaseDirectory, "Browser", "scenarios.cjs"), address.ToString(), Chromium()!, PlaywrightFolder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
        }

        return (await errors) + (await output);
    }

    private static string PlaywrightFolder => RepositoryRoot.Combine("artifacts", "browser", "node_modules", "playwright-core");

    private static bool HasPlaywright => File.Exists(Path.Combine(PlaywrightFolder, "package.json"));

    private static string? Chromium() => Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");

    private static string FindOrInstall()
    {
        bool inCi = Environment.GetEnvironmentVariable("CI") == "true";
        if (inCi && (Chromium() is null || Find("node") is null || Find("npm") is null) && Find("apt-get") is { } aptGet && Environment.UserName == "root")
        {
            Run(aptGet, "update", "-qq");
            Run(aptGet, "install", "-y", "-qq", "--no-install-recommends", "chromium", "nodejs", "npm");
        }

        if (Chromium() is null || Find("node") is null)
        {
            return "There is no chromium or no node; .ci/run installs them.";
        }

        // The registry may be out of reach for a moment.
        for (int attempt = 0; attempt < 3 && !HasPlaywright && Find("npm") is { } npm; attempt++)
        {
            string folder = Directory.CreateDirectory(RepositoryRoot.Combine("artifacts", "browser")).FullName;
            Run(npm, "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--silent", PlaywrightCore);
        }

        return HasPlaywright ? "" : $"There is no {PlaywrightCore}, and npm could not install it.";
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static void Run(string executable, params string[] arguments)
    {
        var start = new ProcessStartInfo(executable, arguments);
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using Process process = Process.Start(start)!;
        process.WaitForExit();
    }
}
