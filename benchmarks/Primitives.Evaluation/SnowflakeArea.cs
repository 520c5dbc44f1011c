namespace Primitives.Evaluation;

internal static class SnowflakeArea
{
    public static readonly Area Area = new("snowflake", Accuracy, Speed);

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
    }
}
