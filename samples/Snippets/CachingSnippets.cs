using Microsoft.Extensions.DependencyInjection;
using Primitives;
using static Snippets.Check;

namespace Snippets;

/// <summary>The code blocks of the caches' own pages. Each method throws if it does not do what the text around it
/// says.</summary>
public static class CachingSnippets
{
    public static async Task Load()
    {
        var database = new Prices();
        CancellationToken cancellationToken = CancellationToken.None;

        #region load
        var prices = new LfuCache<string, decimal>(new CacheOptions<string, decimal>
        {
            Capacity = 100_000,
            ExpireAfterWrite = TimeSpan.FromMinutes(10),
            RefreshAfter = TimeSpan.FromMinutes(1),     // the old price is served while the new one is loaded
        });

        // However many callers miss at once, one load runs; who cancels leaves alone.
        decimal price = await prices.GetOrAddAsync(
            "tea", database, static async (name, db, token) => await db.LoadAsync(name, token), cancellationToken);

        bool isCached = prices.TryGet("tea-2026".AsSpan(0, 3), out decimal cached);    // no string is made for it
        prices.Set("milk", 1.20m, new() { ExpireAfterWrite = TimeSpan.FromSeconds(5) });    // with a lifetime of its own
        prices.TryRemove("milk", out _);                // and what is being loaded for it will not be stored
        #endregion

        That(price == 3 && isCached && cached == price && database.Loads == 1 && prices.Count == 1, "The second look finds what the first loaded.");
        prices.Dispose();
    }

    public static async Task Decide()
    {
        var database = new Prices();

        #region decide
        var prices = new LfuCache<string, decimal>(capacity: 10_000);

        CacheLookup<decimal> found = await prices.TryGetOrAddAsync("tea", database, static async (name, db, token) =>
        {
            (decimal price, TimeSpan validFor) = await db.QuoteAsync(name, token);
            return price switch
            {
                0 => CacheResult<decimal>.Missing(TimeSpan.FromSeconds(5)),   // remembered as missing
                < 0 => CacheResult<decimal>.DoNotStore(price),                // handed out, not kept
                _ => CacheResult<decimal>.Store(price, validFor),             // with its own time to live
            };
        });
        #endregion

        That(found.Value == 3 && prices.Count == 1, "It is stored.");
        prices.Dispose();
    }

    public static async Task Many()
    {
        var database = new Prices();
        using var prices = new LfuCache<string, decimal>(capacity: 10_000);
        prices.Set("milk", 1);

        #region many
        // One call for all that are absent; what others are loading already is waited for and not loaded again.
        IReadOnlyDictionary<string, decimal> all = await prices.GetOrAddManyAsync(
            ["tea", "milk", "coffee"], database, static (names, db, token) => db.LoadManyAsync(names, token));
        #endregion

        That(all.Count == 3 && all["milk"] == 1 && database.Loads == 1, "One call for two absent keys.");
    }

    public static void Weigh()
    {
        #region weigh
        var pages = new LruCache<string, byte[]>(new CacheOptions<string, byte[]>
        {
            Capacity = 64 * 1024 * 1024,                                   // bytes, because the weigher says bytes
            Weigher = static (url, page) => page.Length + (2 * url.Length),
            OnRemoved = static (url, page, reason) => Console.WriteLine($"{url}: {reason}"),
        });

        bool fits = pages.Set("/", new byte[1_000]);
        bool fitsNot = pages.Set("/huge", new byte[65 * 1024 * 1024]);     // refused; nothing is evicted for it
        #endregion

        That(fits && !fitsNot && pages.Count == 1 && pages.Weight == 1_002, "The huge one is refused.");
        pages.Dispose();
    }

    public static void Lease()
    {
        #region lease
        using var files = new LruCache<string, Stream>(new CacheOptions<string, Stream> { Capacity = 100, DisposeValues = true });

        using (CacheLease<Stream> file = files.LeaseOrAdd("log", 0, static (_, _) => new MemoryStream()))
        {
            files.Clear();                    // or an eviction, on another thread
            file.Value.WriteByte(1);          // still open: disposed of when the last lease ends
        }
        #endregion

        That(files.Count == 0, "It is cleared.");
    }

    public static void Services()
    {
        var services = new ServiceCollection();

        #region services
        services.AddLfuCache<string, decimal>("prices", options =>
        {
            options.Capacity = 100_000;
            options.ExpireAfterWrite = TimeSpan.FromMinutes(10);
        });

        // Where it is needed: [FromKeyedServices("prices")] LfuCache<string, decimal> prices
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        var prices = provider.GetRequiredKeyedService<LfuCache<string, decimal>>("prices");
        That(prices.Capacity == 100_000 && ReferenceEquals(prices, provider.GetRequiredKeyedService<LfuCache<string, decimal>>("prices")), "One cache.");
    }

    private sealed class Prices
    {
        public int Loads { get; private set; }

        public async ValueTask<decimal> LoadAsync(string name, CancellationToken cancellationToken)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            Loads++;
            return name.Length;
        }

        public async ValueTask<(decimal Price, TimeSpan ValidFor)> QuoteAsync(string name, CancellationToken cancellationToken) =>
            (await LoadAsync(name, cancellationToken), TimeSpan.FromMinutes(1));

        public async ValueTask<IReadOnlyDictionary<string, decimal>> LoadManyAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
        {
            await LoadAsync(names[0], cancellationToken);
            return names.ToDictionary(name => name, name => (decimal)name.Length);
        }
    }
}
