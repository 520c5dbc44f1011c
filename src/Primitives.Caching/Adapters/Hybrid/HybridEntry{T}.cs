using System.Buffers;
using Microsoft.Extensions.Caching.Hybrid;

namespace Primitives;

/// <summary>A value: itself, if its type is immutable, or else as bytes, so that each reader gets an object of its own.</summary>
internal sealed class HybridEntry<T> : HybridEntry
{
    private readonly T? _value;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly IHybridCacheSerializer<T>? _serializer; // null: the value itself

    /// <summary>Keeps the value itself.</summary>
    public HybridEntry(long createdAt, string[] tags, T? value)
        : base(createdAt, tags)
    {
        _value = value;
    }

    /// <summary>Keeps bytes that nobody else changes.</summary>
    public HybridEntry(long createdAt, string[] tags, ReadOnlyMemory<byte> payload, IHybridCacheSerializer<T> serializer)
        : base(createdAt, tags)
    {
        _payload = payload;
        _serializer = serializer;
    }

    public T Read() => _serializer is null ? _value! : _serializer.Deserialize(new ReadOnlySequence<byte>(_payload));
}
