using Primitives;

namespace UrlShortener;

/// <summary>The folder that holds everything the service keeps.</summary>
internal sealed class DataFolder
{
    public DataFolder(string path)
    {
        FullPath = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(FullPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ShortenerException($"Cannot use {FullPath} as the data folder: {exception.Message}", exception);
        }
    }

    public string FullPath { get; }

    /// <summary>Gets the file that is locked while the folder is used.</summary>
    public string LockPath => Path.Combine(FullPath, "folder.lock");

    /// <summary>Gives the database of a shard, counted from 1; whether the file is there is another matter.</summary>
    public LinkDatabase Database(int shard) => new(Path.Combine(FullPath, shard == 1 ? "links.db" : $"links-{shard}.db"));

    /// <summary>Gives the database of visitors.</summary>
    public LinkDatabase Visitors => new(Path.Combine(FullPath, "visitors.db"));

    /// <summary>Gets the file of the filter of codes.</summary>
    public string KnownCodes => Path.Combine(FullPath, "codes.bloom");

    /// <summary>Gets the file by which processes that add links notice each other.</summary>
    public string WriterMarkPath => Path.Combine(FullPath, "writers.mark");

    /// <summary>Gets the file that is locked while a worker may add links.</summary>
    public string WriterLockPath(int worker) => Path.Combine(FullPath, $"writer-{worker}.lock");

    /// <summary>Opens the file in which a worker notes how far its ids have got, so that a restart repeats none. It is
    /// locked as long as it is open, since two processes with one worker id would make the same ids.</summary>
    public FileHighWaterMark OpenHighWaterMark(int worker)
    {
        try
        {
            return new FileHighWaterMark(Path.Combine(FullPath, $"worker-{worker}.mark"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ShortenerException($"Cannot make ids as worker {worker}: {exception.Message} See --worker.", exception);
        }
    }
}
