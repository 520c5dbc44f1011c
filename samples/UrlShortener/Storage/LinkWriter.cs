using System.Threading.Channels;

namespace UrlShortener;

/// <summary>
/// Adds links for many requests at once: whatever waits is added together, so that requests share the cost of making it
/// durable and none of them holds a thread meanwhile.
/// </summary>
/// <remarks>Thread-safe. At most <see cref="MaxWaiting"/> requests wait in the queue; more wait, without a thread, to
/// get into it.</remarks>
internal sealed class LinkWriter : IAsyncDisposable
{
    private const int MaxWaiting = 1_024;
    private const int MaxBatch = 256;

    private readonly Channel<Request> _requests =
        Channel.CreateBounded<Request>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly LinkStore _store;
    private readonly Task _loop;

    public LinkWriter(LinkStore store)
    {
        _store = store;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Adds a link; durable when the task completes.</summary>
    public async Task<AddedLink> AddAsync(NewLink link, CancellationToken cancellationToken)
    {
        var request = new Request(link);
        await _requests.Writer.WriteAsync(request, cancellationToken);
        return await request.Added.Task;
    }

    /// <summary>Finishes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<Request>(MaxBatch);
        while (await _requests.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _requests.Reader.TryRead(out Request? request))
            {
                batch.Add(request);
            }

            Add(batch);
            batch.Clear();
        }
    }

    private void Add(List<Request> batch)
    {
        try
        {
            AddedLink[] added = _store.Add(batch.ConvertAll(request => request.Link));
            for (int i = 0; i < added.Length; i++)
            {
                batch[i].Added.SetResult(added[i]);
            }
        }
        catch (Exception exception)
        {
            // What fails is the database, not one link of the batch; each request answers for itself.
            foreach (Request request in batch)
            {
                request.Added.SetException(exception);
            }
        }
    }

    private sealed class Request(NewLink link)
    {
        public NewLink Link => link;

        // Asynchronously, or the requests would go on on the writer's thread.
        public TaskCompletionSource<AddedLink> Added { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
