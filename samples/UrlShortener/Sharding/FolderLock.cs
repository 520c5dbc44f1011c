namespace UrlShortener;

/// <summary>Says that a data folder is in use: shared by servers and imports, or for a reshard alone.</summary>
/// <remarks>A lock of the operating system on a file of its own; it ends with the process, however that ends.</remarks>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock that any number may have, while no reshard runs.</summary>
    public static FolderLock Share(DataFolder folder) =>
        Take(folder, FileAccess.Read, FileShare.Read, "A reshard is running on it; wait until it is done.");

    /// <summary>Takes the lock that only one may have.</summary>
    public static FolderLock TakeAlone(DataFolder folder) =>
        Take(folder, FileAccess.ReadWrite, FileShare.None, "A server, an import or another reshard is running on it; stop it first.");

    public void Dispose() => _file.Dispose();

    private static FolderLock Take(DataFolder folder, FileAccess access, FileShare share, string whenInUse)
    {
        try
        {
            return new FolderLock(new FileStream(folder.LockPath, FileMode.OpenOrCreate, access, share));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string reason = IsInUse(exception) ? whenInUse : exception.Message;
            throw new ShortenerException($"Cannot use the data folder {folder.FullPath}. {reason}", exception);
        }
    }

    // EWOULDBLOCK of Linux and of macOS; ERROR_SHARING_VIOLATION as Windows has it in an HRESULT.
    internal static bool IsInUse(Exception exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
