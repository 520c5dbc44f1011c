namespace Primitives;

/// <summary>
/// Holds the current <see cref="HashRing{TNode}"/> of an application and swaps it whole: readers take a snapshot and keep
/// it for as long as they need one consistent ring.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> <see cref="Ring"/> is always a whole ring that was put there, never a mixture. Updates are
/// applied one after another, and none is lost, whatever the number of threads that update at once. All rings hash keys
/// alike, so a hash taken from one is good for the next.</para>
/// <para><b>Cost.</b> Reading is one memory read. An update runs its function again if another was faster.</para>
/// <para><b>Thread safety.</b> Thread-safe; lock-free.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
public sealed class HashRingRouter<TNode>
    where TNode : notnull
{
    private HashRing<TNode> _ring;

    /// <summary>Creates a router.</summary>
    /// <param name="ring">The first ring; may have no nodes yet.</param>
    /// <exception cref="ArgumentNullException"><paramref name="ring"/> is <see langword="null"/>.</exception>
    public HashRingRouter(HashRing<TNode> ring)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _ring = ring;
    }

    /// <summary>Gets the current ring. Read it once for each piece of work, not once for each key of it.</summary>
    public HashRing<TNode> Ring => Volatile.Read(ref _ring);

    /// <summary>Replaces the ring by one made from it.</summary>
    /// <param name="change">Makes the next ring from the current one. Called again, with a newer ring, when another update
    /// came in between, so it must do nothing else; what it throws leaves the ring as it is.</param>
    /// <returns>The ring that this update put in place.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="change"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="change"/> returned <see langword="null"/>, or a ring that
    /// hashes keys by another function.</exception>
    public HashRing<TNode> Update(Func<HashRing<TNode>, HashRing<TNode>> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        HashRing<TNode> observed = Ring;
        while (true)
        {
            HashRing<TNode> next = change(observed) ?? throw new InvalidOperationException("The change returned no ring.");
            if (next.Points.KeyHash != observed.Points.KeyHash)
            {
                throw new InvalidOperationException("The change returned a ring that hashes keys by another function; it needs a router of its own.");
            }

            // Publishes the immutable ring. It succeeds only on the very ring the change was given, so no update that
            // came in between is overwritten.
            HashRing<TNode> previous = Interlocked.CompareExchange(ref _ring, next, observed);
            if (ReferenceEquals(previous, observed))
            {
                return next;
            }

            observed = previous;
        }
    }
}
