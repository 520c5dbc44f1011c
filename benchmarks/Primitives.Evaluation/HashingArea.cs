namespace Primitives.Evaluation;

internal static class HashingArea
{
    public static readonly Area Area = new("hashing", Accuracy, Speed);

    private static void Accuracy(Scorecard card)
    {
    }

    private static void Speed(Scorecard card)
    {
    }
}
