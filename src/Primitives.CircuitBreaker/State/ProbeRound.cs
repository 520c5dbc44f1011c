using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>
/// The probes of one half-open phase in a word: which of 16 places are taken, and how many succeeded and failed. Once these
/// decide, the word changes no more.
/// </summary>
internal struct ProbeRound
{
    public const int MaxProbes = 16;

    private const long Places = (1L << MaxProbes) - 1;
    private const long Success = 1L << 16;
    private const long Failure = 1L << 24;
    private const long Decided = 1L << 32;

    private long _word;
    private long _lastTaken; // the clock's reading; only grows

    public readonly int InFlight => BitOperations.PopCount((ulong)(_word & Places));

    public readonly int Successes => (int)(_word >> 16) & 0xFF;

    public readonly int Failures => (int)(_word >> 24) & 0xFF;

    public readonly bool IsDecided => (_word & Decided) != 0;

    /// <summary>Takes the first place, before others can see the round.</summary>
    public static ProbeRound WithOne(long now) => new() { _word = 1, _lastTaken = now };

    /// <summary>A consistent view of the word.</summary>
    public static ProbeRound Read(ref ProbeRound round) =>
        new() { _word = Volatile.Read(ref round._word), _lastTaken = Volatile.Read(ref round._lastTaken) };

    /// <summary>Takes a place, if neither too many run nor enough have been let through.</summary>
    public static bool TryTake(ref ProbeRound round, CircuitSettings settings, long now, out int place)
    {
        while (true)
        {
            ProbeRound observed = Read(ref round);
            place = BitOperations.TrailingZeroCount(~observed._word);
            if (observed.IsDecided || observed.IsFull(settings))
            {
                return false;
            }

            // Before the swap: nobody may see the place taken and the time of the one before, and take this probe for hung.
            Raise(ref round._lastTaken, now);
            if (Interlocked.CompareExchange(ref round._word, observed._word | (1L << place), observed._word) == observed._word)
            {
                return true;
            }
        }
    }

    /// <summary>Gives a place back with what was found out.</summary>
    /// <returns>Whether it counted: the place was taken, and nothing decided yet.</returns>
    public static bool TryReturn(ref ProbeRound round, CircuitSettings settings, int place, CallOutcome outcome, out bool decides)
    {
        while (true)
        {
            ProbeRound observed = Read(ref round);
            decides = false;
            if (observed.IsDecided || (observed._word & (1L << place)) == 0)
            {
                return false;
            }

            ProbeRound next = observed;
            next._word &= ~(1L << place);
            next._word += outcome switch { CallOutcome.Success => Success, CallOutcome.Failure => Failure, _ => 0 };
            Debug.Assert(next.Successes + next.Failures + next.InFlight <= settings.Probes, "More probes than allowed.");
            decides = next.Successes >= settings.SuccessesNeeded || next.Failures > settings.Probes - settings.SuccessesNeeded;
            next._word |= decides ? Decided : 0;

            // Publishes the verdict, and with it that the round is over: one caller sees decides.
            if (Interlocked.CompareExchange(ref round._word, next._word, observed._word) == observed._word)
            {
                return true;
            }
        }
    }

    /// <summary>Whether too many run for another, or enough have been let through.</summary>
    public readonly bool IsFull(CircuitSettings settings) =>
        InFlight >= settings.ProbesAtOnce || InFlight + Successes + Failures >= settings.Probes;

    /// <summary>How long until the probes that run are given up.</summary>
    public readonly long TicksUntilHung(CircuitSettings settings, long now) => _lastTaken + settings.ProbeTimeoutTicks - now;

    private static void Raise(ref long word, long value)
    {
        long observed = Volatile.Read(ref word);
        while (observed < value)
        {
            long previous = Interlocked.CompareExchange(ref word, value, observed);
            if (previous == observed)
            {
                return;
            }

            observed = previous;
        }
    }
}
