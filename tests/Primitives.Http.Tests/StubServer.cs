using System.Net;

namespace Primitives.Tests;

/// <summary>The innermost handler: answers as told and keeps what it was sent.</summary>
internal sealed class StubServer(Func<int, HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public List<string> Bodies { get; } = [];

    public static StubServer Always(HttpStatusCode status) => new((_, _, _) => Task.FromResult(new HttpResponseMessage(status)));

    /// <summary>Answers with one status after another, and the last from then on.</summary>
    public static StubServer Sequence(params HttpStatusCode[] statuses) =>
        new((i, _, _) => Task.FromResult(new HttpResponseMessage(statuses[Math.Min(i, statuses.Length - 1)])));

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        int index = Interlocked.Increment(ref _count) - 1;
        if (request.Content is not null)
        {
            Bodies.Add(await request.Content.ReadAsStringAsync(cancellationToken));
        }

        return await answer(index, request, cancellationToken);
    }
}
