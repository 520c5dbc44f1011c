namespace UrlShortener;

/// <summary>Flushes the <see cref="VisitCounter"/> and the <see cref="VisitorCounter"/> every second and when the service
/// stops, after the last request.</summary>
internal sealed class VisitFlusher(VisitCounter visits, VisitorCounter visitors, TimeProvider time, ILogger<VisitFlusher> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The web server has stopped by now: it starts after, and so stops before, the other hosted services.
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        try
        {
            await visits.FlushAsync();
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Visits could not be stored; they are kept in memory for the next attempt.");
        }

        try
        {
            visitors.Flush();
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "Visitors could not be stored; they are kept in memory for the next attempt.");
        }
    }
}
