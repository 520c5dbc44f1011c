namespace Primitives.Tests;

/// <summary>
/// Bounded loads by their definition, one thread, exact integers: the factor is <paramref name="quarters"/> / 4, and
/// weights are whole.
/// </summary>
internal sealed class NaiveBoundedLoads(int quarters)
{
    private readonly Dictionary<string, int> _loads = [];
    private List<(ulong Point, string Name)> _points = [];
    private Dictionary<string, long> _weights = [];

    public int InFlight => _weights.Keys.Sum(LoadOf);

    public void Use(HashRing<string> ring)
    {
        _weights = ring.Members.ToDictionary(node => node.Name, node => (long)node.Weight);
        _points = [];
        foreach ((ulong point, int owner) in ring.Table)
        {
            _points.Add((point, ring.Members[owner].Name));
        }
    }

    public int LoadOf(string name) => _loads.GetValueOrDefault(name);

    /// <summary>ceil(factor * m * w / W), where m counts the lease that is asked for.</summary>
    public long CapacityOf(string name) => CapacityOf(name, InFlight + 1);

    public long CapacityOf(string name, long leases)
    {
        long total = 4 * _weights.Values.Sum();
        return ((quarters * leases * _weights[name]) + total - 1) / total;
    }

    public string Acquire(ulong hash)
    {
        IEnumerable<(ulong Point, string Name)> fromHash = _points.Where(entry => entry.Point >= hash).Concat(_points);
        string node = fromHash.First(entry => LoadOf(entry.Name) + 1 <= CapacityOf(entry.Name)).Name;
        _loads[node] = LoadOf(node) + 1;
        return node;
    }

    public void Release(string name) => _loads[name]--;
}
