using System.Buffers;

namespace Primitives;

// Preference lists: the nodes in the order of their bids.
public sealed partial class RendezvousHash<TNode>
{
    private const int OnStack = 16; // candidates, of 32 bytes

    /// <summary>Lists the nodes that should hold a key given as bytes: its owner first, then the ones that take over in
    /// this order when those before are gone.</summary>
    /// <remarks>
    /// <para><b>Guarantee.</b> No node is listed twice, and the first is that of <c>GetNode</c>. With
    /// <see cref="ReplicaSpread.Nodes"/>, removing a node takes it out of the lists and leaves the others in their order;
    /// adding one inserts it, and raising its weight moves it towards the front.</para>
    /// <para><b>Cost.</b> <c>O(n + k log n log k)</c> for <c>k</c> of <c>n</c> nodes, twice that with
    /// <see cref="ReplicaSpread.Zones"/>; allocates nothing but a pooled buffer where nodes wanted and zones are more than 16
    /// together.</para>
    /// </remarks>
    /// <param name="key">The key; any number of bytes. Hashed by <see cref="StableHash"/>.</param>
    /// <param name="destination">Gets the values of the nodes; its length is how many are wanted.</param>
    /// <param name="spread">Whether the first nodes shall be of different zones.</param>
    /// <returns>How many were written: fewer than wanted only when there are no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="spread"/> is not one of the named values.</exception>
    public int GetNodes(ReadOnlySpan<byte> key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(StableHash.Compute(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as text, hashed as its UTF-8.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    public int GetNodes(ReadOnlySpan<char> key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(StableHash.Compute(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as an integer.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    public int GetNodes(long key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(StableHash.Compute(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as an integer.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    public int GetNodes(ulong key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(StableHash.Compute(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key given as a GUID.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    public int GetNodes(Guid key, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes) =>
        GetNodesByHash(StableHash.Compute(key), destination, spread);

    /// <summary>Lists the nodes that should hold a key whose hash is ready.</summary>
    /// <inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)"/>
    /// <param name="hash"><inheritdoc cref="GetNodeByHash" path="/param[@name='hash']"/></param>
    /// <param name="destination"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='destination']"/></param>
    /// <param name="spread"><inheritdoc cref="GetNodes(ReadOnlySpan{byte}, Span{TNode}, ReplicaSpread)" path="/param[@name='spread']"/></param>
    public int GetNodesByHash(ulong hash, Span<TNode> destination, ReplicaSpread spread = ReplicaSpread.Nodes)
    {
        if (spread is not (ReplicaSpread.Nodes or ReplicaSpread.Zones))
        {
            throw new ArgumentOutOfRangeException(nameof(spread), spread, "There is no such spread.");
        }

        int wanted = Math.Min(destination.Length, _values.Length);
        if (wanted == 0)
        {
            return 0;
        }

        int zones = spread == ReplicaSpread.Zones ? _zones.Count : 0;
        RendezvousCandidate[]? rented = wanted + zones > OnStack
            ? ArrayPool<RendezvousCandidate>.Shared.Rent(wanted + zones)
            : null;
        Span<RendezvousCandidate> space = rented is null
            ? stackalloc RendezvousCandidate[OnStack]
            : rented;

        Span<RendezvousCandidate> bestOfZone = space.Slice(wanted, zones);
        FindBestOfEachZone(hash, bestOfZone);
        var shortlist = new RendezvousShortlist(space[..wanted]);
        OfferAll(hash, bestOfZone, ref shortlist);
        for (int i = wanted - 1; i >= 0; i--)
        {
            destination[i] = _values[shortlist.RemoveWorst().Index];
        }

        if (rented is not null)
        {
            ArrayPool<RendezvousCandidate>.Shared.Return(rented);
        }

        return wanted;
    }

    private void FindBestOfEachZone(ulong hash, Span<RendezvousCandidate> bestOfZone)
    {
        if (bestOfZone.IsEmpty)
        {
            return;
        }

        bestOfZone.Fill(new RendezvousCandidate(Later: false, double.PositiveInfinity, 0, -1));
        for (int i = 0; i < _seeds.Length; i++)
        {
            ulong draw = StableHash.Remix(hash ^ _seeds[i]);
            ref RendezvousCandidate best = ref bestOfZone[_zones.Of(i)];
            if (LowerBound(i, draw) <= best.Score)
            {
                var candidate = new RendezvousCandidate(Later: false, Score(i, draw), draw, i);
                if (candidate.Precedes(best))
                {
                    best = candidate;
                }
            }
        }
    }

    private void OfferAll(ulong hash, ReadOnlySpan<RendezvousCandidate> bestOfZone, ref RendezvousShortlist shortlist)
    {
        for (int i = 0; i < _seeds.Length; i++)
        {
            ulong draw = StableHash.Remix(hash ^ _seeds[i]);
            bool later = !bestOfZone.IsEmpty && bestOfZone[_zones.Of(i)].Index != i;

            // Spares the logarithms of those that would not be taken, as in WinnerByWeight.
            if (shortlist.IsFull && (later || !shortlist.Worst.Later) && LowerBound(i, draw) > shortlist.Worst.Score)
            {
                continue;
            }

            shortlist.Offer(new RendezvousCandidate(later, Score(i, draw), draw, i));
        }
    }

    private double Score(int index, ulong draw) =>
        _inverseWeights.Length == 0 ? 0 : DrawLog.MinusLog(draw) * _inverseWeights[index];

    private double LowerBound(int index, ulong draw) =>
        _inverseWeights.Length == 0 ? 0 : DrawLog.AtMostMinusLog(draw) * _inverseWeights[index];
}
