using Microsoft.Extensions.DependencyInjection;
using Primitives;

namespace Snippets;

public static class HyperLogLogSnippets
{
    public static void Count()
    {
        #region count
        var visitors = new HyperLogLog();                  // at most 16 KB for any number of keys, 0.81 % error
        for (long user = 0; user < 1_000_000; user++)
        {
            visitors.Add(user);                            // or text, bytes, a Guid, a ready hash; from any thread
            visitors.Add(user);                            // again: changes nothing
        }

        BoundedEstimate count = visitors.Bounds(sigmas: 2);
        Console.WriteLine($"{count.Value:N0} visitors, {count.Lower:N0} to {count.Upper:N0} with 95 %");
        #endregion

        Check.That(count.Lower < 1_000_000 && count.Upper > 1_000_000, $"{count}");
    }

    public static void Merge()
    {
        #region merge
        // On each machine: one sketch a day, persisted at its end.
        var web1 = new HyperLogLog();
        var web2 = new HyperLogLog(precision: 12);
        web1.Add("ada");
        web1.Add("grace");
        web2.Add("grace");
        web2.Add("edsger");
        byte[] fromWeb1 = web1.ToBytes();
        byte[] fromWeb2 = web2.ToBytes();

        // Elsewhere: the visitors of all machines and days, each counted once.
        HyperLogLog all = HyperLogLog.FromBytes(fromWeb1);
        all.UnionWith(HyperLogLog.FromBytes(fromWeb2));    // precision 12 now, as if all had been added at that
        double visitors = all.Estimate();
        #endregion

        Check.That(Math.Round(visitors) == 3 && all.Precision == 12 && all.IsSparse, $"{visitors}");
    }

    public static void Overlap()
    {
        #region overlap
        var monday = new HyperLogLog();
        var tuesday = new HyperLogLog();
        for (long user = 0; user < 100_000; user++)
        {
            monday.Add(user);
            tuesday.Add(user + 40_000);
        }

        BoundedEstimate returned = monday.IntersectionWith(tuesday);   // 60,000, within its bounds
        BoundedEstimate similarity = monday.JaccardWith(tuesday);      // 60,000 / 140,000
        bool isKnownToBeMoreThanChance = returned.Lower > 0;
        #endregion

        Check.That(returned.Lower < 60_000 && returned.Upper > 60_000 && isKnownToBeMoreThanChance, $"{returned}");
        Check.That(similarity.Lower < 3 / 7.0 && similarity.Upper > 3 / 7.0, $"{similarity}");
    }

    public static void Sliding()
    {
        #region sliding
        var visitors = new SlidingHyperLogLog(maxWindow: TimeSpan.FromHours(24));
        visitors.Add("ada");
        visitors.Add("grace");

        double lastMinute = visitors.Estimate(TimeSpan.FromMinutes(1));
        double lastDay = visitors.Estimate();
        byte[] forOthers = visitors.Snapshot(TimeSpan.FromHours(1)).ToBytes();   // a HyperLogLog of the last hour
        #endregion

        Check.That(Math.Round(lastMinute) == 2 && Math.Round(lastDay) == 2, $"{lastMinute} {lastDay}");
        Check.That(Math.Round(HyperLogLog.FromBytes(forOthers).Estimate()) == 2, "snapshot");
    }

    public static void Smaller()
    {
        #region ultra
        UltraLogLog visitors = UltraLogLog.ForError(0.01);             // 8 KB; HyperLogLog would take 16
        visitors.Add("ada");
        double count = visitors.Estimate();
        #endregion

        Check.That(visitors.Precision == 13 && HyperLogLog.ForError(0.01).Precision == 14 && Math.Round(count) == 1, $"{count}");
    }

    public static void Redis()
    {
        #region redis-bytes
        var visitors = new RedisHyperLogLog();
        visitors.Add("ada");                                           // PFADD visitors ada
        visitors.Add("grace");                                         // PFADD visitors grace
        byte[] value = visitors.ToBytes();                             // what GET visitors would give: SET it anywhere
        RedisHyperLogLog back = RedisHyperLogLog.FromBytes(value);     // what GET gave, counted on here
        long count = back.Count();                                     // PFCOUNT visitors
        #endregion

        Check.That(count == 2, $"{count}");
    }

    public static void Services()
    {
        var services = new ServiceCollection();

        #region services
        services.AddHyperLogLog("visitors", options => options.Precision = 12);

        // Where it is needed: [FromKeyedServices("visitors")] HyperLogLog visitors
        #endregion

        using ServiceProvider provider = services.BuildServiceProvider();
        Check.That(provider.GetRequiredKeyedService<HyperLogLog>("visitors").Precision == 12, "options");
    }
}
