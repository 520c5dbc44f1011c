using System.Globalization;
using System.Text;

namespace Primitives.Evaluation;

/// <summary>
/// Draws one timeline per limiter from a real run on a manual clock: which requests of the same trace are granted, and how
/// many were granted in the second before each moment. Writes the drawings into docs when PRIMITIVES_UPDATE is set.
/// </summary>
internal static class RateLimitingTimelines
{
    private const int Limit = 10;
    private const int Width = 720;
    private const int Height = 132;
    private const int Left = 40;
    private const int Milliseconds = 4_000;
    private const int Baseline = 96;
    private const double PerPermit = 3.6;

    private static RateQuota Quota => RateQuota.PerSecond(Limit);

    public static int CountDifferences()
    {
        string folder = Path.Combine(FindRoot(), "docs", "rate-limiting");
        bool update = Environment.GetEnvironmentVariable("PRIMITIVES_UPDATE") == "1";
        int differences = 0;
        foreach ((string file, string title, Func<TimeProvider, QuotaLimiter> create) in Limiters())
        {
            string path = Path.Combine(folder, file + ".svg");
            string drawing = Draw(title, create);
            if (update)
            {
                Directory.CreateDirectory(folder);
                File.WriteAllText(path, drawing);
            }

            differences += File.Exists(path) && File.ReadAllText(path) == drawing ? 0 : 1;
        }

        return differences;
    }

    private static IEnumerable<(string File, string Title, Func<TimeProvider, QuotaLimiter> Create)> Limiters()
    {
        yield return ("token-bucket", "TokenBucketLimiter", time => new TokenBucketLimiter(Quota, time));
        yield return ("leaky-bucket", "LeakyBucketLimiter", time => new LeakyBucketLimiter(Quota, time));
        yield return ("fixed-window", "FixedWindowLimiter", time => new FixedWindowLimiter(Quota, WindowAlignment.Clock, time));
        yield return ("sliding-window-log", "SlidingWindowLogLimiter", time => new SlidingWindowLogLimiter(Quota, time));
        yield return ("sliding-window-counter", "SlidingWindowCounterLimiter", time => new SlidingWindowCounterLimiter(Quota, time));
        yield return ("composite", "CompositeLimiter, 10 a second and 25 in 4 seconds", time => new CompositeLimiter([Quota, new RateQuota(25, TimeSpan.FromSeconds(4))], time));
    }

    /// <summary>A burst just before the end of the first second, another just after, then a steady stream of twice the
    /// limit.</summary>
    private static IEnumerable<int> Requests()
    {
        for (int i = 0; i < 12; i++)
        {
            yield return 950 + (4 * i);
        }

        for (int i = 0; i < 12; i++)
        {
            yield return 1_002 + (4 * i);
        }

        for (int at = 2_000; at < Milliseconds; at += 50)
        {
            yield return at;
        }
    }

    private static string Draw(string title, Func<TimeProvider, QuotaLimiter> create)
    {
        var clock = new ManualClock();
        using QuotaLimiter limiter = create(clock);
        List<int> granted = [];
        List<int> refused = [];
        int now = 0;
        foreach (int at in Requests())
        {
            clock.Advance((at - now) * TimeSpan.TicksPerMillisecond);
            now = at;
            (limiter.TryAcquire() ? granted : refused).Add(at);
        }

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"11\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>\n");

        // The curve steps where a grant enters the last second or leaves it.
        int worst = 0;
        var curve = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"M{X(0)} {Baseline}"));
        foreach (int at in granted.Concat(granted.Select(time => time + 1_000)).Where(time => time <= Milliseconds).Order())
        {
            int inWindow = granted.Count(time => time > at - 1_000 && time <= at);
            worst = Math.Max(worst, inWindow);
            curve.Append(CultureInfo.InvariantCulture, $"H{X(at)}V{Y(inWindow)}");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"14\">{title}: {granted.Count} of {granted.Count + refused.Count} granted, at most {worst} in any second</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Baseline}H{Width - 8}\" stroke=\"#999\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Y(Limit)}H{Width - 8}\" stroke=\"#c33\" stroke-dasharray=\"4 3\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"4\" y=\"{Y(Limit)}\" fill=\"#c33\">limit</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{curve}H{X(Milliseconds)}\" fill=\"none\" stroke=\"#26c\"/>\n");
        Marks(svg, granted, "#283", 100);
        Marks(svg, refused, "#c33", 108);
        for (int second = 0; second <= Milliseconds / 1_000; second++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(second * 1_000)}\" y=\"128\" text-anchor=\"middle\" fill=\"#666\">{second} s</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Marks(StringBuilder svg, List<int> times, string colour, int y)
    {
        var path = new StringBuilder();
        foreach (int time in times)
        {
            path.Append(CultureInfo.InvariantCulture, $"M{X(time)} {y}v6");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" stroke=\"{colour}\"/>\n");
    }

    private static string X(int milliseconds) =>
        (Left + ((Width - Left - 20) * milliseconds / (double)Milliseconds)).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Y(int permits) => (Baseline - (permits * PerPermit)).ToString("0.#", CultureInfo.InvariantCulture);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Primitives.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Primitives.sln.");
    }
}
