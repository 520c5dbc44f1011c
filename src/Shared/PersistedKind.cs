namespace Primitives;

/// <summary>What a persisted form holds. A number is never reused; a payload whose layout changes gets a new one.</summary>
internal enum PersistedKind : ushort
{
    BloomFilter = 1,
    ScalableBloomFilter = 2,
    CountingBloomFilter = 3,
    BinaryFuseFilter = 4,
    HyperLogLog = 16,
    UltraLogLog = 17,
    AutocompleteIndex = 48,
}
