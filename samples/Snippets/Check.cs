namespace Snippets;

/// <summary>Makes a snippet fail its test when what it claims is untrue.</summary>
internal static class Check
{
    public static void That(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The snippet's claim is untrue: {what}");
        }
    }
}
