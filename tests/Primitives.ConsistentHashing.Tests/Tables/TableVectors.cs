using System.Globalization;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Reads the vector files that lie next to the tests.</summary>
internal static class TableVectors
{
    public static string[][] Read(string file, int rows)
    {
        string path = RepositoryRoot.Combine("tests", "Primitives.ConsistentHashing.Tests", "Tables", "Vectors", file);
        string[][] read = [.. File.ReadAllLines(path).Skip(1).Select(row => row.Split(','))];
        Assert.Equal(rows, read.Length);
        return read;
    }

    /// <summary>Reads rows of a hash, a number of buckets and the bucket.</summary>
    public static IEnumerable<(ulong Hash, int Buckets, int Bucket)> ReadBuckets(string file, int rows) =>
        Read(file, rows).Select(row => (
            ulong.Parse(row[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            int.Parse(row[1], CultureInfo.InvariantCulture),
            int.Parse(row[2], CultureInfo.InvariantCulture)));
}
