using System.Numerics;
using System.Threading.RateLimiting;

namespace Primitives;

/// <summary>
/// A token bucket, or several, for each of any number of keys, in a table of fixed size: no object and no timer per key,
/// nothing to clean up, and nothing an attacker can grow by inventing keys.
/// </summary>
/// <typeparam name="TKey">The type of key: a string, an integer, a GUID, or another type with a hash given in the
/// options.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> For every key and quota, in any interval of length <c>w</c> at most
/// <c>Burst + w · Permits / Period</c> permits are granted; under <see cref="KeyOverflow.Reject"/> whatever happens to other
/// keys. A retry after exactly <see cref="RateLimitDecision.RetryAfter"/> succeeds if nobody else used the key, or a place
/// it waits for, in between, and 100 ns earlier it fails. A key that owes nothing is the same as one never seen; so only a
/// key that finds all its sixteen places taken by keys that do owe something meets the policy of
/// <see cref="KeyedRateLimiterOptions{TKey}.Overflow"/>, which is counted. With no more such keys than
/// <see cref="KeyedRateLimiterOptions{TKey}.Capacity"/>, that is not expected to happen.</para>
/// <para><b>Cost.</b> O(quotas), no allocation, one clock reading, one hash and a lock that other keys rarely hold.
/// Memory is <c>16 + 16 · quotas</c> bytes per key of the capacity, allocated once.</para>
/// <para><b>Accuracy.</b> Keys are told apart by 64 bits of a keyed hash: a new key shares another's bucket with a
/// probability of about 10<sup>-13</sup>. The time per permit is rounded up to a quarter of a nanosecond, or to a
/// 2,048<sup>th</sup> of a 10 MHz clock's tick.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from any number of threads. Nobody waits:
/// <c>AcquireAsync</c> answers at once, with the time to come again.</para>
/// <para><b>Source.</b> SipHash (2012) under a random key; the choice of two sets, Azar and others, <i>Balanced
/// Allocations</i>, 1999.</para>
/// </remarks>
public sealed partial class KeyedRateLimiter<TKey> : PartitionedRateLimiter<TKey>
    where TKey : notnull
{
    // Invariants:
    //   I1  Instants are in units since _base; a place is guarded by its stripe's lock, _base by all of them together.
    //   I2  A hash is in at most one place of the two sets it may be in.
    //   I3  The number of instants per place is that of the class with the most quotas when the limiter was made.
    private readonly TimeProvider _clock;
    private readonly KeyHasher<TKey> _hasher;
    private readonly Func<TKey, int>? _classOf;
    private readonly KeyOverflow _overflow;
    private readonly KeyTable _table;
    private readonly KeyStripe[] _stripes;
    private readonly Lock _sharedLock = new(); // taken under a stripe's
    private readonly long[] _shared;           // instants
    private readonly long _frequency;
    private readonly long _unitsPerTick;
    private readonly long _maxTicks;
    private KeyQuota[][] _classes;
    private long _base; // timestamp
    private volatile bool _isDisposed;

    /// <summary>Creates a limiter whose keys are all unused.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <param name="timeProvider">The clock; <see cref="TimeProvider.System"/> when <see langword="null"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A setting is outside its range; the message says which.</exception>
    public KeyedRateLimiter(KeyedRateLimiterOptions<TKey> options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _clock = timeProvider ?? TimeProvider.System;
        _frequency = _clock.TimestampFrequency;
        _unitsPerTick = KeyQuota.UnitsPerTick(_frequency);
        _maxTicks = KeyQuota.Horizon / _unitsPerTick;
        _hasher = new KeyHasher<TKey>(options.Hash);
        _classOf = options.ClassOf;
        _overflow = options.Overflow;
        _classes = ToClasses(options.ToClasses());
        int instants = _classes.Max(quotas => quotas.Length);

        // Enough that processors seldom meet, but no smaller than a few sets each. At most 64: see KeyTable.
        int stripes = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount * 8, 8, 64));
        while (stripes > 1 && options.Capacity / stripes < 64)
        {
            stripes /= 2;
        }

        _table = new KeyTable(options.Capacity, instants, stripes);
        _stripes = [.. Enumerable.Range(0, stripes).Select(_ => new KeyStripe())];
        _shared = new long[instants];
        Capacity = options.Capacity;
        _base = _clock.GetTimestamp();
    }

    /// <summary>Gets how many keys may owe something at the same time.</summary>
    public int Capacity { get; }

    /// <summary>Gets the memory of the table, in bytes. It never changes.</summary>
    public long TableBytes => _table.Bytes;

    /// <summary>Gets the counters, which are exact.</summary>
    public KeyedRateLimiterTotals Totals
    {
        get
        {
            var sum = default(KeyedRateLimiterTotals);
            foreach (KeyStripe stripe in _stripes)
            {
                lock (stripe.Lock)
                {
                    sum = new(
                        sum.Granted + stripe.Granted,
                        sum.Refused + stripe.Refused,
                        sum.OverflowRejected + stripe.Rejected,
                        sum.OverflowEvicted + stripe.Evicted,
                        sum.OverflowShared + stripe.Shared);
                }
            }

            return sum;
        }
    }

    /// <summary>Takes permits for a key if they are there now; takes none otherwise.</summary>
    /// <param name="key">The key.</param>
    /// <param name="permits">The permits to take. From 1 to the smallest burst of the key's quotas.</param>
    /// <returns><see langword="true"/> if the permits were taken.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or more than could ever be
    /// granted; or the key is in a class that does not exist.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryAcquire(TKey key, int permits = 1) => TryAcquire(key, permits, out _);

    /// <inheritdoc cref="TryAcquire(TKey, int)"/>
    /// <param name="key"><inheritdoc cref="TryAcquire(TKey, int)" path="/param[@name='key']"/></param>
    /// <param name="permits"><inheritdoc cref="TryAcquire(TKey, int)" path="/param[@name='permits']"/></param>
    /// <param name="decision">What is left, or when to come again.</param>
    public bool TryAcquire(TKey key, int permits, out RateLimitDecision decision)
    {
        KeyQuota[] quotas = QuotasOf(key, permits);
        return Take(Hash(key), quotas, permits, out decision);
    }

    /// <summary>Takes permits for a key that is a string, of which only the characters are at hand. Nothing is allocated,
    /// unless <see cref="KeyedRateLimiterOptions{TKey}.ClassOf"/> must be asked, which takes the string itself.</summary>
    /// <param name="key"><inheritdoc cref="TryAcquire(TKey, int)" path="/param[@name='key']"/></param>
    /// <param name="permits"><inheritdoc cref="TryAcquire(TKey, int)" path="/param[@name='permits']"/></param>
    /// <param name="decision">What is left, or when to come again.</param>
    /// <returns><see langword="true"/> if the permits were taken.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or more than could ever be
    /// granted; or the key is in a class that does not exist.</exception>
    /// <exception cref="InvalidOperationException">Keys are not strings, or have a hash of the user's.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool TryAcquire(ReadOnlySpan<char> key, int permits, out RateLimitDecision decision)
    {
        if (typeof(TKey) != typeof(string) || _hasher.IsCustom)
        {
            throw new InvalidOperationException("Only keys that are strings without a hash of their own can be given by their characters.");
        }

        ObjectDisposedException.ThrowIf(_isDisposed, this);
        KeyQuota[] quotas = _classOf is null ? QuotasOfClass(0, permits) : QuotasOf((TKey)(object)key.ToString(), permits);
        ulong hash = _hasher.Hash(key);
        return Take(hash == 0 ? 1 : hash, quotas, permits, out decision);
    }

    /// <summary>Tells what <see cref="TryAcquire(TKey, int, out RateLimitDecision)"/> would say now, and takes nothing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="permits">The permits asked about.</param>
    /// <returns>The decision. Its <see cref="RateLimitDecision.Remaining"/> is what is left before taking any.</returns>
    /// <inheritdoc cref="TryAcquire(TKey, int)" path="/exception"/>
    public RateLimitDecision Peek(TKey key, int permits = 1) => Look(key, QuotasOf(key, permits), permits);

    private RateLimitDecision Look(TKey key, KeyQuota[] quotas, int permits)
    {
        ulong hash = Hash(key);
        KeyStripe stripe = Enter(hash, out long now);
        try
        {
            int place = _table.Find(hash);
            if (place < 0)
            {
                place = _table.FindFree(hash, now) >= 0 || _overflow == KeyOverflow.EvictLeastDebt ? FreshPlace
                    : _overflow == KeyOverflow.SharedBucket ? SharedPlace
                    : NoPlace;
            }

            return place == NoPlace ? DecideWithoutPlace(hash, quotas, now) : Decide(quotas, place, permits, now);
        }
        finally
        {
            stripe.Lock.Exit();
        }
    }

    /// <summary>Gives back permits that a key took and did not use. Never more come back than were taken. Does nothing if the
    /// key has no place, as when its permits came from the shared bucket.</summary>
    /// <param name="key">The key.</param>
    /// <param name="permits">The permits. At least 1.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, or the key is in a class
    /// that does not exist.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Refund(TKey key, int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        KeyQuota[] quotas = QuotasOf(key, 1);
        ulong hash = Hash(key);
        KeyStripe stripe = Enter(hash, out _);
        try
        {
            int place = _table.Find(hash);
            for (int i = 0; place >= 0 && i < quotas.Length; i++)
            {
                ref long instant = ref _table.Instant(place, i);
                instant = (long)Int128.Max(0, instant - ((Int128)permits * quotas[i].UnitsPerPermit));
            }
        }
        finally
        {
            stripe.Lock.Exit();
        }
    }

    /// <summary>Takes permits for a key whether or not they are there; what accrues pays off the debt first. Does nothing
    /// if the key finds no place under <see cref="KeyOverflow.Reject"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="permits">The permits. At least 1; may exceed the burst.</param>
    /// <returns><see langword="false"/> if the key found no place.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="permits"/> is not positive, the debt would be more than
    /// <c>2^60</c> units of the clock, years, or the key is in a class that does not exist.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public bool Consume(TKey key, int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        KeyQuota[] quotas = QuotasOf(key, 1);
        ulong hash = Hash(key);
        KeyStripe stripe = Enter(hash, out long now);
        try
        {
            int place = PlaceFor(stripe, hash, now);
            if (place == NoPlace)
            {
                return false;
            }

            lock (_sharedLock)
            {
                for (int i = 0; i < quotas.Length; i++)
                {
                    Int128 debt = Math.Max(0, InstantAt(place, i) - now) + ((Int128)permits * quotas[i].UnitsPerPermit);
                    if (debt > KeyQuota.MaxDebt)
                    {
                        throw new ArgumentOutOfRangeException(nameof(permits), permits, "The debt would be more than the table can hold: 2^60 units of its clock.");
                    }
                }

                return Charge(hash, quotas, place, permits, now);
            }
        }
        finally
        {
            stripe.Lock.Exit();
        }
    }

    /// <summary>Forgets what a key owes.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public void Reset(TKey key)
    {
        ulong hash = Hash(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        KeyStripe stripe = Enter(hash, out _);
        try
        {
            int place = _table.Find(hash);
            for (int i = 0; place >= 0 && i < _shared.Length; i++)
            {
                _table.Instant(place, i) = 0;
            }
        }
        finally
        {
            stripe.Lock.Exit();
        }
    }

    /// <summary>Changes the quotas. What a key owes stays, as the time it needs to pay it off.</summary>
    /// <param name="classes">The quotas of each class, from class 0; no class with more of them than the largest had when
    /// the limiter was made.</param>
    /// <exception cref="ArgumentNullException"><paramref name="classes"/> or something in it is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There are none, a class has none or too many, or a quota takes years to refill;
    /// nothing was changed.</exception>
    public void Reconfigure(params IEnumerable<IEnumerable<RateQuota>> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        RateQuota[][] quotas = [.. classes.Select(quotas => quotas.ToArray())];
        if (quotas.Length == 0 || quotas.Any(of => of.Length == 0 || of.Length > _shared.Length))
        {
            throw new ArgumentException($"There must be at least one class, and each must have from 1 to {_shared.Length} quotas.", nameof(classes));
        }

        Volatile.Write(ref _classes, ToClasses(quotas));
    }

    /// <summary>Counts the keys that owe something, by looking at the whole table.</summary>
    /// <returns>The number of keys.</returns>
    public int CountIndebtedKeys()
    {
        int count = 0;
        for (int i = 0; i < _stripes.Length; i++)
        {
            long timestamp = _clock.GetTimestamp();
            lock (_stripes[i].Lock)
            {
                count += _table.CountIndebted(i, Math.Clamp(timestamp - _base, 0, _maxTicks) * _unitsPerTick);
            }
        }

        return count;
    }

    /// <inheritdoc/>
    /// <param name="resource">The key.</param>
    /// <returns>The permits the key has left; the totals are those of all keys. After disposal, too.</returns>
    public override RateLimiterStatistics? GetStatistics(TKey resource)
    {
        KeyedRateLimiterTotals totals = Totals;
        return new RateLimiterStatistics
        {
            CurrentAvailablePermits = Look(resource, QuotasOfClass(_classOf is null ? 0 : _classOf(resource), 1), 1).Remaining,
            TotalSuccessfulLeases = totals.Granted,
            TotalFailedLeases = totals.Refused,
        };
    }

    /// <summary>Gets the quotas of a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The quotas, which <see cref="RateLimitDecision.QuotaIndex"/> counts.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The key is in a class that does not exist.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed of.</exception>
    public IReadOnlyList<RateQuota> GetQuotas(TKey key) => Array.ConvertAll(QuotasOf(key, 1), quota => quota.Quota);

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(TKey resource, int permitCount)
    {
        KeyQuota[] quotas = QuotasOf(resource, Math.Max(1, permitCount));
        RateLimitDecision decision;
        bool isAcquired = permitCount == 0
            ? (decision = Look(resource, quotas, 1)).IsAcquired // 0 permits ask whether there is one
            : Take(Hash(resource), quotas, permitCount, out decision);
        return isAcquired ? GrantedLease.Shared : new RefusedLease(decision, quotas[decision.QuotaIndex].Quota.Name);
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(TKey resource, int permitCount, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitLease>(cancellationToken)
            : new(AttemptAcquireCore(resource, permitCount));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        base.Dispose(disposing);
    }
}
