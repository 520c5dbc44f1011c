namespace Autocomplete;

/// <summary>Saves the index now and then, so that logs stay short, and when the service stops.</summary>
internal sealed class SearchSaver(SearchStore store, TimeProvider time, ILogger<SearchSaver> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Save();
            }
        }
        catch (OperationCanceledException)
        {
            Save(); // the web server has stopped by now
        }
    }

    private void Save()
    {
        try
        {
            store.Save();
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "The index could not be saved; the searches are in the log.");
        }
    }
}
