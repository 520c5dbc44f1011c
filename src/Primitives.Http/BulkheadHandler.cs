namespace Primitives;

/// <summary>Bounds the requests under way with a <see cref="Bulkhead"/>.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> A request is sent only while it holds a place, which it gives back with the response's headers or
/// the failure. A refused request throws <see cref="BulkheadRejectedException"/> and is not sent; a synchronous one does not
/// wait in the queue.</para>
/// <para><b>Thread safety.</b> Requests may be sent at once from any number of threads.</para>
/// </remarks>
public sealed class BulkheadHandler : DelegatingHandler
{
    private readonly Bulkhead _bulkhead;

    /// <summary>Creates a handler.</summary>
    /// <param name="bulkhead">The bulkhead, shared by all handlers of the client.</param>
    /// <exception cref="ArgumentNullException"><paramref name="bulkhead"/> is <see langword="null"/>.</exception>
    public BulkheadHandler(Bulkhead bulkhead)
    {
        ArgumentNullException.ThrowIfNull(bulkhead);
        _bulkhead = bulkhead;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_bulkhead.TryAcquire(out BulkheadLease lease))
        {
            throw new BulkheadRejectedException(lease.Reason);
        }

        using (lease)
        {
            return base.Send(request, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using BulkheadLease lease = await _bulkhead.AcquireAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return lease.IsAcquired
            ? await base.SendAsync(request, cancellationToken).ConfigureAwait(false)
            : throw new BulkheadRejectedException(lease.Reason);
    }
}
