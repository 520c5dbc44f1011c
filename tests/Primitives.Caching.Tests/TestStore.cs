using System.Collections.Concurrent;

namespace Primitives.Tests;

/// <summary>A store in memory that can be made slow, failing or picky. It checks that no two writes of a key overlap.</summary>
internal sealed class TestStore : ICacheStore<string, int>
{
    private readonly ConcurrentDictionary<string, int> _writing = new();
    private int _loads;
    private int _writes;

    public ConcurrentDictionary<string, int> Rows { get; } = new();

    /// <summary>Every batch that was tried, in order.</summary>
    public ConcurrentQueue<CacheWrite<string, int>[]> Batches { get; } = new();

    /// <summary>Runs before a batch is applied; what it throws fails the batch.</summary>
    public Func<IReadOnlyList<CacheWrite<string, int>>, CancellationToken, Task> BeforeWrite { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs after a batch was applied; what it throws makes the batch look failed.</summary>
    public Func<IReadOnlyList<CacheWrite<string, int>>, Task> AfterWrite { get; set; } = _ => Task.CompletedTask;

    public Func<string, CancellationToken, Task> BeforeLoad { get; set; } = (_, _) => Task.CompletedTask;

    public Func<string, Task> AfterLoad { get; set; } = _ => Task.CompletedTask;

    public int Loads => Volatile.Read(ref _loads);

    public int Writes => Volatile.Read(ref _writes);

    public async ValueTask<CacheResult<int>> LoadAsync(string key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads);
        await BeforeLoad(key, cancellationToken);
        CacheResult<int> result = Rows.TryGetValue(key, out int value) ? value : CacheResult<int>.Missing();
        await AfterLoad(key);
        return result;
    }

    public async ValueTask<IReadOnlyDictionary<string, int>> LoadManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads);
        await BeforeLoad(keys[0], cancellationToken);
        return keys.Where(Rows.ContainsKey).ToDictionary(key => key, key => Rows[key]);
    }

    public async ValueTask WriteAsync(IReadOnlyList<CacheWrite<string, int>> writes, CancellationToken cancellationToken)
    {
        Assert.NotEmpty(writes);
        Assert.Equal(writes.Count, writes.Select(write => write.Key).Distinct().Count());
        Batches.Enqueue([.. writes]);
        Interlocked.Increment(ref _writes);
        Assert.All(writes, write => Assert.True(_writing.TryAdd(write.Key, 0), "Two writes of a key overlap."));
        try
        {
            await BeforeWrite(writes, cancellationToken);
            foreach (CacheWrite<string, int> write in writes)
            {
                if (write.IsDelete)
                {
                    Rows.TryRemove(write.Key, out _);
                }
                else
                {
                    Rows[write.Key] = write.Value;
                }
            }

            await AfterWrite(writes);
        }
        finally
        {
            foreach (CacheWrite<string, int> write in writes)
            {
                _writing.TryRemove(write.Key, out _);
            }
        }
    }
}
