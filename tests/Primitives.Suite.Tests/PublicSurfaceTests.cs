using System.Reflection;
using Primitives.Testing;

namespace Primitives.Tests;

public class PublicSurfaceTests
{
    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void The_public_surface_is_what_PublicApi_txt_says(string name)
    {
        var package = new Package(name);
        string actual = PublicSurface.Print(package.Assembly);
        if (Updating.IsOn)
        {
            File.WriteAllText(package.PublicApiFile, actual);
        }

        Assert.True(File.Exists(package.PublicApiFile), $"{package.PublicApiFile} is missing: {Updating.Hint}");
        Assert.True(
            File.ReadAllText(package.PublicApiFile) == actual,
            $"The surface of {name} differs from its PublicApi.txt. If that is meant: {Updating.Hint}. It is now:\n{actual}");
    }

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void Every_public_type_lives_in_the_one_namespace_and_is_sealed_static_or_abstract(string name)
    {
        foreach (Type type in PublicSurface.Types(new Package(name).Assembly))
        {
            Assert.True(type.Namespace == "Primitives", $"{type} is in namespace {type.Namespace}.");
            Assert.True(type.IsSealed || type.IsAbstract || type.IsInterface, $"{type} is neither sealed, static nor abstract.");
        }
    }

    [Fact]
    public void A_public_type_name_is_used_once_in_the_suite()
    {
        IEnumerable<string> twice = Package.All
            .SelectMany(package => PublicSurface.Types(package.Assembly).Where(type => !type.IsNested))
            .GroupBy(type => type.Name)
            .Where(group => group.Count() > 1)
            .Select(group => group.Key);
        Assert.Empty(twice);
    }

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void A_file_holds_one_top_level_type_and_bears_its_name(string name)
    {
        var package = new Package(name);
        string[] files = [.. Directory.EnumerateFiles(package.Folder, "*.cs", SearchOption.AllDirectories)
            .Concat(SharedFiles())
            .Select(file => Path.GetFileNameWithoutExtension(file).Split('.')[0].Split('{')[0])];
        foreach (Type type in package.Assembly.GetTypes().Where(type => !type.IsNested && type.Namespace == "Primitives"))
        {
            Assert.Contains(type.Name.Split('`')[0], files);
        }
    }

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void Nothing_static_is_mutable(string name)
    {
        IEnumerable<string> mutable = new Package(name).Assembly.GetTypes()
            .Where(type => !type.Name.Contains('<', StringComparison.Ordinal) && !(type.DeclaringType?.Name.Contains('<', StringComparison.Ordinal) ?? false))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsInitOnly && !field.IsLiteral)
            .Where(field => !field.Name.Contains('<', StringComparison.Ordinal) || field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal))
            .Select(field => $"{field.DeclaringType}.{field.Name}");
        Assert.Empty(mutable);
    }

    private static string[] SharedFiles()
    {
        string folder = RepositoryRoot.Combine("src", "Shared"); // internals linked into several packages, if there are any
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.cs") : [];
    }
}
