namespace Primitives.Testing;

/// <summary>A folder of the test's own, deleted with everything in it.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Gets the folder's path.</summary>
    public string FullPath { get; } = Directory.CreateTempSubdirectory("primitives-").FullName;

    /// <summary>Gives the path of a file or folder inside.</summary>
    public string Combine(string name) => Path.Combine(FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
