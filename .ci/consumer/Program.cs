using Microsoft.Extensions.DependencyInjection;
using Primitives;

// One use of every package, as a newcomer would write it, with what it must give.
Expect(StableHash.Compute("user:42") == 0x9FC1E605FA7174AA, "Primitives.Hashing");

Expect(Base62.Encode(ulong.MaxValue) == "LygHa16AHYF", "Primitives.Base62");
var codes = new ShortCodePermutation("a key of 16 bytes or more"u8, length: 7);
Expect(codes.Invert(codes.Permute(12345)) == 12345, "Primitives.Base62, codes");

using ServiceProvider services = new ServiceCollection()
    .AddSnowflakeIds(options => options.WorkerId = 7)
    .AddHashRing<int>(options =>
    {
        options.Nodes.Add(new("shard-0", 0));
        options.Nodes.Add(new("shard-1", 1));
    })
    .BuildServiceProvider();
var ids = services.GetRequiredService<SnowflakeGenerator>();
long first = ids.Next();
Expect(ids.Next() > first && ids.Layout.Decode(first).WorkerId == 7, "Primitives.Snowflake");

HashRing<int> ring = services.GetRequiredService<HashRingRouter<int>>().Ring;
RingDiff<int> diff = ring.Diff(ring.Add(new("shard-2", 2)));
Expect(ring.GetNode("user:42") is 0 or 1 && diff.Moves.All(move => move.To.Value == 2), "Primitives.ConsistentHashing");
BloomFilter seen = BloomFilter.Create(capacity: 1_000);
Expect(seen.Add("ada") && BloomFilter.FromBytes(seen.ToBytes()).Contains("ada") && !seen.Contains("grace"), "Primitives.BloomFilter");
using var prices = new LfuCache<string, int>(capacity: 2);
Expect(
    prices.GetOrAdd("tea", static _ => 3) == 3 && prices.GetOrAdd("tea", static _ => 4) == 3 && prices.TryGet("tea", out int price) && price == 3,
    "Primitives.Caching");
var visitors = new HyperLogLog();
visitors.Add("ada");
visitors.Add("grace");
Expect(Math.Round(HyperLogLog.FromBytes(visitors.ToBytes()).Estimate()) == 2, "Primitives.HyperLogLog");

var words = new AutocompleteBuilder();
words.Add("Éléonore", 2);
words.Add("elephant", 1);
var suggestions = new LiveAutocompleteIndex(initial: AutocompleteIndex.FromBytes(words.Build().ToBytes()));
suggestions.Increment("element", 3);
Expect(suggestions.Complete("ele", 10) is ["element", "Éléonore", "elephant"], "Primitives.Autocomplete");
using var limiter = new TokenBucketLimiter(RateQuota.PerSecond(2));
Expect(limiter.TryAcquire(2) && !limiter.TryAcquire(1, out RateLimitDecision refusal) && refusal.RetryAfter > TimeSpan.Zero, "Primitives.RateLimiting");
using ServiceProvider web = new ServiceCollection()
    .AddKeyedRateLimiter<string>("api", options => options.Quotas.Add(RateQuota.PerMinute(60)))
    .AddRequestLimiter("api")
    .BuildServiceProvider();
Expect(web.GetRequiredKeyedService<RequestLimiter>("api").ShadowRefusals == 0, "Primitives.RateLimiting.AspNetCore");

int tries = 0;
var retry = new RetryOptions { Backoff = Backoff.Constant(TimeSpan.FromMilliseconds(1)).WithMaxAttempts(3), Budget = RetryBudget.ByRatio() };
int tried = await Retry.ExecuteAsync(_ => ++tries < 3 ? throw new TimeoutException() : new ValueTask<int>(tries), retry);
Expect(tried == 3, "Primitives.Backoff");
var breaker = new CircuitBreaker(new CircuitBreakerOptions { MinimumThroughput = 1 });
breaker.Acquire().Failure();
Expect((await breaker.TryExecuteAsync(static (state, _) => new ValueTask<int>(state), 1)).IsRejected, "Primitives.CircuitBreaker");
Expect(new Bulkhead(2).Execute(static state => state, 7) == 7, "Primitives.Bulkhead");
var clients = new ServiceCollection();
clients.AddHttpClient("payments").AddRetry().AddCircuitBreaker().AddBulkhead(o => o.MaxConcurrency = 3);
using ServiceProvider http = clients.BuildServiceProvider();
using HttpClient client = http.GetRequiredService<IHttpClientFactory>().CreateClient("payments");
Expect(http.GetRequiredKeyedService<Bulkhead>("payments").MaxConcurrency == 3, "Primitives.Http");

static void Expect(bool condition, string what)
{
    if (!condition)
    {
        throw new InvalidOperationException($"{what} does not work.");
    }

    Console.WriteLine($"{what}: ok");
}
