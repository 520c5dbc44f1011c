using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace UrlShortener;

/// <summary>
/// Tells whether this process is the only one that adds links to the folder, without asking a disk each time: then, and
/// only then, it knows every link there is.
/// </summary>
/// <remarks>
/// <para>Each process that adds links, a server or an import, holds a lock on a file of its worker's as long as it runs
/// (the operating system ends it with the process), and once it has the lock, writes a random mark into eight bytes of
/// memory that all of them share. Both come before its first link. To claim, a process writes a new mark and then looks
/// for locks of other workers. Whoever locked before that look is found; whoever does so later writes a mark of its own,
/// and <see cref="IsAlone"/> is false from then on, which is before anyone can have heard of a link of its.</para>
/// <para>Thread-safe, but for <see cref="TryClaim"/>, which is for one thread at a time.</para>
/// </remarks>
internal sealed class WriterPresence : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly DataFolder _folder;
    private readonly int _worker;
    private readonly FileStream _lock;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _mark;
    private long _claim; // 0 is no mark

    public WriterPresence(DataFolder folder, int worker)
    {
        (_folder, _worker) = (folder, worker);
        _lock = Lock(folder, worker);
        try
        {
            _file = MemoryMappedFile.CreateFromFile(
                new FileStream(folder.WriterMarkPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite),
                mapName: null, capacity: sizeof(long), MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
            _mark = _file.CreateViewAccessor(0, sizeof(long));
            WriteMark();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _file?.Dispose();
            _lock.Dispose();
            throw new ShortenerException($"Cannot use the data folder {folder.FullPath}: {exception.Message}", exception);
        }
    }

    /// <summary>Gets whether no other process that adds links has started since the last successful claim.</summary>
    public bool IsAlone => Volatile.Read(ref _claim) is not 0 and var claim && _mark.ReadInt64(0) == claim;

    /// <summary>Finds out whether this process is the only one that adds links. What it finds in the database after this
    /// is all there is, but for its own later links, as long as <see cref="IsAlone"/> holds.</summary>
    public bool TryClaim()
    {
        long mark = WriteMark();
        for (int worker = 0; worker <= LinkCodes.Layout.MaxWorkerId; worker++)
        {
            // Its own must be found locked: on some file systems nothing ever is, and then nobody can be found.
            if (IsLocked(_folder.WriterLockPath(worker)) != (worker == _worker))
            {
                return false;
            }
        }

        Volatile.Write(ref _claim, mark);
        return IsAlone;
    }

    public void Dispose()
    {
        Volatile.Write(ref _claim, 0);
        _mark.Dispose();
        _file.Dispose();
        _lock.Dispose();
    }

    private long WriteMark()
    {
        long mark = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) | 1;
        _mark.Write(0, mark);
        Interlocked.MemoryBarrier(); // before anything this process asks or changes on a disk
        return mark;
    }

    // Another process may hold it for a moment, to see whether it is held.
    private static FileStream Lock(DataFolder folder, int worker)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return Open(folder.WriterLockPath(worker));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (!FolderLock.IsInUse(exception) || TimeProvider.System.GetElapsedTime(begun) > Patience)
                {
                    throw new ShortenerException($"Cannot add links as worker {worker}: {exception.Message} See --worker.", exception);
                }

                Thread.Sleep(1);
            }
        }
    }

    private static bool IsLocked(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                Open(path).Dispose();
            }

            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true; // or so it must be taken
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
