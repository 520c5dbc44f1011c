using System.IO.Compression;
using System.Xml.Linq;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>What a user gets who installs a package.</summary>
public class PackageTests(Packed packed) : IClassFixture<Packed>
{
    private static readonly string[] DependencyInjection =
        ["Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Options"];

    /// <summary>The dependencies each package is allowed, and has; a new one needs a record in docs/decisions.</summary>
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["Primitives.Autocomplete"] = [.. DependencyInjection, "Primitives.Hashing"],
        ["Primitives.Backoff"] = DependencyInjection,
        ["Primitives.Base62"] = [],
        ["Primitives.BloomFilter"] = [.. DependencyInjection, "Primitives.Hashing"],
        ["Primitives.Bulkhead"] = [.. DependencyInjection, "System.Threading.RateLimiting"],
        ["Primitives.Caching"] = [.. DependencyInjection, "Microsoft.Extensions.Caching.Abstractions"],
        ["Primitives.CircuitBreaker"] = [.. DependencyInjection, "Primitives.Backoff"],
        ["Primitives.ConsistentHashing"] = [.. DependencyInjection, "Primitives.Hashing"],
        ["Primitives.Hashing"] = ["System.IO.Hashing"],
        ["Primitives.Http"] =
        [
            "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions", "Microsoft.Extensions.Http",
            "Primitives.Backoff", "Primitives.Bulkhead", "Primitives.CircuitBreaker",
        ],
        ["Primitives.HyperLogLog"] = [.. DependencyInjection, "Primitives.Hashing"],
        ["Primitives.RateLimiting"] = [.. DependencyInjection, "System.Threading.RateLimiting"],
        ["Primitives.RateLimiting.AspNetCore"] = ["Primitives.RateLimiting"],
        ["Primitives.Snowflake"] = DependencyInjection,
    };

    [Fact]
    public void Every_project_under_src_is_packed_and_nothing_else_but_the_hashing_assembly() =>
        Assert.Equal(
            Package.All.Select(package => package.Name).Append("System.IO.Hashing").Order(StringComparer.Ordinal),
            packed.Ids);

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void A_package_holds_its_readme_icon_licence_documentation_and_symbols(string id)
    {
        using ZipArchive archive = packed.Open(id, "nupkg");
        string[] files = [.. archive.Entries.Select(entry => entry.FullName)];
        Assert.Contains($"lib/net10.0/{id}.dll", files);
        Assert.Contains($"lib/net10.0/{id}.xml", files);
        Assert.Contains("icon.png", files);
        Assert.Equal(File.ReadAllText(Path.Combine(new Package(id).Folder, "README.md")), Text(archive, "README.md"));

        XElement metadata = Packed.Nuspec(archive).Root!.Elements().Single();
        XNamespace space = metadata.Name.Namespace;
        Assert.Equal("MIT", metadata.Element(space + "license")!.Value);
        Assert.Equal("expression", metadata.Element(space + "license")!.Attribute("type")!.Value);
        Assert.Equal("README.md", metadata.Element(space + "readme")!.Value);
        Assert.Equal("icon.png", metadata.Element(space + "icon")!.Value);
        Assert.InRange(metadata.Element(space + "description")!.Value.Length, 40, 300);
        Assert.NotEmpty(metadata.Element(space + "tags")!.Value);

        using ZipArchive symbols = packed.Open(id, "snupkg");
        Assert.Contains($"lib/net10.0/{id}.pdb", symbols.Entries.Select(entry => entry.FullName));
    }

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void A_package_depends_on_exactly_what_the_design_allows(string id)
    {
        using ZipArchive archive = packed.Open(id, "nupkg");
        XElement[] dependencies = [.. Packed.Nuspec(archive).Descendants().Where(element => element.Name.LocalName == "dependency")];
        Assert.Equal(Dependencies[id].Order(StringComparer.Ordinal), dependencies.Select(element => element.Attribute("id")!.Value).Order(StringComparer.Ordinal));

        // A plain version is a lower bound; a bracket would pin users, a star or a pre-release would move under them.
        Assert.All(dependencies, element => Assert.Matches(@"^\d+\.\d+\.\d+$", element.Attribute("version")!.Value));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(RepositoryRoot.Combine("Primitives.sln")).Replace('\\', '/');
        IEnumerable<string> missing = new[] { "eng", "src", "tests", "benchmarks", "samples" }
            .SelectMany(folder => Directory.GetFiles(RepositoryRoot.Combine(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(RepositoryRoot.FullPath, file).Replace('\\', '/'))
            .Where(file => !solution.Contains($"\"{file}\"", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_repacked_hashing_assembly_is_the_one_of_the_sdk()
    {
        using ZipArchive archive = packed.Open("System.IO.Hashing", "nupkg");
        ZipArchiveEntry entry = archive.GetEntry("lib/net10.0/System.IO.Hashing.dll")!;
        using Stream stream = entry.Open();
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        Assert.Equal(File.ReadAllBytes(typeof(System.IO.Hashing.XxHash3).Assembly.Location), bytes.ToArray());
    }

    private static string Text(ZipArchive archive, string name)
    {
        using var reader = new StreamReader(archive.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
