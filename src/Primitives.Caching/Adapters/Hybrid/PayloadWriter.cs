using System.Buffers;

namespace Primitives;

/// <summary>A growing buffer that refuses to grow beyond a limit, so that what is too large to store is not even made.</summary>
internal sealed class PayloadWriter(int limit) : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public bool IsExceeded { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Advance(int count)
    {
        _buffer.Advance(count);
        if (_buffer.WrittenCount > limit)
        {
            IsExceeded = true;
            throw new InvalidOperationException($"More than {limit} bytes.");
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _buffer.GetMemory(Check(sizeHint));

    public Span<byte> GetSpan(int sizeHint = 0) => _buffer.GetSpan(Check(sizeHint));

    // A hint is an upper estimate (a string's bytes are taken to be three per character), so it may be three times too large.
    private int Check(int sizeHint)
    {
        if (sizeHint > (3L * limit) + 4096)
        {
            IsExceeded = true;
            throw new InvalidOperationException($"More than {limit} bytes.");
        }

        return sizeHint;
    }
}
