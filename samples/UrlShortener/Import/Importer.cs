namespace UrlShortener;

/// <summary>Loads a list of URLs into the store.</summary>
/// <remarks>A URL that is there already keeps its code: an import that ends early, in whatever way, has stored whole
/// batches, with several shards perhaps parts of one more, and the next one finds them.</remarks>
internal sealed class Importer(LinkStore store)
{
    private const int BatchSize = 2_000;

    /// <summary>Loads a list, until its end or until cancelled.</summary>
    /// <param name="lines">The list.</param>
    /// <param name="report">Told of each line, of those stored once they are durable.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellationToken">Stops the import; what is not in the store by then stays out.</param>
    public void Run(UrlListReader lines, ImportReport report, ConsoleProgress progress, CancellationToken cancellationToken)
    {
        var batch = new List<NewLink>(BatchSize);
        while (!cancellationToken.IsCancellationRequested && lines.TryRead(out string line))
        {
            if (UrlRules.TryNormalize(line, out string? url, out string? fault))
            {
                batch.Add(new NewLink(url));
            }
            else
            {
                report.AddInvalid(lines.LineNumber, line, fault);
            }

            if (batch.Count == BatchSize)
            {
                Store(batch, report);
                progress.Update(report.Read, (double?)lines.Position / lines.Length);
            }
        }

        if (!cancellationToken.IsCancellationRequested)
        {
            Store(batch, report);
        }
    }

    private void Store(List<NewLink> batch, ImportReport report)
    {
        foreach (AddedLink added in store.Add(batch))
        {
            report.Add(added);
        }

        batch.Clear();
    }
}
