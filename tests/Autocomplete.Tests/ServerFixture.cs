namespace Autocomplete.Tests;

/// <summary>A service shared by the tests of a class, and what its page does in a browser.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly Lock _lock = new();
    private Task<string>? _inBrowser;

    internal SearchServer Server { get; private set; } = null!;

    /// <summary>Runs all scenarios in one browser, once.</summary>
    internal Task<string> InBrowserAsync()
    {
        lock (_lock)
        {
            return _inBrowser ??= Browser.RunAsync(Server.Client.BaseAddress!);
        }
    }

    public async Task InitializeAsync() => Server = await SearchServer.StartAsync(_folder.FullPath);

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
