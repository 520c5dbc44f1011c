namespace Primitives;

internal sealed partial class CacheCore<TKey, TValue, TPolicy>
{
    /// <summary>Gets the loads whose result may yet be stored. For tests.</summary>
    public int LoadsUnderWay
    {
        get
        {
            lock (_lock)
            {
                return _loads.Count;
            }
        }
    }

    /// <summary>Checks I1 to I3 in full. For tests: it takes time in proportion to the size of the cache.</summary>
    public void AssertIntegrity()
    {
        lock (_lock)
        {
            Entry<TKey, TValue>[] entries = [.. _table.EntriesLocked()];
            Check(entries.Length == _table.Count, $"The table counts {_table.Count} entries and holds {entries.Length}.");
            Check(entries.Sum(entry => (long)entry.Weight) == _weight, "The weight is not the sum of the weights.");
            Check(_weight <= _capacity, $"The weight {_weight} exceeds the capacity {_capacity}.");
            Check(entries.All(entry => entry.Region != Region.None), "An entry of the table is in no list of the policy.");
            Check(
                entries.All(entry => ReferenceEquals(_table.FindLocked(entry.Key, entry.Hash), entry)),
                "An entry cannot be found, or another has the same key.");
            Check(Policy.CountLocked == entries.Length, $"The policy holds {Policy.CountLocked} entries, the table {entries.Length}.");

            RichEntry<TKey, TValue>[] timed = [.. entries.OfType<RichEntry<TKey, TValue>>().Where(entry => entry.KeptUntil != long.MaxValue)];
            Check(timed.All(entry => entry.WheelSlot >= 0), "An entry that expires is not in the wheel.");
            Check((_wheel?.Count ?? 0) == timed.Length, $"The wheel holds {_wheel?.Count} entries of {timed.Length}.");
            Check(_wheel is null || _isDisposed || _timerDue <= _wheel.NextDue, "The timer is armed too late.");
        }
    }

    private static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidOperationException(message);
        }
    }
}
