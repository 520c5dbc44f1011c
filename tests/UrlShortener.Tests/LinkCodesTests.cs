using Primitives;

namespace UrlShortener.Tests;

public class LinkCodesTests
{
    private static readonly ShortCodePermutation Permutation = new(new byte[32], LinkCodes.Length);

    [Fact]
    public void Ids_fit_the_codes_for_87_years()
    {
        Assert.Equal(47, LinkCodes.Layout.TimestampBits + LinkCodes.Layout.WorkerBits + LinkCodes.Layout.SequenceBits);
        Assert.True(1UL << 47 < Permutation.Domain);
        Assert.Equal(2113, LinkCodes.Layout.Exhausted.Year);
    }

    [Fact]
    public void Far_more_ids_than_a_tick_holds_may_be_taken_at_once()
    {
        var codes = new LinkCodes(Generator(_ => { }, new ManualTimeProvider()), Permutation);
        var ids = new HashSet<long>();
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(ids.Add(codes.Next().Id)); // within one tick of a clock that stands still
        }
    }

    [Fact]
    public void Ids_too_far_ahead_of_the_clock_are_waited_for()
    {
        var codes = new LinkCodes(Generator(options => options.MaxAhead = TimeSpan.FromMilliseconds(20)), Permutation);
        long last = 0;
        for (int i = 0; i < 2_000; i++)
        {
            (long id, string code) = codes.Next();
            Assert.True(id > last);
            Assert.Equal((ulong)id, Permutation.Invert(Base62.Decode(code, width: LinkCodes.Length)));
            last = id;
        }
    }

    private static SnowflakeGenerator Generator(Action<SnowflakeOptions> configure, TimeProvider? time = null)
    {
        var options = new SnowflakeOptions();
        LinkCodes.Configure(options, worker: 1);
        configure(options);
        return new SnowflakeGenerator(options, null, time);
    }
}
