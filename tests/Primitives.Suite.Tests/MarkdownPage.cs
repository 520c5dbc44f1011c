using System.Text.RegularExpressions;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>One Markdown page of the repository: its links, its headings and its C# blocks.</summary>
public sealed partial class MarkdownPage(string path)
{
    private static readonly string[] Elsewhere = ["artifacts", ".git", "bin", "obj", "node_modules", "TestResults"];

    public string FullPath => path;

    /// <summary>Gets the path from the repository's root, with forward slashes.</summary>
    public string Name => Path.GetRelativePath(RepositoryRoot.FullPath, path).Replace('\\', '/');

    public string[] Lines { get; } = File.ReadAllLines(path);

    /// <summary>Finds every page outside build output.</summary>
    public static IEnumerable<MarkdownPage> All() =>
        Directory.EnumerateFiles(RepositoryRoot.FullPath, "*.md", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(RepositoryRoot.FullPath, file).Split(Path.DirectorySeparatorChar).Any(Elsewhere.Contains))
            .Order(StringComparer.Ordinal)
            .Select(file => new MarkdownPage(file));

    /// <summary>Lists link and image targets outside code blocks.</summary>
    public IEnumerable<(int Line, string Target)> Links()
    {
        bool code = false;
        for (int i = 0; i < Lines.Length; i++)
        {
            if (Lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                code = !code;
            }
            else if (!code)
            {
                foreach (Match match in LinkPattern().Matches(CodePattern().Replace(Lines[i], "")))
                {
                    yield return (i + 1, match.Groups["target"].Value);
                }
            }
        }
    }

    /// <summary>Gives the anchors of the headings, formed as the common forges form them.</summary>
    public HashSet<string> Anchors() =>
        [.. Lines.Where(line => line.StartsWith('#'))
            .Select(line => SlugPattern().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    /// <summary>Lists the C# blocks: where the text begins and ends, and the line above the fence.</summary>
    public IEnumerable<(int First, int End, string Above)> CSharpBlocks()
    {
        for (int i = 0; i < Lines.Length; i++)
        {
            if (FencePattern().IsMatch(Lines[i]))
            {
                int end = Array.FindIndex(Lines, i + 1, line => line.Trim() is "```" or "~~~");
                Assert.True(end > 0, $"{Name}:{i + 1}: the block is not closed.");
                yield return (i + 1, end, i > 0 ? Lines[i - 1] : "");
                i = end;
            }
        }
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)(?:\s+""[^""]*"")?\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^\s*(```|~~~)\s*(csharp|cs|c#)(\s|$)", RegexOptions.IgnoreCase)]
    private static partial Regex FencePattern();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]")]
    private static partial Regex SlugPattern();
}
