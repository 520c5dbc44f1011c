using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Both caches against <see cref="CacheModel"/>: every option at once, under random schedules of a manual
/// clock.</summary>
public class CacheModelTests
{
    private const int Frequency = 64; // the wheel's own ticks, so that entries leave at exactly their time
    private const int Keys = 6;

    public static TheoryData<string> Kinds => CacheKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Expiry_refresh_loads_cancellations_and_removals_together_equal_the_model(string kind)
    {
        for (int seed = 0; seed < 120; seed++)
        {
            // On the pool, as continuations run inside the end of a task only where there is no synchronization context.
            await Task.Run(() => new Schedule(kind, seed).RunAsync(250));
        }
    }

    private static TimeSpan? Span(long? ticks) => ticks is { } count ? TimeSpan.FromTicks(count * (TimeSpan.TicksPerSecond / Frequency)) : null;

    private sealed class Schedule
    {
        private readonly Random _random;
        private readonly ManualTimeProvider _time = new(frequency: Frequency, timestamp: 1_000);
        private readonly CacheModel _model;
        private readonly ICache<int, int> _cache;
        private readonly List<Flight> _flights = [];
        private readonly List<(int, int, CacheRemovalReason)> _removals = [];
        private readonly string _name;
        private readonly long _stale;
        private int _value;
        private long _loads;
        private long _failures;

        public Schedule(string kind, int seed)
        {
            _name = $"{kind} {seed}";
            _random = new Random(seed);
            long? write = Maybe(300);
            long? idle = Maybe(200);
            long? refresh = Maybe(100);
            long? missing = Maybe(100);
            _stale = Maybe(200) ?? 0;
            _model = new CacheModel(write, idle, refresh, _stale, missing, Frequency);
            _cache = CacheKinds.Create<int, int>(
                kind,
                new()
                {
                    Capacity = 100,
                    ExpireAfterWrite = Span(write),
                    ExpireAfterAccess = Span(idle),
                    RefreshAfter = Span(refresh),
                    MissingTimeToLive = Span(missing),
                    StaleOnError = _stale == 0 ? null : Span(_stale),
                    OnRemoved = (key, value, reason) => _removals.Add((key, value, reason)),
                },
                _time);
        }

        public async Task RunAsync(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                try
                {
                    await StepAsync(_random.Next(Keys)).WaitAsync(Race.DefaultTimeout);
                    Compare();
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Schedule {_name}, step {step}.", exception);
                }
            }

            while (_flights.Count > 0)
            {
                await EndAsync(_flights[0]).WaitAsync(Race.DefaultTimeout);
                Compare();
            }

            _cache.AssertIntegrity();
            _cache.Dispose();
            Assert.Equal(0, _time.ArmedTimers);
        }

        private long? Maybe(int most) => _random.Next(2) == 0 ? null : 1 + _random.Next(most);

        private async Task StepAsync(int key)
        {
            switch (_random.Next(12))
            {
                case 0:
                    (long? write, long? idle, long? refresh) = (Maybe(300), Maybe(200), Maybe(100));
                    _model.Set(key, ++_value, write, idle, refresh);
                    Assert.True(_cache.Set(key, _value, new() { ExpireAfterWrite = Span(write), ExpireAfterAccess = Span(idle), RefreshAfter = Span(refresh) }));
                    break;
                case 1:
                    (bool hasValue, bool isMissing, int value) = _model.Read(key);
                    CacheLookup<int> lookup = _cache.Lookup(key);
                    Assert.Equal((hasValue, isMissing, value), (lookup.HasValue, lookup.IsMissing, lookup.HasValue ? lookup.Value : 0));
                    break;
                case 2:
                    (hasValue, _, value) = _model.Read(key);
                    Assert.Equal(hasValue, _cache.TryGet(key, out int found));
                    Assert.Equal(value, found);
                    break;
                case 3:
                    (bool, int) expected = _model.Remove(key);
                    Assert.Equal(expected, (_cache.TryRemove(key, out found), found));
                    break;
                case 4 when _random.Next(8) == 0:
                    _model.Clear();
                    _cache.Clear();
                    break;
                case < 7:
                    long ticks = _random.Next(_random.Next(2) == 0 ? 10 : 150);
                    _model.Advance(ticks);
                    _time.Advance(Span(ticks)!.Value);
                    break;
                case 7 when _flights.Count > 0:
                    await EndAsync(_flights[_random.Next(_flights.Count)]);
                    break;
                case 8 when _flights.Count > 0:
                    await CancelAsync(_flights[_random.Next(_flights.Count)]);
                    break;
                case 9:
                    ReadMany();
                    break;
                default:
                    await ReadOrLoadAsync(key);
                    break;
            }
        }

