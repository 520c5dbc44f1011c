namespace UrlShortener;

/// <summary>Runs the web service.</summary>
internal static class ServeCommand
{
    // A URL of 2,048 characters takes at most 12 KB of JSON, were every character written as \uXXXX.
    private const long MaxRequestBodySize = 16 * 1024;

    public static async Task<int> RunAsync(CommandLine command)
    {
        await using WebApplication app = Build(command);
        Console.Out.WriteLine($"Data folder: {app.Services.GetRequiredService<DataFolder>().FullPath}");
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or FormatException or InvalidOperationException)
        {
            throw new ShortenerException($"Cannot listen: {exception.Message}", exception);
        }

        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Builds the service; its database is opened when it starts.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="time">The clock; the system's when <see langword="null"/>.</param>
    public static WebApplication Build(CommandLine command, TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(command.Settings);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // not two lines for each redirect
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // RunAsync says it in one
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodySize;
        });

        ShortenerOptions options = ShortenerOptions.From(builder.Configuration);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddLinkStore(new DataFolder(options.Data), options.Worker, options.Shards);
        builder.Services.AddLinkServer(options);

        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages(); // problem details for what routing refuses
        app.MapPage();
        app.MapMetrics();
        app.MapLinks();
        return app;
    }
}
