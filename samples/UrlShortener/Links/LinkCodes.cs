using Primitives;

namespace UrlShortener;

/// <summary>Makes the id and the code of each new link: Snowflake id → keyed permutation → 8 characters of Base62.</summary>
/// <remarks>Thread-safe. The id is unique, so the code is; the key makes the next code unguessable from the last ones.</remarks>
internal sealed class LinkCodes(SnowflakeGenerator ids, ShortCodePermutation permutation)
{
    /// <summary>The characters of a generated code. 62^8 = 2.18 × 10^14 codes are more than the 2^47 ids.</summary>
    public const int Length = 8;

    /// <summary>47 bits: 10 ms ticks until 2113, 4 workers, 128 ids a tick.</summary>
    public static SnowflakeLayout Layout { get; } = new(
        timestampBits: 38,
        workerBits: 2,
        sequenceBits: 7,
        epoch: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        tick: TimeSpan.FromMilliseconds(10));

    /// <summary>Sets a generator up. An import wants ids faster than the 12,800 a second of the layout: it may use the
    /// ticks of the next minutes, which is worth some 4 million ids. Nothing here reads a time from an id.</summary>
    public static void Configure(SnowflakeOptions options, int worker)
    {
        options.Layout = Layout;
        options.WorkerId = worker;
        options.Overflow = SequenceOverflow.Borrow;
        options.MaxAhead = TimeSpan.FromMinutes(5);
    }

    #region next
    /// <summary>Takes the next id and its code; waits if ids are as far ahead of the clock as they may be.</summary>
    public (long Id, string Code) Next()
    {
        long id = NextId();
        return (id, Base62.Encode(permutation.Permute((ulong)id), Length));
    }
    #endregion

    private long NextId()
    {
        while (true)
        {
            try
            {
                return ids.Next();
            }
            catch (SnowflakeException exception) when (exception.Failure == SnowflakeFailure.TooFarAhead)
            {
                Thread.Sleep(Layout.Tick);
            }
        }
    }
}