        private async Task ReadOrLoadAsync(int key)
        {
            (bool HasValue, int Value)? answer = _model.ReadOrLoad(key, out CacheModel.Load? load, out bool begun);
            Flight? flight = begun ? new Flight([load!]) : _flights.Find(flight => flight.Loads.Contains(load!));
            if (begun)
            {
                _flights.Add(flight!);
            }

            var caller = new Caller(answer is null ? [load!] : []);
            Task<CacheLookup<int>> task = _cache.TryGetOrAddAsync(
                key,
                flight,
                static async (key, flight, token) =>
                {
                    flight!.Begin([key], isMany: false, token);
                    return await flight.One.Task;
                },
                caller.Source.Token).AsTask();
            if (answer is not { } known)
            {
                caller.One = task;
                flight!.Callers.Add(caller);
                Assert.False(task.IsCompleted);
            }
            else
            {
                CacheLookup<int> lookup = await task;
                Assert.Equal(known, (lookup.HasValue, lookup.HasValue ? lookup.Value : 0));
            }

            if (begun)
            {
                Assert.Equal([key], await flight!.Begun.Task); // a refresh begins on the pool
            }
        }

        private void ReadMany()
        {
            int[] keys = [.. Enumerable.Range(0, Keys).Where(_ => _random.Next(2) == 0)];
            var known = new Dictionary<int, int>();
            List<CacheModel.Load> joined = [];
            List<CacheModel.Load> mine = [];
            foreach (int key in keys)
            {
                (bool hasValue, bool isMissing, int value) = _model.Read(key);
                if (hasValue)
                {
                    known.Add(key, value);
                }
                else if (!isMissing)
                {
                    (CacheModel.Load load, bool isNew) = _model.JoinOrBegin(key);
                    (isNew ? mine : joined).Add(load);
                }
            }

            Flight? flight = mine.Count > 0 ? new Flight([.. mine]) : null;
            if (flight is not null)
            {
                _flights.Add(flight);
            }

            var caller = new Caller([.. joined, .. mine]) { Known = known };
            caller.Many = _cache.GetOrAddManyAsync(
                keys,
                flight,
                static async (keys, flight, token) =>
                {
                    flight!.Begin(keys, isMany: true, token);
                    return await flight.Many.Task;
                },
                caller.Source.Token).AsTask();
            foreach (Flight waitedFor in _flights.Where(other => other.Loads.Intersect(caller.WaitsFor).Any()))
            {
                waitedFor.Callers.Add(caller);
            }

            Assert.Equal(caller.WaitsFor.Count == 0, caller.Many.IsCompletedSuccessfully);
            Assert.True(flight is null || flight.Begun.Task.IsCompletedSuccessfully);
        }

