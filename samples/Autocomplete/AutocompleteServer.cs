using Primitives;

namespace Autocomplete;

/// <summary>Puts the service together.</summary>
internal static class AutocompleteServer
{
    private const long MaxRequestBodySize = 4 * 1024;

    /// <summary>Builds the service; its state is loaded when it starts.</summary>
    public static WebApplication Build(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodySize;
        });
        if (builder.Configuration["urls"] is null)
        {
            builder.WebHost.UseUrls("http://localhost:5001");
        }

        string folder = Path.GetFullPath(builder.Configuration["data"] ?? "autocomplete-data");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new SearchFiles(folder));
        builder.Services.AddAutocomplete(
            "searches",
            options => options.MatchWordStarts = true,
            provider => provider.GetRequiredService<SearchFiles>().LoadIndex() ?? WordList.Build());
        builder.Services.AddSingleton<SearchStore>();
        builder.Services.AddHostedService<SearchSaver>();
        builder.Services.AddProblemDetails();

        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages(); // problem details for what routing refuses
        app.MapPage();
        app.MapApi();
        return app;
    }
}
