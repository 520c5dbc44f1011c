using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Primitives;
using static Snippets.Check;

namespace Snippets;

/// <summary>The code blocks of docs/caching-patterns.md. Each method throws if it does not do what the text around it
/// says.</summary>
public static class CachingPatternsSnippets
{
    public static async Task CacheAside()
    {
        var database = new UserTable();
        CancellationToken cancellationToken = CancellationToken.None;

        #region cache-aside
        var users = new LfuCache<string, User>(capacity: 10_000);

        // Read: look, and load what is absent. Callers of one absent key at the same time share one load.
        User user = await users.GetOrAddAsync("ada", database, static (id, db, token) => db.FindAsync(id, token), cancellationToken);

        // Write: change the source, then remove. Not update: two writers may update in the other order than they wrote.
        await database.SaveAsync("ada", user with { Name = "Ada King" }, cancellationToken);
        users.TryRemove("ada", out _);
        #endregion

        That((await users.GetOrAddAsync("ada", database.FindAsync)).Name == "Ada King", "A reader after the removal sees the write.");
        That(database.Loads == 2, "One load before, one after.");
    }

    public static async Task ReadThrough()
    {
        var table = new UserTable();

        #region read-through
        var cache = new LfuCache<string, User>(new CacheOptions<string, User>
        {
            Capacity = 10_000,
            ExpireAfterWrite = TimeSpan.FromMinutes(10),
            MissingTimeToLive = TimeSpan.FromSeconds(30), // "no such user" is an answer, too
        });
        var users = new ReadThrough<string, User>(cache, table); // table implements ICacheStore<string, User>

        CacheLookup<User> found = await users.GetAsync("ada");
        string name = found.HasValue ? found.Value.Name : "nobody";

        // One call of LoadManyAsync for all that are absent.
        IReadOnlyDictionary<string, User> many = await users.GetManyAsync(["ada", "grace", "nobody"]);
        #endregion

        That(name == "Ada" && many.Count == 2, "Two of three exist.");
        await users.GetAsync("nobody");
        That(table.Loads == 2, "What is missing was remembered.");
    }

    public static async Task WriteThrough()
    {
        var table = new UserTable();
        var cache = new LfuCache<string, User>(capacity: 10_000);

        #region write-through
        var users = new WriteThrough<string, User>(cache, table);

        await users.SetAsync("ada", new User("Ada King")); // in the store when this returns; in the cache after that
        User ada = (await users.GetAsync("ada")).Value;    // from the cache
        await users.RemoveAsync("grace");
        #endregion

        That(ada.Name == "Ada King" && table.Loads == 0, "The write is in the cache.");
        That(!(await users.GetAsync("grace")).HasValue, "The deletion is in the store.");
    }

    public static async Task WriteBehind()
    {
        var table = new UserTable();
        var cache = new LfuCache<string, User>(capacity: 10_000);
        Action<string> log = Console.WriteLine;

        #region write-behind
        await using var users = new WriteBehind<string, User>(cache, table, new WriteBehindOptions<string, User>
        {
            MaxDelay = TimeSpan.FromMilliseconds(200), // a crash loses about this much…
            Capacity = 10_000,                         // …and while the store is down, at most this many keys
            MaxBatchSize = 500,
            OnFailure = failure => log($"{failure.Writes.Count} writes: {failure.Exception.Message}"),
        });

        await users.SetAsync("ada", new User("Ada K."));
        await users.SetAsync("ada", new User("Ada King"));  // takes the place of the first
        User ada = (await users.GetAsync("ada")).Value;     // reads what is yet to be written

        await users.FlushAsync();                           // disposing does that as well
        #endregion

        That(ada.Name == "Ada King" && table.Writes == 1, "Two writes of a key became one.");
    }