        private async Task CancelAsync(Flight flight)
        {
            if (flight.Callers.Count == 0)
            {
                return;
            }

            Caller caller = flight.Callers[_random.Next(flight.Callers.Count)];
            caller.WaitsFor.ForEach(_model.Leave);
            _flights.ForEach(other => other.Callers.Remove(caller));
            await caller.Source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.One ?? (Task)caller.Many!);
            Assert.All(flight.Loads, load => Assert.True(flight.Token.IsCancellationRequested == flight.Loads.All(other => other.IsAbandoned), $"{load.Key}"));
        }

        private async Task EndAsync(Flight flight)
        {
            _flights.Remove(flight);
            var outcomes = new Dictionary<CacheModel.Load, int?>();
            bool fails = _random.Next(4) == 0;
            _loads += fails ? 0 : 1;
            _failures += fails ? 1 : 0;
            if (fails)
            {
                Array.ForEach(flight.Loads, load => outcomes[load] = _model.Fail(load));
                flight.One.TrySetException(new TimeoutException());
                flight.Many.TrySetException(new TimeoutException());
            }
            else if (flight.IsMany)
            {
                var values = new Dictionary<int, int>();
                foreach (CacheModel.Load load in flight.Loads)
                {
                    if (_random.Next(3) > 0)
                    {
                        values[load.Key] = ++_value;
                        _model.Store(load, _value, null);
                        outcomes[load] = _value;
                    }
                    else
                    {
                        _model.Missing(load, null);
                        outcomes[load] = null;
                    }
                }

                flight.Many.SetResult(values);
            }
            else
            {
                CacheModel.Load load = flight.Loads[0];
                (CacheResult<int> result, outcomes[load]) = Decide(load);
                flight.One.SetResult(result);
            }

            foreach (Caller caller in flight.Callers.ToArray())
            {
                await ReceiveAsync(caller, flight, outcomes, fails);
            }
        }

        private (CacheResult<int> Result, int? Outcome) Decide(CacheModel.Load load)
        {
            long? own = Maybe(200);
            switch (_random.Next(4))
            {
                case 0:
                    _model.Missing(load, own);
                    return (CacheResult<int>.Missing(Span(own)), null);
                case 1:
                    _model.DoNotStore(load);
                    return (CacheResult<int>.DoNotStore(++_value), _value);
                default:
                    _model.Store(load, ++_value, own);
                    return (own is null ? _value : CacheResult<int>.Store(_value, Span(own)!.Value), _value);
            }
        }

        private async Task ReceiveAsync(Caller caller, Flight flight, Dictionary<CacheModel.Load, int?> outcomes, bool fails)
        {
            if (caller.One is { } one)
            {
                int? outcome = outcomes[caller.WaitsFor[0]];
                if (fails && outcome is null)
                {
                    await Assert.ThrowsAsync<TimeoutException>(() => one);
                }
                else
                {
                    CacheLookup<int> lookup = await one;
                    Assert.Equal(outcome, lookup.HasValue ? lookup.Value : null);
                }

                return;
            }

            // It waits for its keys one after the other, in an order of its own: what it learns of an earlier end is told
            // when the last has ended, or when it meets a failure.
            foreach (CacheModel.Load load in flight.Loads.Intersect(caller.WaitsFor).ToArray())
            {
                caller.Outcomes[load] = (outcomes[load], fails && outcomes[load] is null);
            }

            foreach (CacheModel.Load load in caller.WaitsFor.ToArray())
            {
                if (!caller.Outcomes.TryGetValue(load, out (int? Value, bool Failed) outcome))
                {
                    return; // not yet
                }

                if (outcome.Failed)
                {
                    await Assert.ThrowsAsync<TimeoutException>(() => caller.Many!);
                    caller.WaitsFor.Except(caller.Outcomes.Keys).ToList().ForEach(_model.Leave);
                    _flights.ForEach(other => other.Callers.Remove(caller));
                    return;
                }
            }

            Dictionary<int, int> expected = new(caller.Known!);
            foreach ((CacheModel.Load load, (int? Value, bool Failed) outcome) in caller.Outcomes)
            {
                if (outcome.Value is { } value)
                {
                    expected[load.Key] = value;
                }
            }

            Assert.Equal(expected.OrderBy(pair => pair.Key), (await caller.Many!).OrderBy(pair => pair.Key));
        }

        private void Compare()
        {
            Assert.Equal(_model.Live.OrderBy(pair => pair.Key), _cache.OrderBy(pair => pair.Key));
            Assert.Equal(_model.Count, _cache.Count);
            Assert.Equal(_model.Removals.Order(), _removals.Order());
            CacheStatistics statistics = _cache.Statistics;
            Assert.Equal(
                (_model.Hits, _model.Misses, _model.Refreshes, _loads, _failures),
                (statistics.Hits, statistics.Misses, statistics.Refreshes, statistics.Loads, statistics.LoadFailures));
        }
    }

    /// <summary>One run of a factory, held until the schedule ends it.</summary>
    private sealed class Flight(CacheModel.Load[] loads)
    {
        public CacheModel.Load[] Loads => loads;

        public bool IsMany { get; private set; }

        public List<Caller> Callers { get; } = [];

        public TaskCompletionSource<int[]> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Continuations run inside, so that a load is stored when the schedule goes on.
        public TaskCompletionSource<CacheResult<int>> One { get; } = new();

        public TaskCompletionSource<IReadOnlyDictionary<int, int>> Many { get; } = new();

        public CancellationToken Token { get; private set; }

        public void Begin(IReadOnlyList<int> keys, bool isMany, CancellationToken token)
        {
            Token = token;
            IsMany = isMany;
            Assert.Equal(loads.Select(load => load.Key), keys);
            Begun.SetResult([.. keys]);
        }
    }

    /// <summary>One call that waits.</summary>
    private sealed class Caller(List<CacheModel.Load> waitsFor)
    {
        public CancellationTokenSource Source { get; } = new();

        public List<CacheModel.Load> WaitsFor => waitsFor;

        public Task<CacheLookup<int>>? One { get; set; }

        public Task<IReadOnlyDictionary<int, int>>? Many { get; set; }

        public Dictionary<int, int>? Known { get; init; }

        public Dictionary<CacheModel.Load, (int? Value, bool Failed)> Outcomes { get; } = [];
    }
}
