using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Primitives.Testing;

namespace Primitives.Tests;

/// <summary>Packs what was built once, into a folder of its own.</summary>
public sealed class Packed : IDisposable
{
    private readonly TemporaryDirectory _feed = new();

    public Packed()
    {
        // The tests' own output folder says which configuration was built.
        string configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var start = new ProcessStartInfo("dotnet", ["msbuild", "eng/Pack.proj", $"-p:Configuration={configuration}", $"-p:PackageOutputPath={_feed.FullPath}", "-v:quiet", "-nologo", "-nodeReuse:false"])
        {
            WorkingDirectory = RepositoryRoot.FullPath,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The test host's own variables would make the child take its build for ours.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"dotnet pack failed:\n{output}{errors.Result}");
        }
    }

    /// <summary>Gives the ids of the packages in the feed.</summary>
    public IReadOnlyList<string> Ids =>
        [.. Directory.GetFiles(_feed.FullPath, "*.nupkg").Select(file => Nuspec(file).Descendants().First(element => element.Name.LocalName == "id").Value).Order(StringComparer.Ordinal)];

    /// <summary>Opens a package.</summary>
    /// <param name="id">The package id.</param>
    /// <param name="extension">"nupkg" or "snupkg".</param>
    public ZipArchive Open(string id, string extension)
    {
        string prefix = id + ".";
        string file = Directory.GetFiles(_feed.FullPath, $"{id}.*.{extension}")
            .Single(path => char.IsAsciiDigit(Path.GetFileName(path)[prefix.Length]));
        return ZipFile.OpenRead(file);
    }

    /// <summary>Reads the manifest of a package file.</summary>
    public static XDocument Nuspec(string file)
    {
        using ZipArchive archive = ZipFile.OpenRead(file);
        return Nuspec(archive);
    }

    public static XDocument Nuspec(ZipArchive archive)
    {
        using Stream stream = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream);
    }

    public void Dispose() => _feed.Dispose();
}
