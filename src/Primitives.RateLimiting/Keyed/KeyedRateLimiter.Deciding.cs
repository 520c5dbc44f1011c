namespace Primitives;

public sealed partial class KeyedRateLimiter<TKey>
{
    // What stands for a place where there is none in the table.
    private const int NoPlace = -1;
    private const int SharedPlace = -2;
    private const int FreshPlace = -3;

    private bool Take(ulong hash, KeyQuota[] quotas, int permits, out RateLimitDecision decision)
    {
        KeyStripe stripe = Enter(hash, out long now);
        try
        {
            int place = PlaceFor(stripe, hash, now);
            if (place != NoPlace && TryCharge(hash, quotas, place, permits, now))
            {
                stripe.Granted++;
                decision = Decide(quotas, place, 0, now);
                return true;
            }

            stripe.Refused++;
            decision = place == NoPlace ? DecideWithoutPlace(hash, quotas, now) : Decide(quotas, place, permits, now).As(isAcquired: false);
            return false;
        }
        finally
        {
            stripe.Lock.Exit();
        }
    }

    /// <summary>Takes the lock of a hash's stripe, and tells the time in units since the base.</summary>
    private KeyStripe Enter(ulong hash, out long now)
    {
        long timestamp = _clock.GetTimestamp();
        KeyStripe stripe = _stripes[_table.StripeOf(hash)];
        stripe.Lock.Enter();
        long ticks = timestamp - _base;
        if (ticks > _maxTicks)
        {
            stripe.Lock.Exit();
            MoveBase(timestamp);
            stripe.Lock.Enter();
            ticks = timestamp - _base;
        }

        // A clock that went back before the base counts as standing at it.
        now = Math.Clamp(ticks, 0, _maxTicks) * _unitsPerTick;
        return stripe;
    }

    /// <summary>Counts from now on from another instant, once in ten years.</summary>
    private void MoveBase(long timestamp)
    {
        foreach (KeyStripe stripe in _stripes)
        {
            stripe.Lock.Enter();
        }

        try
        {
            Int128 units = ((Int128)timestamp - _base) * _unitsPerTick;
            if (timestamp - _base > _maxTicks)
            {
                long by = (long)Int128.Min(units, long.MaxValue);
                _table.Shift(by);
                foreach (ref long instant in _shared.AsSpan())
                {
                    instant = Math.Max(0, instant - by);
                }

                _base = timestamp;
            }
        }
        finally
        {
            foreach (KeyStripe stripe in _stripes)
            {
                stripe.Lock.Exit();
            }
        }
    }

    /// <summary>Finds the place of a key, or one that is free for it, or what the policy says.</summary>
    private int PlaceFor(KeyStripe stripe, ulong hash, long now)
    {
        int place = _table.Find(hash);
        if (place < 0)
        {
            place = _table.FindFree(hash, now);
        }

        if (place >= 0)
        {
            return place;
        }

        switch (_overflow)
        {
            case KeyOverflow.EvictLeastDebt:
                stripe.Evicted++;
                place = _table.FindLeastDebt(hash).Place;
                _table.SetHash(place, hash);
                for (int i = 0; i < _shared.Length; i++)
                {
                    _table.Instant(place, i) = 0;
                }

                return place;
            case KeyOverflow.SharedBucket:
                stripe.Shared++;
                return SharedPlace;
            default:
                stripe.Rejected++;
                return NoPlace;
        }
    }

    private long InstantAt(int place, int quota) =>
        place >= 0 ? _table.Instant(place, quota) : place == SharedPlace ? Volatile.Read(ref _shared[quota]) : 0;

    /// <summary>Decides about permits, which must fit every quota, or about none.</summary>
    private RateLimitDecision Decide(KeyQuota[] quotas, int place, int permits, long now)
    {
        RateLimitDecision chosen = default;
        for (int i = 0; i < quotas.Length; i++)
        {
            KeyQuota quota = quotas[i];
            long debt = Math.Max(0, InstantAt(place, i) - now);
            long missing = debt + (permits * quota.UnitsPerPermit) - quota.Fill;
            var decision = new RateLimitDecision(
                permits == 0 || missing <= 0, quota.Limit, quota.Fill - debt, missing, debt, quota.UnitsPerPermit, _unitsPerTick, _frequency, i);
            if (i == 0 || decision.IsTighterThan(chosen))
            {
                chosen = decision;
            }
        }

        return chosen;
    }

    /// <summary>Refuses a key until the first of the places it could have is free.</summary>
    private RateLimitDecision DecideWithoutPlace(ulong hash, KeyQuota[] quotas, long now) =>
        new(false, quotas[0].Limit, 0, _table.FindLeastDebt(hash).FreeAt - now, 0, quotas[0].UnitsPerPermit, _unitsPerTick, _frequency);

    /// <summary>Charges a key if every quota has the permits.</summary>
    private bool TryCharge(ulong hash, KeyQuota[] quotas, int place, int permits, long now)
    {
        if (place == SharedPlace)
        {
            lock (_sharedLock)
            {
                return HasPermits(quotas, place, permits, now) && Charge(hash, quotas, place, permits, now);
            }
        }

        return HasPermits(quotas, place, permits, now) && Charge(hash, quotas, place, permits, now);
    }

    private bool HasPermits(KeyQuota[] quotas, int place, int permits, long now)
    {
        for (int i = 0; i < quotas.Length; i++)
        {
            if (Math.Max(0, InstantAt(place, i) - now) + (permits * quotas[i].UnitsPerPermit) > quotas[i].Fill)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Charges a key, or the shared bucket, whose lock is then held.</summary>
    private bool Charge(ulong hash, KeyQuota[] quotas, int place, int permits, long now)
    {
        if (place != SharedPlace)
        {
            _table.SetHash(place, hash);
        }

        for (int i = 0; i < quotas.Length; i++)
        {
            ref long instant = ref place == SharedPlace ? ref _shared[i] : ref _table.Instant(place, i);
            Volatile.Write(ref instant, Math.Max(instant, now) + (permits * quotas[i].UnitsPerPermit));
        }

        return true;
    }

    private ulong Hash(TKey key)
    {
        ThrowIfNull(key);
        ulong hash = _hasher.Hash(key);
        return hash == 0 ? 1 : hash; // 0 marks an empty place
    }

    // Passing a number as an object would box it where the code is not optimised.
    private static void ThrowIfNull(TKey key)
    {
        if (!typeof(TKey).IsValueType)
        {
            ArgumentNullException.ThrowIfNull(key);
        }
    }

    private KeyQuota[] QuotasOf(TKey key, int permits)
    {
        ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return QuotasOfClass(_classOf is null ? 0 : _classOf(key), permits);
    }

    private KeyQuota[] QuotasOfClass(int keyClass, int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        KeyQuota[][] classes = Volatile.Read(ref _classes);
        if ((uint)keyClass >= (uint)classes.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(keyClass), keyClass, $"The key's class must be from 0 to {classes.Length - 1}.");
        }

        KeyQuota[] quotas = classes[keyClass];
        foreach (KeyQuota quota in quotas)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(permits, quota.Limit);
        }

        return quotas;
    }

    private KeyQuota[][] ToClasses(RateQuota[][] classes) =>
        Array.ConvertAll(classes, quotas => Array.ConvertAll(quotas, quota => new KeyQuota(quota, _unitsPerTick, _clock.TimestampFrequency)));
}
