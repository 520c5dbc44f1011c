using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Takes the text between <c>#region name</c> and its <c>#endregion</c>, without the common indentation.</summary>
public static class SnippetRegion
{
    /// <summary>Returns the region's lines, or null when the file or the region does not exist.</summary>
    public static string[]? Find(string file, string region)
    {
        string path = RepositoryRoot.Combine(file.Split('/'));
        if (!File.Exists(path))
        {
            return null;
        }

        string[] lines = File.ReadAllLines(path);
        int start = Array.FindIndex(lines, line => line.Trim() == $"#region {region}");
        int end = start < 0 ? -1 : Array.FindIndex(lines, start, line => line.Trim() == "#endregion");
        if (end < 0)
        {
            return null;
        }

        IEnumerable<string> body = lines[(start + 1)..end];
        body = body.SkipWhile(string.IsNullOrWhiteSpace).Reverse().SkipWhile(string.IsNullOrWhiteSpace).Reverse();
        string[] kept = [.. body];
        int indent = kept.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return [.. kept.Select(line => line.Length >= indent ? line[indent..] : line.Trim())];
    }
}
