using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Bytes that a release wrote, in hexadecimal lines.</summary>
internal static class Golden
{
    public static byte[] Read(string file) => Convert.FromHexString(File.ReadAllText(PathOf(file)).ReplaceLineEndings(""));

    /// <summary>Compares with a file, whose content never changes. A new file is written where there is none yet.</summary>
    public static void AssertEqual(string file, byte[] bytes)
    {
        if (!File.Exists(PathOf(file)))
        {
            File.WriteAllLines(PathOf(file), Convert.ToHexString(bytes).Chunk(64).Select(line => new string(line)));
            Assert.Fail($"{file} is new: look at it and commit it.");
        }

        Assert.Equal(Read(file), bytes);
    }

    private static string PathOf(string file) => RepositoryRoot.Combine("tests", "Primitives.BloomFilter.Tests", "Vectors", file);
}
