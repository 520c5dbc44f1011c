using System.Buffers.Binary;

namespace Primitives;

/// <summary>
/// Times in order, oldest first, 6 or 8 bytes each: only their distance from the present is ever asked for, so that the
/// low 48 bits do if no distance reaches 2^48.
/// </summary>
internal sealed class TimestampRing
{
    private const int NarrowBytes = 6;
    private const int WideBytes = 8;

    private readonly byte[] _times;
    private readonly int _width;
    private readonly ulong _mask;
    private int _oldest;

    /// <param name="capacity">The most times. At least 1.</param>
    /// <param name="period">No age that is asked for reaches four times this, in clock ticks.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is too large for an array.</exception>
    public TimestampRing(int capacity, long period)
    {
        _width = period < 1L << 46 ? NarrowBytes : WideBytes;
        _mask = _width == NarrowBytes ? (1UL << 48) - 1 : ulong.MaxValue;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, (Array.MaxLength - WideBytes) / _width);
        Capacity = capacity;
        _times = GC.AllocateUninitializedArray<byte>((capacity * _width) + WideBytes - _width); // the last is read as 8 bytes, too
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Gets how long before <paramref name="now"/> the time at an index is, counted from the oldest.</summary>
    public long OldestAge(long now, int index) => (long)(((ulong)now - Read(_oldest + (long)index)) & _mask);

    public void Append(long time, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Span<byte> slot = Slot(_oldest + (long)Count);
            BinaryPrimitives.WriteUInt32LittleEndian(slot, (uint)time);
            if (_width == NarrowBytes)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(slot[4..], (ushort)(time >> 32));
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], (uint)(time >> 32));
            }

            Count++;
        }
    }

    public void Forget(int times)
    {
        _oldest = (int)((_oldest + (long)times) % Capacity);
        Count -= times;
    }

    private ulong Read(long position) => BinaryPrimitives.ReadUInt64LittleEndian(Slot(position));

    private Span<byte> Slot(long position) =>
        _times.AsSpan((int)(position < Capacity ? position : position - Capacity) * _width, WideBytes);
}
