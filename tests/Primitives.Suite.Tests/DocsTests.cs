using System.Text.RegularExpressions;
using Primitives.Testing;

namespace Primitives.Tests;

public partial class DocsTests
{
    [Fact]
    public void Every_link_in_every_page_leads_somewhere()
    {
        List<string> broken = [];
        foreach (MarkdownPage page in MarkdownPage.All())
        {
            foreach ((int line, string target) in page.Links())
            {
                if (!Resolves(page, target))
                {
                    broken.Add($"{page.Name}:{line}: {target}");
                }
            }
        }

        Assert.True(broken.Count == 0, "Broken links:\n" + string.Join('\n', broken));
    }

    [Fact]
    public void Every_csharp_block_is_a_region_of_compiled_code()
    {
        List<string> wrong = [];
        foreach (MarkdownPage page in MarkdownPage.All())
        {
            // From the end, so that an update does not move the blocks still to come.
            foreach ((int first, int end, string above) in page.CSharpBlocks().Reverse())
            {
                Match source = SourcePattern().Match(above);
                if (!source.Success)
                {
                    wrong.Add($"{page.Name}:{first}: no snippet comment above the block.");
                    continue;
                }

                string[]? region = SnippetRegion.Find(source.Groups["file"].Value, source.Groups["region"].Value);
                if (region is null)
                {
                    wrong.Add($"{page.Name}:{first}: there is no {source.Groups["file"].Value}#{source.Groups["region"].Value}.");
                }
                else if (!page.Lines.Take(end).Skip(first).SequenceEqual(region))
                {
                    if (Updating.IsOn)
                    {
                        string[] lines = File.ReadAllLines(page.FullPath);
                        File.WriteAllText(page.FullPath, string.Join('\n', lines.Take(first).Concat(region).Concat(lines.Skip(end))) + "\n");
                    }
                    else
                    {
                        wrong.Add($"{page.Name}:{first}: differs from its region. To copy it: {Updating.Hint}");
                    }
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Every_snippet_runs()
    {
        int count = 0;
        foreach (Type type in typeof(Snippets.HashingSnippets).Assembly.GetExportedTypes())
        {
            foreach (var method in type.GetMethods().Where(method => method.IsStatic && method.GetParameters().Length == 0))
            {
                if (method.Invoke(null, null) is Task task)
                {
                    await task;
                }

                count++;
            }
        }

        Assert.True(count >= 3, $"Only {count} snippets ran.");
    }

    [Fact]
    public void Pages_keep_to_their_length()
    {
        Assert.InRange(File.ReadAllLines(RepositoryRoot.Combine("README.md")).Length, 40, 150);
        foreach (Package package in Package.All)
        {
            int lines = File.ReadAllLines(Path.Combine(package.Folder, "README.md")).Length;
            Assert.True(lines is >= 15 and <= 80, $"The README of {package} has {lines} lines.");
        }
    }

    [Fact]
    public void Every_package_has_a_docs_page_and_both_are_in_the_indexes()
    {
        string index = File.ReadAllText(RepositoryRoot.Combine("docs", "README.md"));
        string readme = File.ReadAllText(RepositoryRoot.Combine("README.md"));
        foreach (Package package in Package.All)
        {
            string page = DocsPage(package);
            Assert.True(File.Exists(RepositoryRoot.Combine("docs", page)), $"docs/{page} is missing.");
            Assert.Contains($"({page})", index, StringComparison.Ordinal);
            Assert.Contains($"(docs/{page})", readme, StringComparison.Ordinal);
        }
    }

    /// <summary>ConsistentHashing is described in consistent-hashing.md.</summary>
    private static string DocsPage(Package package) =>
        WordPattern().Replace(package.Name["Primitives.".Length..], "-$1").TrimStart('-').Replace(".", "", StringComparison.Ordinal).ToLowerInvariant() + ".md";

    private static bool Resolves(MarkdownPage page, string target)
    {
        if (Uri.TryCreate(target, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
        {
            return uri.Host.Contains('.', StringComparison.Ordinal); // no network in tests
        }

        // A package's README is shown on its own, where relative links lead nowhere.
        if (page.Name.StartsWith("src/", StringComparison.Ordinal))
        {
            return target.StartsWith('#') && page.Anchors().Contains(target[1..]);
        }

        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0 ? page.FullPath : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.FullPath)!, Uri.UnescapeDataString(parts[0])));
        return (File.Exists(file) || Directory.Exists(file))
            && (parts.Length == 1 || new MarkdownPage(file).Anchors().Contains(parts[1]));
    }

    [GeneratedRegex(@"^\s*<!-- snippet: (?<file>[^#\s]+)#(?<region>\S+) -->\s*$")]
    private static partial Regex SourcePattern();

    [GeneratedRegex("(?<=[a-z.])([A-Z])")]
    private static partial Regex WordPattern();
}
