using System.Globalization;
using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary><c>reshard N</c>.</summary>
internal static class ReshardCommand
{
    public static int Run(CommandLine command)
    {
        ConfigurationManager configuration = WebApplication.CreateBuilder().Configuration; // the server's sources
        configuration.AddInMemoryCollection(command.Settings);
        string path = ShortenerOptions.From(configuration).Data;
        if (!Directory.Exists(path))
        {
            throw new ShortenerException($"There is no data folder {Path.GetFullPath(path)} to reshard."); // nor will this make one
        }

        var folder = new DataFolder(path);
        int target = command.ReshardTo!.Value;
        using FolderLock alone = FolderLock.TakeAlone(folder);
        ShardSet shards = ShardSet.OpenToReshard(folder);
        if (shards.Count == target && shards.Target is null)
        {
            shards.DeleteEmptied();
            Console.Out.WriteLine($"{folder.FullPath} has {Shards(target)} already.");
            return 0;
        }

        using var stop = new StopSignal();
        return Run(shards, new Resharder(shards, target), $"{folder.FullPath} from {shards.Count} to {Shards(target)}", stop.Token);
    }

    private static int Run(ShardSet shards, Resharder resharder, string what, CancellationToken cancellationToken)
    {
        Console.Out.WriteLine($"{(resharder.IsResumed ? "Going on to reshard" : "Resharding")} {what}");
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{resharder.Fraction:P1} of all hashes change shard; of equal shards it would be {resharder.IdealFraction:P1}."));
        var progress = new ConsoleProgress(Console.Out, terminal: !Console.IsOutputRedirected, TimeProvider.System);
        long total = 0;
        string outcome = "Failed; run it again for the rest.";
        try
        {
            resharder.Run(done => progress.Update(resharder.LinksMoved, done), cancellationToken);
            outcome = "Done.";
            total = shards.CountLinks();
            return 0;
        }
        catch (OperationCanceledException)
        {
            outcome = "Stopped; run it again for the rest.";
            return StopSignal.ExitCode;
        }
        catch (Exception exception) when (exception is SqliteException or IOException)
        {
            throw new ShortenerException($"The reshard failed: {exception.Message}", exception);
        }
        finally
        {
            progress.Clear();
            Console.Out.WriteLine(outcome);
            string share = total > 0 && !resharder.IsResumed
                ? string.Create(CultureInfo.InvariantCulture, $", {(double)resharder.LinksMoved / total:P1} of {total:N0},")
                : "";
            double seconds = progress.Elapsed.TotalSeconds;
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{resharder.LinksMoved:N0} links moved{share} in {seconds:N2} s, {resharder.LinksMoved / Math.Max(seconds, 0.001):N0} links/s"));
        }
    }

    private static string Shards(int count) => count == 1 ? "1 shard" : $"{count} shards";
}
