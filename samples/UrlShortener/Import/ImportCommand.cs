using Microsoft.Data.Sqlite;
using Primitives;

namespace UrlShortener;

/// <summary><c>import FILE</c>.</summary>
internal static class ImportCommand
{
    public static int Run(CommandLine command)
    {
        ConfigurationManager configuration = WebApplication.CreateBuilder().Configuration; // the server's sources
        configuration.AddInMemoryCollection(command.Settings);
        ShortenerOptions options = ShortenerOptions.From(configuration);

        using var lines = new UrlListReader(command.ImportFile!); // first: a mistyped name makes no data folder
        var folder = new DataFolder(options.Data);
        using ServiceProvider services =
            new ServiceCollection().AddLinkStore(folder, options.ImportWorker, options.Shards).BuildServiceProvider();

        using var stop = new StopSignal();
        Console.Out.WriteLine($"Importing {lines.FullPath} into {folder.FullPath}");
        return Run(lines, services.GetRequiredService<LinkStore>(), stop.Token);
    }

    private static int Run(UrlListReader lines, LinkStore store, CancellationToken cancellationToken)
    {
        var report = new ImportReport();
        var progress = new ConsoleProgress(Console.Out, terminal: !Console.IsOutputRedirected, TimeProvider.System);
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

        return cancellationToken.IsCancellationRequested ? StopSignal.ExitCode : 0;
    }
}
