using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;

namespace Primitives;

/// <content>Persisting. The bytes are those of <see cref="IndexLayout"/>.</content>
public sealed partial class AutocompleteIndex
{
    // Memory for bytes that a stream only announces is taken in steps.
    private const int FirstPiece = 1 << 20;

    /// <summary>Gets the number of bytes that the index takes, persisted, and in memory but for a few small objects.
    /// </summary>
    public int PersistedLength => PersistedForm.Overhead + Data.Bytes.Length;

    /// <summary>Persists the index. The same terms and settings give the same bytes.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[PersistedLength];
        Data.Bytes.CopyTo(PersistedForm.Begin(bytes, PersistedKind.AutocompleteIndex));
        PersistedForm.Seal(bytes);
        GC.KeepAlive(this);
        return bytes;
    }

    /// <summary>Persists the index into memory of the caller's.</summary>
    /// <param name="destination">Where to write; <see cref="PersistedLength"/> bytes suffice.</param>
    /// <param name="bytesWritten">The number of bytes written; 0 if they do not fit.</param>
    /// <returns>Whether they fitted.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        bytesWritten = 0;
        if (destination.Length < PersistedLength)
        {
            return false;
        }

        bytesWritten = PersistedLength;
        Data.Bytes.CopyTo(PersistedForm.Begin(destination[..bytesWritten], PersistedKind.AutocompleteIndex));
        PersistedForm.Seal(destination[..bytesWritten]);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Persists the index to a stream, without a copy of it.</summary>
    /// <param name="stream">Where to write; stays open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var writer = new PersistedWriter(stream, PersistedKind.AutocompleteIndex, Data.Bytes.Length);
        writer.Write(Data.Bytes);
        writer.Complete();
        GC.KeepAlive(this);
    }

    /// <summary>Restores an index from its persisted bytes, which are copied.</summary>
    /// <param name="bytes">The bytes, no more and no less.</param>
    /// <param name="timeProvider">The clock by which scores decay; <see cref="TimeProvider.System"/> when
    /// <see langword="null"/>.</param>
    /// <returns>The index.</returns>
    /// <exception cref="FormatException">They are not those of an index, or are damaged; the message says how.</exception>
    public static AutocompleteIndex FromBytes(ReadOnlySpan<byte> bytes, TimeProvider? timeProvider = null) =>
        TryFromBytes(bytes, out AutocompleteIndex? index, out string? reason, timeProvider) ? index : throw new FormatException(reason);

    /// <summary>Restores an index from its persisted bytes, if they are in order.</summary>
    /// <param name="bytes">The bytes, no more and no less.</param>
    /// <param name="index">The index, or <see langword="null"/>.</param>
    /// <param name="reason">What is wrong with the bytes, or <see langword="null"/>.</param>
    /// <param name="timeProvider"><inheritdoc cref="FromBytes" path="/param[@name='timeProvider']"/></param>
    /// <returns>Whether they are in order.</returns>
    public static bool TryFromBytes(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out AutocompleteIndex? index,
        [NotNullWhen(false)] out string? reason,
        TimeProvider? timeProvider = null)
    {
        index = null;
        if (!PersistedForm.TryOpen(bytes, PersistedKind.AutocompleteIndex, out ReadOnlySpan<byte> payload, out reason)
            || !IndexForm.TryReadLayout(payload, out IndexLayout layout, out reason))
        {
            return false;
        }

        IndexData data = IndexData.Allocate(layout, out Span<byte> memory);
        payload.CopyTo(memory);
        return TryMake(data, timeProvider, out index, out reason);
    }

    /// <summary>Restores an index from a stream, whose position ends right behind it.</summary>
    /// <param name="stream">Where to read; stays open.</param>
    /// <param name="timeProvider"><inheritdoc cref="FromBytes" path="/param[@name='timeProvider']"/></param>
    /// <returns>The index.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    /// <exception cref="FormatException"><inheritdoc cref="FromBytes" path="/exception"/></exception>
    public static AutocompleteIndex ReadFrom(Stream stream, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new PersistedReader(stream, PersistedKind.AutocompleteIndex);
        if (reader.Left > Array.MaxLength)
        {
            throw new FormatException($"The header announces a payload of {reader.Left} bytes; an index has at most 2 GB.");
        }

        byte[] payload = new byte[reader.IsLengthProven ? reader.Left : Math.Min(reader.Left, FirstPiece)];
        for (int read = 0; ; Array.Resize(ref payload, (int)Math.Min(payload.Length * 2L, read + reader.Left)))
        {
            reader.ReadExactly(payload.AsSpan(read));
            read = payload.Length;
            if (reader.Left == 0)
            {
                break;
            }
        }

        reader.Complete();
        if (!IndexForm.TryReadLayout(payload, out IndexLayout layout, out string? reason))
        {
            throw new FormatException(reason);
        }

        IndexData data = IndexData.Allocate(layout, out Span<byte> memory);
        payload.CopyTo(memory);
        return TryMake(data, timeProvider, out AutocompleteIndex? index, out reason) ? index : throw new FormatException(reason);
    }

    /// <summary>Maps a file that holds a persisted index. The index then takes no memory of the process's own, and processes
    /// that map one file share what of it is in memory.</summary>
    /// <param name="path">The file. Must not be changed or cut short while it is mapped: write a new file and rename it.
    /// </param>
    /// <param name="timeProvider"><inheritdoc cref="FromBytes" path="/param[@name='timeProvider']"/></param>
    /// <returns>The index. The file stays mapped until neither it nor any of its completions is referred to any more.
    /// </returns>
    /// <remarks>The file is read and checked once, as by <see cref="ReadFrom"/>; a query then reads what it needs.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is <see langword="null"/> or empty.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="FormatException"><inheritdoc cref="FromBytes" path="/exception"/></exception>
    public static AutocompleteIndex Map(string path, TimeProvider? timeProvider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (file.Length is < PersistedForm.Overhead or > int.MaxValue)
        {
            throw new FormatException($"A persisted index has from {PersistedForm.Overhead} bytes to 2 GB; the file has {file.Length}.");
        }

        using var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        MappedIndex? mapped = null;
        try
        {
            mapped = new MappedIndex(map, (int)file.Length);
            if (!PersistedForm.TryOpen(mapped.Bytes, PersistedKind.AutocompleteIndex, out ReadOnlySpan<byte> payload, out string? reason)
                || !IndexForm.TryReadLayout(payload, out IndexLayout layout, out reason)
                || !TryMake(mapped.View(layout), timeProvider, out AutocompleteIndex? index, out reason))
            {
                throw new FormatException(reason);
            }

            mapped = null; // the index's from now on
            return index;
        }
        finally
        {
            mapped?.Dispose();
        }
    }

    private static bool TryMake(
        IndexData data, TimeProvider? timeProvider, [NotNullWhen(true)] out AutocompleteIndex? index, [NotNullWhen(false)] out string? reason)
    {
        reason = IndexForm.WhatIsWrong(data);
        index = reason is null ? new AutocompleteIndex(data, timeProvider ?? TimeProvider.System) : null;
        return index is not null;
    }
}
