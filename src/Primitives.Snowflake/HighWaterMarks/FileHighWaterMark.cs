using Microsoft.Win32.SafeHandles;

namespace Primitives;

/// <summary>
/// A high-water mark in a file. Survives a crash of the process or of the machine at any moment, and damage to either of
/// the two copies it keeps; refuses to start when both are damaged.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> When <see cref="Raise"/> has returned, every later <see cref="Read"/>, in this or another
/// process, gives a mark at least as late or throws. Of two processes told to use one file the second fails at once: the
/// file beside it with <c>.lock</c> at the end of its name, which stays there, is locked until <see cref="Dispose"/>.</para>
/// <para><b>Cost.</b> <see cref="Raise"/> writes and flushes 24 bytes twice, under a lock of this object's own.
/// <see cref="Read"/> touches no file.</para>
/// <para><b>Limits.</b> The lock is advisory on Unix and as good as the file system: keep the files on a local disk, or on
/// a volume that one machine mounts at a time. That a new file's name survives a power cut rests on the file system
/// committing it with the first flush, as journaling ones do.</para>
/// <para><b>Format.</b> The copies are at offsets 0 and 4,096, little-endian: the 8 bytes <c>SnowMark</c>; version 1 and
/// kind 1 as 16 bits each; the mark as the 64-bit count of 100 ns from 0001-01-01 UTC, zero for none; CRC-32C of these 20
/// bytes as 32 bits.</para>
/// <para><b>Thread safety.</b> Every member may be called at once from several threads.</para>
/// </remarks>
public sealed class FileHighWaterMark : IHighWaterMark, IDisposable
{
    // Both copies hold the same mark except during Raise, which completes the first before it touches the second, and
    // after a crash there, until the file is opened again. So at any moment one copy is whole, and the later mark of the
    // whole copies is at least the last one that Raise returned for.
    private const int FileLength = SecondCopy + MarkRecord.Length;
    private const int SecondCopy = 4096; // on another sector and another page, so that no torn write reaches both

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _lockFile;
    private readonly SafeFileHandle _file;
    private DateTimeOffset? _mark; // what both copies hold; under _lock
    private long _suspect; // where the copy is that a failed write may have torn: the one to write first; under _lock

    /// <summary>Opens the file, or creates it with no mark if there is none.</summary>
    /// <param name="path">The file's path. Its folder must exist.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is <see langword="null"/> or empty.</exception>
    /// <exception cref="IOException">The file is in use by another process or object, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read and write the file.</exception>
    /// <exception cref="FormatException">Neither copy in the file is whole. To go on, find an instant that no id made so
    /// far is later than, and raise a new file to it.</exception>
    public FileHighWaterMark(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        Path = System.IO.Path.GetFullPath(path);
        _lockFile = LockBeside(Path);
        try
        {
            if (!File.Exists(Path))
            {
                CreateWhole(Path);
            }

            _file = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            _mark = ReadCopies();
        }
        catch
        {
            _file?.Dispose();
            _lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Gets the full path of the file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public DateTimeOffset? Read()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_file.IsClosed, this);
            return _mark;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file could not be written; the mark may or may not have been raised.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed, and may be another process's by now.</exception>
    public void Raise(DateTimeOffset mark)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_file.IsClosed, this);
            if (mark <= _mark)
            {
                return;
            }

            WriteCopies(mark);
            _mark = mark;
        }
    }

    /// <summary>Closes and unlocks the file. Only when no generator uses it any more: one that still does can make ids up
    /// to the mark and then throws.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
            _lockFile.Dispose();
        }
    }

    private DateTimeOffset? ReadCopies()
    {
        Span<byte> first = stackalloc byte[MarkRecord.Length];
        Span<byte> second = stackalloc byte[MarkRecord.Length];
        string? firstDamage = MarkRecord.TryRead(first[..ReadAt(first, 0)], out DateTimeOffset? firstMark);
        string? secondDamage = MarkRecord.TryRead(second[..ReadAt(second, SecondCopy)], out DateTimeOffset? secondMark);
        if (firstDamage is not null && secondDamage is not null)
        {
            throw new FormatException(
                $"{Path} holds no whole high-water mark (first copy: {firstDamage}; second copy: {secondDamage}). Starting without one might repeat ids.");
        }

        DateTimeOffset? mark = firstMark is null || secondMark > firstMark ? secondMark : firstMark;
        if (!first.SequenceEqual(second))
        {
            _suspect = firstDamage is null && firstMark == mark ? SecondCopy : 0;
            WriteCopies(mark);
        }

        return mark;
    }

    private void WriteCopies(DateTimeOffset? mark)
    {
        Span<byte> record = stackalloc byte[MarkRecord.Length];
        MarkRecord.Write(record, mark);
        for (int copy = 0; copy < 2; copy++)
        {
            RandomAccess.Write(_file, record, _suspect);
            RandomAccess.FlushToDisk(_file);
            _suspect = SecondCopy - _suspect; // this one is whole now; a failure from here on can tear only the other
        }
    }

    private int ReadAt(Span<byte> buffer, long offset)
    {
        int length = 0;
        while (length < buffer.Length && RandomAccess.Read(_file, buffer[length..], offset + length) is > 0 and int read)
        {
            length += read;
        }

        return length;
    }

    // A file of its own, because the marks' file is put in place by a rename: a lock on what was there before is no lock.
    private static SafeFileHandle LockBeside(string path)
    {
        try
        {
            return File.OpenHandle(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException)
        {
            throw new IOException(
                $"The high-water mark {path} cannot be locked for this process. Does another one run with the same worker id?", exception);
        }
    }

    /// <summary>Puts a whole file at the path in one step, so that a file at the path is never half made: an empty or short
    /// one is damage, not a beginning.</summary>
    private static void CreateWhole(string path)
    {
        byte[] content = new byte[FileLength];
        MarkRecord.Write(content, null);
        MarkRecord.Write(content.AsSpan(SecondCopy), null);
        string draft = path + ".tmp"; // one may be left from a crash here
        using (SafeFileHandle file = File.OpenHandle(draft, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(draft, path);
    }
}
