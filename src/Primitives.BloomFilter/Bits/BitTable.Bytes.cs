using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Primitives;

internal readonly partial struct BitTable
{
    // Words are read and written in pieces of 1 MiB: the bytes of all may be more than a span can hold.
    private const int PieceWords = 1 << 17;

    // What is allocated at first for a stream that cannot tell its length: as much again as has arrived, from 64 KiB
    // to 64 MiB at a time.
    private const int FirstArrival = 1 << 13;
    private const int MaxArrival = 1 << 23;

    /// <summary>Writes the words, little-endian, piece by piece.</summary>
    /// <remarks>Each piece is copied first, because others may be setting bits: whoever takes it reads it more than once,
    /// to sum it and to store it, and must see the same both times.</remarks>
    public void WriteTo(Action<ReadOnlySpan<byte>> write)
    {
        ulong[] copy = new ulong[Math.Min(PieceWords, WordCount)];
        for (ReadOnlySpan<ulong> left = Words; !left.IsEmpty;)
        {
            Span<ulong> piece = copy.AsSpan(0, Math.Min(copy.Length, left.Length));
            left[..piece.Length].CopyTo(piece);
            left = left[piece.Length..];
            ToNativeOrder(piece); // the same as to little-endian
            write(MemoryMarshal.AsBytes(piece));
        }
    }

    /// <summary>Writes the words, little-endian, into exactly as many bytes as they have.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(destination);
        Words.CopyTo(words);
        ToNativeOrder(words);
    }

    /// <summary>Replaces the words by those that <see cref="WriteBytes"/> wrote.</summary>
    public void ReadBytes(ReadOnlySpan<byte> source)
    {
        MemoryMarshal.Cast<byte, ulong>(source).CopyTo(Words);
        ToNativeOrder(Words);
    }

    /// <summary>Reads words from a persisted form.</summary>
    /// <exception cref="FormatException">There are fewer.</exception>
    public static BitTable ReadFrom(PersistedReader reader, long wordCount) =>
        ReadFrom(reader.ReadExactly, wordCount, isProven: reader.IsLengthProven && wordCount <= reader.Left / sizeof(ulong));

    /// <summary>Reads words from a stream.</summary>
    /// <exception cref="FormatException">There are fewer.</exception>
    public static BitTable ReadFrom(Stream stream, long wordCount)
    {
        return ReadFrom(Read, wordCount, isProven: stream.CanSeek && wordCount <= (stream.Length - stream.Position) / sizeof(ulong));

        void Read(Span<byte> piece)
        {
            int missing = piece.Length - stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
            if (missing > 0)
            {
                throw new FormatException($"The stream ends at least {missing} bytes early.");
            }
        }
    }

    // Memory is allocated once it is certain that the words exist: at once if that is proven, otherwise after they have
    // all arrived.
    private static BitTable ReadFrom(Action<Span<byte>> read, long wordCount, bool isProven)
    {
        if (isProven)
        {
            var table = new BitTable(wordCount);
            for (Span<ulong> left = table.Words; !left.IsEmpty;)
            {
                Span<ulong> piece = left[..Math.Min(PieceWords, left.Length)];
                ReadPiece(read, piece);
                left = left[piece.Length..];
            }

            return table;
        }

        var arrived = new Queue<ulong[]>();
        for (long count = 0; count < wordCount;)
        {
            int next = (int)Math.Min(wordCount - count, Math.Clamp(count, FirstArrival, MaxArrival));
            ulong[] piece = GC.AllocateUninitializedArray<ulong>(next);
            ReadPiece(read, piece);
            arrived.Enqueue(piece);
            count += next;
        }

        return Join(arrived, wordCount);
    }

    private static BitTable Join(Queue<ulong[]> pieces, long wordCount)
    {
        var table = new BitTable(wordCount);
        Span<ulong> left = table.Words;
        while (pieces.TryDequeue(out ulong[]? piece)) // dequeued, so that each can be collected once it is copied
        {
            piece.CopyTo(left);
            left = left[piece.Length..];
        }

        return table;
    }

    private static void ReadPiece(Action<Span<byte>> read, Span<ulong> words)
    {
        read(MemoryMarshal.AsBytes(words));
        ToNativeOrder(words);
    }

    private static void ToNativeOrder(Span<ulong> words)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }
}
