namespace Primitives.Evaluation;

internal static class Base62Area
{
    public static readonly Area Area = new("base62", Accuracy, Speed);

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
    }
}
