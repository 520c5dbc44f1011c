using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Consistent hashing with bounded loads: a key goes to its own node unless that node already has its fair share of the
/// work in flight and a margin, and then to the next node on the ring that has not. A key that is suddenly in demand
/// spills over instead of drowning its node, and the others stay where they are.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> At the instant a lease is granted on a node of weight <c>w</c>, the node has at most
/// <c>ceil(Factor * m * w / W)</c> leases in flight, this one included, where <c>m</c> is the number in flight on all nodes
/// of the ring, this one included, and <c>W</c> the sum of their weights. It is the first such node in ring order from
/// the key's own. There always is one. This holds whatever threads acquire and release at the same time, and across
/// changes of the ring.</para>
/// <para><b>Cost.</b> One lookup and, as long as loads are well below capacity, one or two nodes tried, under a lock held
/// for some tens of nanoseconds; a lease of 32 bytes and a <typeparamref name="TNode"/>, 40 for a reference. With <c>e = Factor - 1</c> the expected number of nodes tried is
/// O(1 / e^2) when all are full. The first call after a change of the ring is O(nodes).</para>
/// <para><b>Limits.</b> The work counted is that of this router alone: with <c>k</c> processes a node may get <c>k</c>
/// times its share of the margin. Leases of a node that left the ring do not count in <c>m</c> until it comes back, and
/// then do. Capacities are computed in double precision.</para>
/// <para><b>Thread safety.</b> Thread-safe.</para>
/// <para><b>Source.</b> V. Mirrokni, M. Thorup and M. Zadimoghaddam, Consistent Hashing with Bounded Loads,
/// arXiv:1608.01350.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns.</typeparam>
/// <example>
/// <code>
/// using NodeLease&lt;Uri> lease = router.Acquire(path);
/// await client.GetAsync(new Uri(lease.Node, path));
/// </code>
/// </example>
public sealed class BoundedLoadRouter<TNode>
    where TNode : notnull
{
    // The bound ties every load to the sum of all, so both must be read and written as one: a compare-and-swap of one
    // load could succeed after the sum it was checked against has fallen. Hence a lock, around arithmetic only.
    //
    // Invariants, whenever the lock is free:
    //   I1  _counters[i] is the counter of node i of _ring, and _byName holds every counter that is in _counters or has
    //       leases in flight.
    //   I2  _inFlight is the sum of InFlight over _counters, which are the ones that are OnRing.
    //   I3  _scaledWeights[i] is Factor * w, and 0 if a compatible rule gave the node no points; _weights is W, of the others.
    // A node has room while load < Factor * w * (_inFlight + 1) / W, which for whole loads is load + 1 <= its ceiling. The
    // division comes last: where the products are exact, its one rounding cannot lift the quotient over a whole number.
    // Were no node to have room, the sum of loads, m, would be at least the sum of the right sides, Factor * (m + 1).
    private readonly Lock _lock = new();
    private readonly HashRingRouter<TNode> _router;
    private readonly Dictionary<string, NodeCounter> _byName = new(StringComparer.Ordinal);
    private HashRing<TNode> _ring;
    private NodeCounter[] _counters = [];
    private double[] _scaledWeights = [];
    private double _weights;
    private int _inFlight;

    /// <summary>Creates a router with nothing in flight.</summary>
    /// <param name="router">Where the ring comes from, now and after each of its updates.</param>
    /// <param name="factor">The capacity of a node in multiples of its fair share, from 1.01 to 1,000; 1.25 when omitted.
    /// A smaller one is more even, a larger one moves fewer keys off their own nodes.</param>
    /// <exception cref="ArgumentNullException"><paramref name="router"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> is outside its range.</exception>
    public BoundedLoadRouter(HashRingRouter<TNode> router, double factor = 1.25)
    {
        ArgumentNullException.ThrowIfNull(router);
        if (!(factor is >= 1.01 and <= 1_000))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor must be from 1.01 to 1,000.");
        }

        _router = router;
        Factor = factor;
        _ring = router.Ring;
        AdoptLocked(_ring); // nobody else can hold the lock yet
    }

    /// <summary>Gets the capacity of a node in multiples of its fair share.</summary>
    /// <value>1.25 unless told otherwise.</value>
    public double Factor { get; }

    /// <summary>Gets the number of leases in flight on the nodes of the ring.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                FollowRingLocked();
                return _inFlight;
            }
        }
    }

    /// <summary>Picks a node for a key given as bytes, and counts the work on it until the lease is disposed.</summary>
    /// <param name="key">The key; any number of bytes.</param>
    /// <returns>The lease, which names the node.</returns>
    /// <exception cref="InvalidOperationException">The ring has no nodes.</exception>
    public NodeLease<TNode> Acquire(ReadOnlySpan<byte> key) => AcquireByHash(_router.Ring.HashOf(key));

    /// <summary>Picks a node for a key given as text, hashed as its UTF-8.</summary>
    /// <inheritdoc cref="Acquire(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="HashRing{TNode}.GetNode(ReadOnlySpan{char})" path="/param[@name='key']"/></param>
    public NodeLease<TNode> Acquire(ReadOnlySpan<char> key) => AcquireByHash(_router.Ring.HashOf(key));

    /// <summary>Picks a node for a key given as an integer, hashed as its 8 little-endian bytes.</summary>
    /// <inheritdoc cref="Acquire(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="HashRing{TNode}.GetNode(long)" path="/param[@name='key']"/></param>
    public NodeLease<TNode> Acquire(long key) => AcquireByHash(_router.Ring.HashOf(key));

    /// <summary>Picks a node for a key given as an integer, hashed as its 8 little-endian bytes.</summary>
    /// <inheritdoc cref="Acquire(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="HashRing{TNode}.GetNode(ulong)" path="/param[@name='key']"/></param>
    public NodeLease<TNode> Acquire(ulong key) => AcquireByHash(_router.Ring.HashOf(key));

    /// <summary>Picks a node for a key given as a GUID, hashed as its 16 big-endian bytes.</summary>
    /// <inheritdoc cref="Acquire(ReadOnlySpan{byte})"/>
    /// <param name="key"><inheritdoc cref="HashRing{TNode}.GetNode(Guid)" path="/param[@name='key']"/></param>
    public NodeLease<TNode> Acquire(Guid key) => AcquireByHash(_router.Ring.HashOf(key));

    /// <summary>Picks a node for a key whose hash is ready.</summary>
    /// <inheritdoc cref="Acquire(ReadOnlySpan{byte})"/>
    /// <param name="hash">What <c>HashOf</c> of the ring gives.</param>
    public NodeLease<TNode> AcquireByHash(ulong hash)
    {
        lock (_lock)
        {
            FollowRingLocked();
            if (_ring.NodeCount == 0)
            {
                throw new InvalidOperationException("The ring has no nodes.");
            }

            int node = FindRoomLocked(hash);
            var lease = new NodeLease<TNode>(this, _counters[node], _ring.Members[node].Value);
            _counters[node].InFlight++;
            _inFlight++;
            AssertInvariantsLocked();
            return lease;
        }
    }

    /// <summary>Reads the loads of all nodes of the ring at one instant.</summary>
    /// <returns>One entry a node, in the order of the ring's nodes.</returns>
    public IReadOnlyList<NodeLoad<TNode>> GetLoads()
    {
        lock (_lock)
        {
            FollowRingLocked();
            var loads = new NodeLoad<TNode>[_counters.Length];
            for (int i = 0; i < loads.Length; i++)
            {
                loads[i] = new NodeLoad<TNode>(
                    _ring.Members[i], _counters[i].InFlight, (long)Math.Ceiling(_scaledWeights[i] * ((double)_inFlight + 1) / _weights));
            }

            return loads;
        }
    }

    internal void Release(NodeCounter counter)
    {
        lock (_lock)
        {
            counter.InFlight--;
            if (counter.IsOnRing)
            {
                _inFlight--;
            }

            ForgetIfIdleLocked(counter);
            AssertInvariantsLocked();
        }
    }

    private int FindRoomLocked(ulong hash)
    {
        RingTable table = _ring.Table;
        double leases = (double)_inFlight + 1;
        int index = table.Find(hash);
        for (int left = table.Count; left > 0; left--, index++)
        {
            index = index < table.Count ? index : 0;
            int node = table.OwnerAt(index);
            if (_counters[node].InFlight < _scaledWeights[node] * leases / _weights)
            {
                return node;
            }
        }

        throw new UnreachableException("Some node has room: see the note at the fields.");
    }

    // Read under the lock, so that the rings worked with only ever get newer.
    private void FollowRingLocked()
    {
        HashRing<TNode> ring = _router.Ring;
        if (!ReferenceEquals(ring, _ring))
        {
            AdoptLocked(ring);
        }
    }

    private void AdoptLocked(HashRing<TNode> ring)
    {
        NodeCounter[] before = _counters;
        foreach (NodeCounter counter in before)
        {
            counter.IsOnRing = false;
        }

        _weights = 0;
        for (int i = 0; i < ring.NodeCount; i++)
        {
            _weights += ring.PointsOf(i) > 0 ? ring.Members[i].Weight : 0;
        }

        _ring = ring;
        _counters = new NodeCounter[ring.NodeCount];
        _scaledWeights = new double[ring.NodeCount];
        _inFlight = 0;
        for (int i = 0; i < _counters.Length; i++)
        {
            RingNode<TNode> node = ring.Members[i];
            if (!_byName.TryGetValue(node.Name, out NodeCounter? counter))
            {
                counter = new NodeCounter(node.Name);
                _byName.Add(node.Name, counter);
            }

            counter.IsOnRing = true;
            _counters[i] = counter;
            _scaledWeights[i] = ring.PointsOf(i) > 0 ? Factor * node.Weight : 0;
            _inFlight += counter.InFlight;
        }

        foreach (NodeCounter counter in before)
        {
            ForgetIfIdleLocked(counter);
        }

        AssertInvariantsLocked();
    }

    private void ForgetIfIdleLocked(NodeCounter counter)
    {
        if (!counter.IsOnRing && counter.InFlight == 0)
        {
            _byName.Remove(counter.Name);
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariantsLocked()
    {
        Debug.Assert(_counters.Length == _ring.NodeCount && _counters.Length <= _byName.Count, "I1");
        int sum = 0;
        foreach (NodeCounter counter in _counters)
        {
            Debug.Assert(counter.IsOnRing, "I2");
            sum += counter.InFlight;
        }

        Debug.Assert(_inFlight == sum, "I2");
    }
}
