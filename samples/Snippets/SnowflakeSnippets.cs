using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

/// <summary>The code blocks of docs/snowflake.md and of the package's README. Each method throws if it does not do what the
/// text around it says.</summary>
public static class SnowflakeSnippets
{
    public static void QuickStart()
    {
        #region quick-start
        var ids = new SnowflakeGenerator(workerId: 3);

        long id = ids.Next();

        SnowflakeParts parts = ids.Layout.Decode(id);
        Console.WriteLine($"{id}: made {parts.Timestamp:O} by worker {parts.WorkerId}, its number {parts.Sequence} of that millisecond");
        #endregion

        Check(parts.WorkerId == 3 && TimeProvider.System.GetUtcNow() - parts.Timestamp < TimeSpan.FromMinutes(1));
    }

    public static void OwnLayout()
    {
        #region own-layout
        // 42 bits of milliseconds last 139 years; 256 workers; 8,192 ids a millisecond each.
        var layout = new SnowflakeLayout(
            timestampBits: 42, workerBits: 8, sequenceBits: 13, epoch: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

        var ids = new SnowflakeGenerator(workerId: 200, layout);
        #endregion

        Check(layout.Decode(ids.Next()).WorkerId == 200 && layout.Exhausted.Year == 2165);
    }

    public static void RangeQuery()
    {
        #region range-query
        SnowflakeLayout layout = SnowflakeLayout.Twitter;
        var day = new DateTimeOffset(2026, 7, 14, 0, 0, 0, TimeSpan.Zero);

        // SELECT … WHERE id >= @from AND id < @to
        long from = layout.MinFor(day);
        long to = layout.MinFor(day.AddDays(1));
        #endregion

        Check(from <= layout.Encode(day, 0, 0) && layout.Encode(day.AddDays(1).AddTicks(-1), 1023, 4095) < to && to <= layout.Encode(day.AddDays(1), 0, 0));
    }

    public static void ForeignIds()
    {
        #region foreign-ids
        SnowflakeParts parts = SnowflakeLayout.Discord.Decode(175928847299117063);

        // 2016-04-30T11:18:25.796Z; Discord calls the upper 5 bits the worker and the lower 5 the process.
        Console.WriteLine($"{parts.Timestamp:O}, worker {parts.WorkerId >> 5}, process {parts.WorkerId & 31}, increment {parts.Sequence}");
        #endregion

        Check(parts.WorkerId >> 5 == 1 && parts.Sequence == 7);
    }

    public static void Batch()
    {
        var ids = new SnowflakeGenerator(workerId: 3);

        #region batch
        long[] batch = new long[1_000];
        ids.Next(batch); // one clock read and one compare-and-swap for what one tick holds
        #endregion

        Check(batch.Zip(batch.Skip(1)).All(pair => pair.First < pair.Second));
    }

    public static async Task WithoutWaiting()
    {
        var ids = new SnowflakeGenerator(workerId: 3);
        CancellationToken cancellationToken = CancellationToken.None;

        #region without-waiting
        if (!ids.TryNext(out long id))
        {
            // The 4,096 ids of this millisecond are used up. Waits by a timer, not with a thread.
            id = await ids.NextAsync(cancellationToken);
        }
        #endregion

        Check(id > 0);
    }

    public static void DependencyInjection()
    {
        var services = new ServiceCollection();
        Environment.SetEnvironmentVariable("ORDERS_WORKER_ID", "7");

        #region dependency-injection
        services.AddSnowflakeIds(o => o.WorkerId = SnowflakeWorkerId.FromEnvironment("ORDERS_WORKER_ID"));

        services.AddSnowflakeIds("invoices", o =>
        {
            o.WorkerId = SnowflakeWorkerId.FromEnvironment("ORDERS_WORKER_ID");
            o.Layout = SnowflakeLayout.JavaScriptSafe; // invoice numbers are shown by a browser
        });
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        Check(provider.GetRequiredService<SnowflakeGenerator>().WorkerId == 7);
        Check(provider.GetRequiredKeyedService<SnowflakeGenerator>("invoices").Next() < 1L << 53);
    }

    public static void RestartSafe()
    {
        string folder = Directory.CreateTempSubdirectory("primitives-").FullName;
        try
        {
            var services = new ServiceCollection();
            string path = Path.Combine(folder, "orders-3.mark");

            #region restart-safe
            services.AddSingleton<IHighWaterMark>(_ => new FileHighWaterMark(path));
            services.AddSnowflakeIds(o => o.WorkerId = SnowflakeWorkerId.FromHostNameOrdinal("orders-3"));
            #endregion

            long last;
            using (ServiceProvider provider = services.BuildServiceProvider())
            {
                last = provider.GetRequiredService<SnowflakeGenerator>().Next();
            }

            using (ServiceProvider provider = services.BuildServiceProvider())
            {
                Check(provider.GetRequiredService<SnowflakeGenerator>().Next() > last);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Check(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The snippet does not do what its text says.");
        }
    }
}
