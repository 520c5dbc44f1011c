using System.Reflection;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>One shipped package: its folder under <c>src</c> and its assembly, which bear the same name.</summary>
public sealed record Package(string Name)
{
    /// <summary>Every package, found by its project file.</summary>
    public static readonly IReadOnlyList<Package> All =
    [
        .. Directory.GetDirectories(RepositoryRoot.Combine("src"))
            .Select(folder => Path.GetFileName(folder))
            .Where(name => File.Exists(RepositoryRoot.Combine("src", name, name + ".csproj")))
            .Order(StringComparer.Ordinal)
            .Select(name => new Package(name)),
    ];

    public string Folder => RepositoryRoot.Combine("src", Name);

    public string PublicApiFile => Path.Combine(Folder, "PublicApi.txt");

    public Assembly Assembly => Assembly.Load(Name);

    /// <summary>Gets the compiler's XML documentation, which is copied next to the assembly.</summary>
    public string DocumentationFile => Path.ChangeExtension(Assembly.Location, ".xml");

    /// <summary>Test data for theories: one row a package.</summary>
    public static TheoryData<string> Names() => [.. All.Select(package => package.Name)];

    public override string ToString() => Name;
}
