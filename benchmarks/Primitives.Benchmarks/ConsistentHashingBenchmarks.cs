using BenchmarkDotNet.Attributes;

namespace Primitives.Benchmarks;

/// <summary>Lookups in a ring of 160 points a node against a binary search over as many points, and what changes and
/// comparisons of rings cost.</summary>
[MemoryDiagnoser]
public class ConsistentHashingBenchmarks
{
    private const int Lookups = 1_024;
    private const int Replicas = 3;

    private readonly ulong[] _hashes = new ulong[Lookups];
    private readonly string[] _texts = new string[Lookups];
    private readonly int[] _replicas = new int[Replicas];
    private HashRing<int> _ring = HashRing<int>.Create([]);
    private HashRing<int> _next = HashRing<int>.Create([]);
    private BoundedLoadRouter<int> _bounded = new(new HashRingRouter<int>(HashRing<int>.Create([])));
    private RingNode<int>[] _nodes = [];
    private ulong[] _points = [];
    private int[] _owners = [];

    [Params(10, 100, 1_000)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        for (int i = 0; i < Lookups; i++)
        {
            _hashes[i] = StableHash.Compute(random.NextInt64());
            _texts[i] = $"user:{random.Next()}";
        }

        _nodes = [.. Enumerable.Range(0, Nodes).Select(i => new RingNode<int>($"node-{i}", i, Zone: $"zone-{i % 3}"))];
        _ring = HashRing<int>.Create(_nodes);
        _next = _ring.Add(new RingNode<int>("one more", -1));
        _bounded = new BoundedLoadRouter<int>(new HashRingRouter<int>(_ring));

        // How often the search branches depends on the number of points alone, so any uniform ones do.
        _points = [.. Enumerable.Range(0, _ring.PointCount).Select(i => StableHash.Remix((ulong)i))];
        _owners = [.. Enumerable.Range(0, _ring.PointCount).Select(i => i % Nodes)];
        Array.Sort(_points, _owners);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public long Binary_search()
    {
        long sum = 0;
        foreach (ulong hash in _hashes)
        {
            int index = Array.BinarySearch(_points, hash);
            index = index < 0 ? ~index : index;
            sum += _owners[index < _points.Length ? index : 0];
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long GetNodeByHash()
    {
        long sum = 0;
        foreach (ulong hash in _hashes)
        {
            sum += _ring.GetNodeByHash(hash);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long GetNode_of_an_integer()
    {
        long sum = 0;
        foreach (ulong key in _hashes)
        {
            sum += _ring.GetNode(key);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long GetNode_of_a_text()
    {
        long sum = 0;
        foreach (string key in _texts)
        {
            sum += _ring.GetNode(key);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long GetNodes_3()
    {
        long sum = 0;
        foreach (ulong hash in _hashes)
        {
            sum += _ring.GetNodesByHash(hash, _replicas);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long GetNodes_3_of_3_zones()
    {
        long sum = 0;
        foreach (ulong hash in _hashes)
        {
            sum += _ring.GetNodesByHash(hash, _replicas, ReplicaSpread.Zones);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long Acquire_and_dispose()
    {
        long sum = 0;
        foreach (ulong hash in _hashes)
        {
            using NodeLease<int> lease = _bounded.AcquireByHash(hash);
            sum += lease.Node;
        }

        return sum;
    }

    [Benchmark]
    public HashRing<int> Create() => HashRing<int>.Create(_nodes);

    [Benchmark]
    public HashRing<int> Add() => _ring.Add(new RingNode<int>("one more", -1));

    [Benchmark]
    public RingDiff<int> Diff() => _ring.Diff(_next);
}
