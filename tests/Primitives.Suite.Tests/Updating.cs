namespace Primitives.Tests;

/// <summary>Tests that compare a file with what it is generated from can write the file instead.</summary>
public static class Updating
{
    /// <summary>How to ask for it, for failure messages; CONTRIBUTING.md says the same.</summary>
    public const string Hint = "PRIMITIVES_UPDATE=1 dotnet test tests/Primitives.Suite.Tests";

    public static bool IsOn => Environment.GetEnvironmentVariable("PRIMITIVES_UPDATE") == "1";
}