    public static async Task RefreshAhead()
    {
        var database = new UserTable();

        #region refresh-ahead
        var users = new LfuCache<string, User>(new CacheOptions<string, User>
        {
            Capacity = 10_000,
            ExpireAfterWrite = TimeSpan.FromMinutes(10), // no value older than this is served,
            RefreshAfter = TimeSpan.FromMinutes(1),      // and one in use is renewed in the background from this age on
            StaleOnError = TimeSpan.FromHours(1),        // except that, while loading fails, old is better than nothing
            ExpirationJitter = 0.1,                      // what was loaded together does not expire together
        });

        User user = await users.GetOrAddAsync("ada", database, static (id, db, token) => db.FindAsync(id, token));
        #endregion

        That(user.Name == "Ada", "Found.");
    }

    public static async Task SingleFlight()
    {
        var database = new UserTable();

        #region single-flight
        var reports = new SingleFlight<string, User>();

        // However many ask at once, one query runs, and nothing is kept. Who cancels leaves alone.
        Task<User>[] callers =
        [
            .. Enumerable.Range(0, 64).Select(_ => reports.RunAsync("ada", database.SlowlyFindAsync)),
        ];
        User[] same = await Task.WhenAll(callers);
        #endregion

        That(database.Loads == 1 && same.All(user => user == same[0]), "One load for 64 callers.");
    }

    public static async Task Hybrid()
    {
        var services = new ServiceCollection();
        var database = new UserTable();

        #region hybrid
        services.AddLfuHybridCache(o =>
        {
            o.Capacity = 50_000;
            o.RefreshAfter = TimeSpan.FromMinutes(1);
            o.StaleOnError = TimeSpan.FromHours(1);
        });
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();

        #region hybrid-use
        HybridCache cache = provider.GetRequiredService<HybridCache>();
        User ada = await cache.GetOrCreateAsync("user:ada", async token => await database.FindAsync("ada", token), tags: ["users"]);
        await cache.RemoveByTagAsync("users");
        #endregion

        await cache.GetOrCreateAsync("user:ada", async token => await database.FindAsync("ada", token));
        That(ada.Name == "Ada" && database.Loads == 2, "The tag's removal made the second call load.");
    }

    public static void PlatformInterfaces()
    {
        var services = new ServiceCollection();

        #region platform-interfaces
        services.AddLfuDistributedCache(o => o.Capacity = 64 * 1024 * 1024); // bytes
        services.AddLfuMemoryCache(o => o.SizeLimit = 100_000);              // an entry without a size counts 1
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        IMemoryCache memory = provider.GetRequiredService<IMemoryCache>();
        for (int i = 0; i < 200_000; i++)
        {
            memory.Set(i, i);
            That(memory.TryGetValue(i, out _), "What was added is there.");
        }

        provider.GetRequiredService<IDistributedCache>().Set("a", [1]);
    }

    private sealed record User(string Name);

    private sealed class UserTable : ICacheStore<string, User>
    {
        private readonly ConcurrentDictionary<string, User> _rows = new() { ["ada"] = new("Ada"), ["grace"] = new("Grace") };
        private int _loads;
        private int _writes;

        public int Loads => _loads;

        public int Writes => _writes;

        public async ValueTask<User> FindAsync(string id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            await Task.Yield();
            return _rows[id];
        }

        public async ValueTask<User> SlowlyFindAsync(string id, CancellationToken cancellationToken)
        {
            await Task.Delay(50, cancellationToken);
            return await FindAsync(id, cancellationToken);
        }

        public ValueTask SaveAsync(string id, User user, CancellationToken cancellationToken)
        {
            _rows[id] = user;
            return ValueTask.CompletedTask;
        }

        public ValueTask<CacheResult<User>> LoadAsync(string key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            return ValueTask.FromResult(_rows.TryGetValue(key, out User? user) ? user : CacheResult<User>.Missing());
        }

        public ValueTask<IReadOnlyDictionary<string, User>> LoadManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            return ValueTask.FromResult<IReadOnlyDictionary<string, User>>(
                keys.Where(_rows.ContainsKey).ToDictionary(key => key, key => _rows[key]));
        }

        public ValueTask WriteAsync(IReadOnlyList<CacheWrite<string, User>> writes, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _writes);
            foreach (CacheWrite<string, User> write in writes)
            {
                if (write.IsDelete)
                {
                    _rows.TryRemove(write.Key, out _);
                }
                else
                {
                    _rows[write.Key] = write.Value!;
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}
