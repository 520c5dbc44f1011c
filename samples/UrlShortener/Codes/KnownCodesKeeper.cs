using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary>Completes <see cref="KnownCodes"/> when the service starts and whenever it has become the only one that adds
/// links again, and saves them when it stops. The service answers meanwhile.</summary>
internal sealed class KnownCodesKeeper(KnownCodes codes, TimeProvider time, ILogger<KnownCodesKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                if (!codes.IsTrusted)
                {
                    await Task.Run(() => TryComplete(stoppingToken), stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The web server has stopped by now: it starts after, and so stops before, the other hosted services.
            TrySave();
        }
    }

    private void TryComplete(CancellationToken cancellationToken)
    {
        var progress = new ConsoleProgress(Console.Out, terminal: !Console.IsOutputRedirected, TimeProvider.System);
        try
        {
            (bool isTrusted, long read) = codes.Complete((done, all) => progress.Update(done, (double)done / Math.Max(done, all)), cancellationToken);
            progress.Clear();
            if (isTrusted)
            {
                logger.LogInformation(
                    "Unknown codes are answered from memory: {Count} codes in {Bytes} bytes, {Read} read from the database in {Elapsed}.",
                    codes.Count, codes.ByteCount, read, progress.Elapsed);
            }
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException or ShortenerException)
        {
            progress.Clear();
            logger.LogError(exception, "The codes could not be read; unknown ones are looked up until they can.");
        }
    }

    private void TrySave()
    {
        try
        {
            codes.Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SqliteException or ShortenerException)
        {
            logger.LogWarning(exception, "The codes could not be saved; the next start reads them from the database.");
        }
    }
}
