using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Primitives;

namespace UrlShortener.Tests;

public sealed class VisitorCounterTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly VisitorStore _store;

    public VisitorCounterTests() => _store = OpenStore();

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Visitors_that_several_servers_count_on_many_threads_are_all_there_afterwards()
    {
        using VisitorStore otherStore = OpenStore();
        VisitorCounter[] servers = [new(_store, _time), new(otherStore, _time) { MaxRecent = 4 }];
        Race.Run(6, thread =>
        {
            VisitorCounter server = servers[thread.Index % 2];
            for (int i = 0; i < 300; i++)
            {
                if (thread.Index >= 4)
                {
                    server.Flush();
                    continue;
                }

                // 8 links, 150 visitors each, all of whom come to both servers.
                Count(server, $"link{i % 8}", $"visitor {(i * 7) % 1200 / 8} of {i % 8}");
                Assert.True(server.Total($"link{i % 8}") > 0);
            }
        });
        Array.ForEach(servers, server => server.Flush());

        using VisitorStore aloneStore = OpenStoreIn(_folder.Combine("alone"));
        var alone = new VisitorCounter(aloneStore, _time);
        for (int i = 0; i < 300; i++)
        {
            Count(alone, $"link{i % 8}", $"visitor {(i * 7) % 1200 / 8} of {i % 8}");
        }

        for (int link = 0; link < 8; link++)
        {
            long expected = alone.Total($"link{link}");
            Assert.InRange(expected, 30, 38);
            Assert.All(servers, server => Assert.Equal(expected, server.Total($"link{link}")));
            Assert.All(servers, server => Assert.Equal(expected, Assert.Single(server.Days($"link{link}")).Visitors));
        }
    }

    [Fact]
    public void A_thread_finds_every_visitor_it_has_counted_while_sketches_move()
    {
        var visitors = new VisitorCounter(_store, _time) { MaxRecent = 0 }; // forgotten with each flush
        int counting = 1;
        Race.Run(
            () =>
            {
                for (int i = 1; i <= 400; i++)
                {
                    Count(visitors, "link", $"visitor {i}");
                    Assert.Equal(i, visitors.Total("link"));
                    Assert.Equal(i, Assert.Single(visitors.Days("link")).Visitors);
                }

                Volatile.Write(ref counting, 0);
            },
            () =>
            {
                while (Volatile.Read(ref counting) != 0)
                {
                    visitors.Flush();
                }
            });
    }

    [Fact]
    public void Sketches_in_memory_are_bounded_and_those_in_use_stay()
    {
        var visitors = new VisitorCounter(_store, _time) { MaxRecent = 100 };
        for (int round = 0; round < 5; round++)
        {
            for (int link = 0; link < 1_000; link++)
            {
                Count(visitors, $"link{link}", "ada");
                Count(visitors, "hot", "grace");
            }

            Assert.Equal(1_001, visitors.RecentCount);
            visitors.Flush();
            Assert.Equal(75, visitors.RecentCount);
        }

        Assert.Equal(1, visitors.Total("link7"));
        Database().Execute("DELETE FROM visitors");
        Assert.Equal(1, visitors.Total("hot")); // from memory
        Assert.Equal(0, visitors.Total("link7"));
    }

    [Fact]
    public void Known_visitors_write_nothing()
    {
        var visitors = new VisitorCounter(_store, _time);
        Count(visitors, "link", "ada");
        visitors.Flush();
        Database().Execute("DELETE FROM visitors");
        Count(visitors, "link", "ada");
        visitors.Flush();
        Assert.Null(_store.FindTotal("link"));

        Count(visitors, "link", "grace");
        visitors.Flush();
        Assert.Equal(2, Math.Round(_store.FindTotal("link")!.Estimate()));
    }

    [Fact]
    public void A_flush_that_fails_throws_and_loses_nothing()
    {
        var visitors = new VisitorCounter(_store, _time);
        Count(visitors, "link", "ada");
        Database().Execute("ALTER TABLE visitors RENAME TO gone");
        Assert.ThrowsAny<Exception>(visitors.Flush);
        Count(visitors, "link", "grace");
        Database().Execute("ALTER TABLE gone RENAME TO visitors");
        visitors.Flush();

        using VisitorStore other = OpenStore();
        Assert.Equal(2, new VisitorCounter(other, _time).Total("link"));
    }

    [Fact]
    public void Old_days_are_deleted_and_their_visitors_stay_in_the_total()
    {
        var visitors = new VisitorCounter(_store, _time);
        for (int link = 0; link < 1_200; link++)
        {
            Count(visitors, $"link{link}", "ada");
        }

        visitors.Flush();
        Assert.Equal(2_400, CountRows());
        _time.Advance(TimeSpan.FromDays(29));
        Count(visitors, "link0", "grace");
        visitors.Flush();
        Assert.Equal(2_401, CountRows()); // the 30th day: the first still counts

        _time.Advance(TimeSpan.FromDays(1));
        visitors.Flush();
        Assert.Equal(1_201, CountRows());
        Assert.Equal(2, visitors.Total("link0"));
        Assert.Equal(1, visitors.Total("link1199"));
        Assert.Equal(new DateOnly(2026, 1, 30), Assert.Single(visitors.Days("link0")).Day);
    }

    public static TheoryData<byte[]> Damages =>
    [
        [],
        [0],
        [.. Enumerable.Repeat((byte)'x', 5_000)],
        new HyperLogLog(12).ToBytes()[..^1],
        new UltraLogLog(12).ToBytes(),
    ];

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_sketch_counts_as_empty_and_the_next_visitor_replaces_it(byte[] damage)
    {
        var visitors = new VisitorCounter(_store, _time);
        Count(visitors, "link", "ada");
        visitors.Flush();
        _time.Advance(TimeSpan.FromDays(1));
        Count(visitors, "link", "grace");
        Count(visitors, "other", "ada");
        visitors.Flush();
        Damage(damage, "code = 'link' AND day < (SELECT max(day) FROM visitors)"); // the total and the first day

        var log = new ListLogger();
        using var store = new VisitorStore(new DataFolder(_folder.FullPath).Visitors, log);
        visitors = new VisitorCounter(store, _time);
        Assert.Equal(1, visitors.Total("link")); // of the day that is left
        Assert.Equal(1, Assert.Single(visitors.Days("link")).Visitors);
        Assert.Equal(1, visitors.Total("other"));
        Assert.NotEmpty(log.Lines);
        Assert.All(log.Lines, line => Assert.Contains("link", line, StringComparison.Ordinal));

        Damage(damage, "code = 'link'");
        Assert.Equal(0, visitors.Total("link"));
        Count(visitors, "link", "edsger");
        Count(visitors, "other", "grace");
        visitors.Flush();
        log.Lines.Clear();

        using VisitorStore again = OpenStore();
        Assert.Equal(1, Math.Round(again.FindTotal("link")!.Estimate()));
        Assert.Equal(2, Math.Round(again.FindTotal("other")!.Estimate()));
        Assert.Equal(1, visitors.Total("link"));
        Assert.Empty(log.Lines);
    }

    [Theory]
    [InlineData("DELETE FROM secret")]
    [InlineData("UPDATE secret SET key = x'00'")]
    public void A_file_without_its_key_is_refused(string damage)
    {
        Database().Execute(damage);
        Assert.Contains("visitors.db", Assert.Throws<ShortenerException>(OpenStore).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_something_else_is_refused()
    {
        new LinkDatabase(_folder.Combine("links.db")).UseMeta(meta => true);
        File.WriteAllText(_folder.Combine("text.db"), new string('x', 5_000));
        foreach (string file in new[] { "links.db", "text.db" })
        {
            ShortenerException exception = Assert.Throws<ShortenerException>(() => new VisitorStore(new LinkDatabase(_folder.Combine(file))));
            Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        }
    }

    private VisitorStore OpenStore() => OpenStoreIn(_folder.FullPath);

    private static VisitorStore OpenStoreIn(string folder) => new(new DataFolder(folder).Visitors);

    private Database Database() => new(_folder.FullPath, "visitors.db");

    private long CountRows() => Database().Query("SELECT count(*) FROM visitors", row => row.GetInt64(0)).Single();

    private void Damage(byte[] sketch, string where) =>
        Database().Execute($"UPDATE visitors SET sketch = x'{Convert.ToHexString(sketch)}' WHERE {where}");

    private static void Count(VisitorCounter visitors, string code, string userAgent)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Headers.UserAgent = userAgent;
        visitors.Count(code, context);
    }

    private sealed class ListLogger : ILogger<VisitorStore>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
