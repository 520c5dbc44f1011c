namespace Primitives;

/// <summary>
/// Counts, per group of keys, how often a key was set or removed, so that a load can tell whether what it read may be out
/// of date. Keys that share a group only cost a value that is not stored. Thread-safe.
/// </summary>
internal sealed class KeyStamps
{
    private const int Groups = 256; // a power of two

    private readonly Group[] _groups = [.. Enumerable.Range(0, Groups).Select(static _ => new Group())];

    public long Read(string key)
    {
        Group group = Of(key);
        lock (group.Lock)
        {
            return group.Stamp;
        }
    }

    /// <summary>Makes a change that older loads must not undo.</summary>
    /// <returns>The stamp from now on.</returns>
    public long Change(string key, Action change)
    {
        Group group = Of(key);
        lock (group.Lock)
        {
            group.Stamp++;
            change();
            return group.Stamp;
        }
    }

    /// <summary>Makes a change unless another one came since the stamp was read.</summary>
    public void ChangeUnlessNewer(string key, long stamp, Action change)
    {
        Group group = Of(key);
        lock (group.Lock)
        {
            if (group.Stamp == stamp)
            {
                change();
            }
        }
    }

    private Group Of(string key) => _groups[string.GetHashCode(key, StringComparison.Ordinal) & (Groups - 1)];

    private sealed class Group
    {
        public Lock Lock { get; } = new();

        public long Stamp { get; set; }
    }
}
