using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>A caller that waits. Its fields, except for the registration, are guarded by the limiter's lock.</summary>
internal sealed class Waiter(QuotaLimiter limiter, int permits, CancellationToken token)
    : TaskCompletionSource<RateLimitLease>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public int Permits { get; } = permits;

    public CancellationToken Token { get; } = token;

    /// <summary>Set before the caller is queued, read by whoever took it out.</summary>
    public CancellationTokenRegistration Registration { get; private set; }

    /// <summary>Not null while the caller is queued.</summary>
    public LinkedListNode<Waiter>? Node { get; set; }

    public bool IsCancelled { get; set; }

    /// <summary>The answer, once there is one other than cancellation.</summary>
    public RateLimitLease? Lease { get; set; }

    public void Register() =>
        Registration = Token.UnsafeRegister(static state => ((Waiter)state!).Cancel(), this);

    private void Cancel() => limiter.Cancel(this);
}
