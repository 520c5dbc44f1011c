namespace Primitives.Testing;

/// <summary>Finds files of the repository from a test.</summary>
public static class RepositoryRoot
{
    /// <summary>The folder that holds Primitives.sln.</summary>
    public static readonly string FullPath = Find();

    /// <summary>Combines path segments below the root.</summary>
    public static string Combine(params string[] segments) => Path.Combine([FullPath, .. segments]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Primitives.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Primitives.sln.");
    }
}
