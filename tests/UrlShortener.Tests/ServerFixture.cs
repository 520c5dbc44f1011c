namespace UrlShortener.Tests;

/// <summary>A service shared by the tests of a class, with a clock that stands still.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();

    internal ShortenerServer Server { get; private set; } = null!;

    internal string DataFolder => _folder.FullPath;

    public ManualTimeProvider Time { get; } = new();

    public async Task InitializeAsync() => Server = await ShortenerServer.StartAsync(_folder.FullPath, Time);

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
