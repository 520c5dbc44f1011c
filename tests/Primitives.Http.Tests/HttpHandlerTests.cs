using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using Primitives.Testing;

namespace Primitives.Tests;

public class HttpHandlerTests
{
    private static readonly Uri Payments = new("https://payments.example/charge");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(HttpStatusCode.RequestTimeout, true)]
    [InlineData(HttpStatusCode.NotFound, false)]
    [InlineData(HttpStatusCode.TooManyRequests, false)]
    [InlineData(HttpStatusCode.OK, false)]
    public async Task A_breaker_opens_on_server_errors_only(HttpStatusCode status, bool opens)
    {
        CircuitBreakerSet<string> breakers = Breakers();
        using StubServer server = StubServer.Always(status);
        using HttpClient client = Client(new CircuitBreakerHandler(breakers), server);
        await client.GetAsync(Payments);
        using var request = new HttpRequestMessage(HttpMethod.Get, Payments);
        client.Send(request);
        Assert.Equal(opens ? CircuitState.Open : CircuitState.Closed, breakers.Get("https://payments.example").State);
        if (opens)
        {
            CircuitOpenException refusal = await Assert.ThrowsAsync<CircuitOpenException>(() => client.GetAsync(Payments));
            Assert.True(refusal.RetryAfter > TimeSpan.Zero);
            using var second = new HttpRequestMessage(HttpMethod.Get, Payments);
            Assert.Throws<CircuitOpenException>(() => client.Send(second));
            Assert.Equal(2, server.Count); // refused requests are not sent
        }
    }

    [Fact]
    public async Task Breakers_are_by_authority_or_by_a_key_of_ones_own()
    {
        CircuitBreakerSet<string> breakers = Breakers();
        using StubServer server = StubServer.Always(HttpStatusCode.BadGateway);
        using HttpClient client = Client(new CircuitBreakerHandler(breakers), server);
        await client.GetAsync(Payments);
        await client.GetAsync(Payments);
        await client.GetAsync(new Uri("https://payments.example:8443/charge"));
        Assert.Equal(
            ["https://payments.example Open", "https://payments.example:8443 Closed"],
            breakers.ToArray().Select(pair => $"{pair.Key} {pair.Value.State}").Order());

        CircuitBreakerSet<string> tenants = Breakers();
        using StubServer other = StubServer.Always(HttpStatusCode.OK);
        using HttpClient byTenant = Client(new CircuitBreakerHandler(tenants, request => request.Headers.UserAgent.ToString()), other);
        byTenant.DefaultRequestHeaders.UserAgent.ParseAdd("a");
        await byTenant.GetAsync(Payments);
        Assert.Equal("a", Assert.Single(tenants.ToArray()).Key);
    }

    [Fact]
    public async Task Network_errors_are_failures_and_cancellations_are_neither()
    {
        CircuitBreakerSet<string> breakers = Breakers();
        using var source = new CancellationTokenSource();
        using var server = new StubServer(async (i, _, token) =>
        {
            if (i < 5)
            {
                await source.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            throw new HttpRequestException("connection reset");
        });
        using HttpClient client = Client(new CircuitBreakerHandler(breakers), server);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(Payments, source.Token));
        CircuitBreaker breaker = breakers.Get("https://payments.example");
        Assert.Equal((0, 1), (breaker.Statistics.Failed, breaker.Statistics.Ignored));

        using var failing = new StubServer((_, _, _) => throw new HttpRequestException("connection reset"));
        using HttpClient second = Client(new CircuitBreakerHandler(breakers), failing);
        await Assert.ThrowsAsync<HttpRequestException>(() => second.GetAsync(Payments));
        await Assert.ThrowsAsync<HttpRequestException>(() => second.GetAsync(Payments));
        Assert.Equal(CircuitState.Open, breaker.State);
    }

    [Fact]
    public async Task An_attempt_that_times_out_is_a_failure_to_the_breaker_inside()
    {
        CircuitBreakerSet<string> breakers = Breakers();
        using var server = new StubServer(async (_, _, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException();
        });
        using HttpClient client = Client(
            new RetryHandler(new RetryOptions { Backoff = default, AttemptTimeout = Second, TimeProvider = _time }),
            new CircuitBreakerHandler(breakers),
            server);
        for (int i = 0; i < 2; i++)
        {
            Task<HttpResponseMessage> sending = client.GetAsync(Payments);
            Advance(sending, 5 * Second);
            await Assert.ThrowsAsync<TimeoutException>(() => sending);
        }

        Assert.Equal(CircuitState.Open, breakers.Get("https://payments.example").State);
    }

    [Theory]
    [InlineData("GET", "none", 3)]
    [InlineData("HEAD", "none", 3)]
    [InlineData("OPTIONS", "none", 3)]
    [InlineData("DELETE", "none", 3)]
    [InlineData("PUT", "text", 3)]
    [InlineData("PUT", "json", 3)]
    [InlineData("PUT", "form", 3)]
    [InlineData("PUT", "stream", 1)]
    [InlineData("POST", "none", 1)]
    [InlineData("POST", "text", 1)]
    [InlineData("PATCH", "json", 1)]
    public async Task Only_what_may_be_sent_twice_is(string method, string content, int sent)
    {
        foreach (bool blocking in (bool[])[false, true])
        {
            using StubServer server = StubServer.Sequence(HttpStatusCode.ServiceUnavailable);
            using HttpClient client = Client(new RetryHandler(Fast(attempts: 3)), server);
            using var request = new HttpRequestMessage(new HttpMethod(method), Payments);
            request.Content = content switch
            {
                "text" => new StringContent("amount=3"),
                "json" => JsonContent.Create(new[] { 3 }),
                "form" => new FormUrlEncodedContent([new("amount", "3")]),
                "stream" => new StreamContent(new MemoryStream([3])),
                _ => null,
            };
            using HttpResponseMessage response = blocking ? client.Send(request) : await client.SendAsync(request);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, sent), (response.StatusCode, server.Count));
            Assert.Single(server.Bodies.Append("").Take(Math.Max(1, server.Bodies.Count)).Distinct()); // the same each time
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.RequestTimeout, true)]
    [InlineData(HttpStatusCode.TooManyRequests, true)]
    [InlineData(HttpStatusCode.BadGateway, true)]
    [InlineData(HttpStatusCode.NotImplemented, false)]
    [InlineData(HttpStatusCode.HttpVersionNotSupported, false)]
    [InlineData(HttpStatusCode.NotFound, false)]
    public async Task Only_answers_that_may_change_are_asked_for_again(HttpStatusCode status, bool again)
    {
        using StubServer server = StubServer.Sequence(status, HttpStatusCode.OK);
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 3)), server);
        Assert.Equal(again ? HttpStatusCode.OK : status, (await client.GetAsync(Payments)).StatusCode);
        Assert.Equal(again ? 2 : 1, server.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Retry_after_is_heeded_as_seconds_and_as_a_date(bool asDate)
    {
        DateTimeOffset start = _time.GetUtcNow();
        List<TimeSpan> sent = [];
        using var server = new StubServer((i, _, _) =>
        {
            sent.Add(_time.GetUtcNow() - start);
            var response = new HttpResponseMessage(i == 0 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK);
            response.Headers.RetryAfter = asDate ? new RetryConditionHeaderValue(start + (8 * Second)) : new RetryConditionHeaderValue(8 * Second);
            return Task.FromResult(response);
        });
        using HttpClient client = Client(
            new RetryHandler(new RetryOptions { Backoff = Backoff.Constant(Second).WithMaxAttempts(2), TimeProvider = _time }), server);
        Task<HttpResponseMessage> sending = client.GetAsync(Payments);
        Advance(sending, 20 * Second);
        Assert.Equal(HttpStatusCode.OK, (await sending).StatusCode);
        Assert.InRange(sent[1], 8 * Second, 10.5 * Second);
    }

    [Fact]
    public async Task A_connection_that_times_out_is_tried_again()
    {
        // The platform's form of SocketsHttpHandler.ConnectTimeout.
        using var server = new StubServer((i, _, _) => i == 0
            ? throw new TaskCanceledException("connecting", new TimeoutException())
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)));
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 2)), server);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Payments)).StatusCode);
    }

    [Fact]
    public async Task Network_errors_that_the_platform_does_not_wrap_are_tried_again()
    {
        // SocketsHttpHandler asks a new connection for its peer, and lets the socket's answer through if it is gone.
        Exception[] errors = [new SocketException((int)SocketError.NotConnected), new IOException("reset")];
        using var server = new StubServer((i, _, _) => i < errors.Length
            ? throw errors[i]
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)));
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 3)), server);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Payments)).StatusCode);
    }

    [Fact]
    public async Task A_redirected_request_is_repeated_where_it_was_sent_first()
    {
        List<string> sent = [];
        using var server = new StubServer((_, request, _) =>
        {
            sent.Add($"{request.Method} {request.RequestUri} {request.Headers.Authorization} {request.Content is not null}");
            request.Method = HttpMethod.Get; // as the platform's redirection does
            request.RequestUri = new Uri("https://replica.example/");
            request.Headers.Authorization = null;
            request.Content = null;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway));
        });
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 2)), server);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "t");
        await client.PutAsync(Payments, new StringContent("amount=3"));
        Assert.Equal(Enumerable.Repeat($"PUT {Payments} Bearer t True", 2), sent);

        using StubServer plain = new((_, request, _) =>
        {
            Assert.Equal(["a, b=c d, e"], request.Headers.GetValues("Authorization"));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadGateway));
        });
        using HttpClient odd = Client(new RetryHandler(Fast(attempts: 2)), plain);
        odd.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "a, b=c d, e");
        await odd.GetAsync(Payments);
        Assert.Equal(2, plain.Count);
    }

    [Fact]
    public async Task An_attempt_that_times_out_in_the_bulkheads_queue_is_not_the_servers_failure()
    {
        var bulkhead = new Bulkhead(1, maxQueue: 5);
        bulkhead.TryAcquire(out _);
        CircuitBreakerSet<string> breakers = Breakers(threshold: 1);
        using StubServer server = StubServer.Always(HttpStatusCode.OK);
        using HttpClient client = Client(
            new RetryHandler(new RetryOptions { Backoff = default, AttemptTimeout = Second, TimeProvider = _time }),
            new CircuitBreakerHandler(breakers),
            new BulkheadHandler(bulkhead),
            server);
        Task<HttpResponseMessage> sending = client.GetAsync(Payments);
        Advance(sending, 5 * Second);
        BulkheadRejectedException refusal = await Assert.ThrowsAsync<BulkheadRejectedException>(() => sending);
        Assert.Equal(BulkheadRejection.TimedOut, refusal.Reason);
        Assert.Equal((1L, 0L), (breakers.Get("https://payments.example").Statistics.Ignored, breakers.Get("https://payments.example").Statistics.Failed));

        using var source = new CancellationTokenSource();
        sending = client.GetAsync(Payments, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending); // the caller's own wish stays what it is
        Assert.Equal((0, 0), (bulkhead.Queued, server.Count));
    }

    [Fact]
    public async Task What_may_not_be_repeated_still_tells_the_budget_that_it_failed()
    {
        RetryBudget budget = RetryBudget.Grpc(maxTokens: 4, ratio: 1);
        using StubServer server = StubServer.Always(HttpStatusCode.ServiceUnavailable);
        using HttpClient client = Client(new RetryHandler(new RetryOptions { Budget = budget }), server);
        await client.PostAsync(Payments, null);
        Assert.True(budget.TryRetry());
        await client.PostAsync(Payments, null);
        Assert.False(budget.TryRetry()); // half of the tokens are gone
        Assert.Equal(2, server.Count);
    }

    [Fact]
    public async Task Refusals_by_breaker_and_bulkhead_are_not_retried()
    {
        CircuitBreakerSet<string> breakers = Breakers();
        breakers.Get("https://payments.example").Isolate();
        using StubServer server = StubServer.Always(HttpStatusCode.OK);
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 5)), new CircuitBreakerHandler(breakers), server);
        await Assert.ThrowsAsync<CircuitOpenException>(() => client.GetAsync(Payments));
        Assert.Equal(1, breakers.Get("https://payments.example").Statistics.Rejected);

        var bulkhead = new Bulkhead(1);
        bulkhead.TryAcquire(out _);
        CircuitBreakerSet<string> outside = Breakers();
        using StubServer idle = StubServer.Always(HttpStatusCode.OK);
        using HttpClient full = Client(
            new RetryHandler(Fast(attempts: 5)), new CircuitBreakerHandler(outside), new BulkheadHandler(bulkhead), idle);
        await Assert.ThrowsAsync<BulkheadRejectedException>(() => full.GetAsync(Payments));
        Assert.Equal(1, bulkhead.Statistics.Rejected);
        Assert.Equal(1, outside.Get("https://payments.example").Statistics.Ignored); // says nothing about the server
        Assert.Equal(0, idle.Count);
    }

    [Fact]
    public async Task A_bulkhead_bounds_the_requests_under_way()
    {
        var bulkhead = new Bulkhead(2, maxQueue: 100);
        int running = 0;
        using var server = new StubServer(async (_, _, _) =>
        {
            Assert.InRange(Interlocked.Increment(ref running), 1, 2);
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return new HttpResponseMessage(HttpStatusCode.OK);
        });
        using HttpClient client = Client(new BulkheadHandler(bulkhead), server);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetAsync(Payments)));
        Assert.Equal((0, 0, 50), (bulkhead.InUse, bulkhead.Queued, server.Count));

        bulkhead.MaxConcurrency = 1;
        bulkhead.TryAcquire(out _);
        using var request = new HttpRequestMessage(HttpMethod.Get, Payments);
        Assert.Throws<BulkheadRejectedException>(() => client.Send(request));
    }

    [Fact]
    public async Task Against_a_server_that_resets_connections_and_recovers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int connections = 0;
        using var stop = new CancellationTokenSource();
        Task serving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using TcpClient connection = await listener.AcceptTcpClientAsync(stop.Token);
                if (Interlocked.Increment(ref connections) <= 4)
                {
                    connection.LingerState = new LingerOption(true, 0); // a reset, not an end
                    continue;
                }

                NetworkStream stream = connection.GetStream();
                _ = await stream.ReadAsync(new byte[4096], stop.Token);
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray(), stop.Token);
            }
        });
        var uri = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        CircuitBreakerSet<string> breakers = Breakers(threshold: 4);
        using HttpClient client = Client(new RetryHandler(Fast(attempts: 2)), new CircuitBreakerHandler(breakers), new SocketsHttpHandler());

        for (int i = 0; i < 2; i++)
        {
            Exception? thrown = await Record.ExceptionAsync(() => client.GetStringAsync(uri)); // two connections each
            Assert.True(thrown is HttpRequestException or SocketException, $"{thrown}"); // the platform wraps most, not all
        }

        await Assert.ThrowsAsync<CircuitOpenException>(() => client.GetStringAsync(uri));
        Assert.Equal(4, connections);
        _time.Advance(60 * Second);
        Assert.Equal("ok", await client.GetStringAsync(uri));
        Assert.Equal(CircuitState.Closed, Assert.Single(breakers.ToArray()).Value.State);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>("breakers", () => new CircuitBreakerHandler(null!));
        Assert.Throws<ArgumentNullException>("bulkhead", () => new BulkheadHandler(null!));
        Assert.Throws<ArgumentNullException>("options", () => new RetryHandler(null!));
    }

    private static HttpClient Client(params HttpMessageHandler[] handlers)
    {
        for (int i = 0; i < handlers.Length - 1; i++)
        {
            ((DelegatingHandler)handlers[i]).InnerHandler = handlers[i + 1];
        }

        return new HttpClient(handlers[0]) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static RetryOptions Fast(int attempts) => new()
    {
        Backoff = Backoff.Constant(TimeSpan.FromMilliseconds(1)).WithMaxAttempts(attempts),
    };

    private CircuitBreakerSet<string> Breakers(int threshold = 2) => new(new CircuitBreakerOptions { MinimumThroughput = threshold }, timeProvider: _time);

    private void Advance(Task running, TimeSpan by)
    {
        for (TimeSpan left = by; left > TimeSpan.Zero && !running.IsCompleted; left -= TimeSpan.FromMilliseconds(250))
        {
            Assert.True(SpinWait.SpinUntil(() => running.IsCompleted || _time.ArmedTimers > 0, TimeSpan.FromSeconds(60)));
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }
    }
}
