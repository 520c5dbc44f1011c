namespace Primitives.Evaluation;

internal static class SnowflakeArea
{
    public static readonly Area Area = new("snowflake", Accuracy, Speed);

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
        var layout = new SnowflakeLayout(41, 0, 22, SnowflakeLayout.JavaScriptSafe.Epoch);
        var ids = new SnowflakeGenerator(0, layout);
        TimeProvider system = TimeProvider.System;
        long Rival(int n) { long sum = 0; for (int i = 0; i < n; i++) { sum += system.GetUtcNow().Ticks; } return sum; }
        RatioResult next = Ratio.Of(n => { long sum = 0; for (int i = 0; i < n; i++) { sum += ids.Next(); } return sum; }, Rival);
        card.AtMost("Next() against a bare GetUtcNow()", next.Value, 1.4, "x", next.Note);
        long[] batch = new long[64];
        RatioResult span = Ratio.Of(n => { long sum = 0; for (int i = 0; i < n; i += 64) { ids.Next(batch); sum += batch[0]; } return sum; }, Rival);
        card.AtMost("span of 64, per id, against a bare GetUtcNow()", span.Value, 0.3, "x", span.Note);
        RatioResult alone = Ratio.Of(n => { long sum = 0; for (int i = 0; i < n; i++) { ids.TryNext(out long id); sum += id; } return sum; }, Rival);
        card.AtMost("TryNext", alone.Value, 1.4, "x", alone.Note);
    }
}
