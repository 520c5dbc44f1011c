using Microsoft.Data.Sqlite;
using Primitives;

namespace UrlShortener;

/// <summary><c>import FILE</c>.</summary>
internal static class ImportCommand
{
    private const int Interrupted = 130; // 128 + SIGINT, as shells have it

    public static int Run(CommandLine command)
    {
        ConfigurationManager configuration = WebApplication.CreateBuilder().Configuration; // the server's sources
        configuration.AddInMemoryCollection(command.Settings);
        ShortenerOptions options = ShortenerOptions.From(configuration);

        using var lines = new UrlListReader(command.ImportFile!); // first: a mistyped name makes no data folder
        var folder = new DataFolder(options.Data);
        using ServiceProvider services =
            new ServiceCollection().AddLinkStore(folder, options.ImportWorker).BuildServiceProvider();

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += Stop;
        try
        {
            Console.Out.WriteLine($"Importing {lines.FullPath} into {folder.FullPath}");
            return Run(lines, services.GetRequiredService<LinkStore>(), stop.Token);
        }
        finally
        {
            Console.CancelKeyPress -= Stop;
        }

        void Stop(object? sender, ConsoleCancelEventArgs e)
        {
            e.Cancel = !stop.IsCancellationRequested; // once to stop after the batch, twice to stop at once
            stop.Cancel();
        }
    }

    private static int Run(UrlListReader lines, LinkStore store, CancellationToken cancellationToken)
    {
        var report = new ImportReport();
        var progress = new ImportProgress(Console.Out, terminal: !Console.IsOutputRedirected, TimeProvider.System);
        string outcome = "Failed; what is counted here stays.";
        try
        {
            new Importer(store).Run(lines, report, progress, cancellationToken);
            outcome = cancellationToken.IsCancellationRequested ? "Stopped; import the file again for the rest." : "Done.";
        }
        catch (Exception exception) when (exception is SqliteException or SnowflakeException or IOException)
        {
            throw new ShortenerException($"The import failed: {exception.Message}", exception);
        }
        finally
        {
            progress.Clear();
            Console.Out.WriteLine(outcome);
            report.Print(Console.Out, progress.Elapsed);
        }

        return cancellationToken.IsCancellationRequested ? Interrupted : 0;
    }
}
