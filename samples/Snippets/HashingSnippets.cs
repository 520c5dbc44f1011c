using Primitives;

namespace Snippets;

public static class HashingSnippets
{
    public static void Shards()
    {
        #region shards
        ulong hash = StableHash.Compute("user:42");        // the UTF-8 bytes, XXH3-64, the same everywhere
        ulong shard = StableHash.Range(hash, 16);          // 0 to 15, by the high bits, no modulo

        // A second choice for the same key must not reuse the bits of the first.
        ulong slot = StableHash.Range(StableHash.Remix(hash), 1_024);
        #endregion

        Check.That((hash, shard, slot) == (0x9FC1E605FA7174AA, 9, 686), $"{hash:X} {shard} {slot}");
    }

    public static void Keys()
    {
        #region keys
        Guid order = Guid.Parse("0198c0de-0000-7000-8000-000000000001");

        ulong ofText = StableHash.Compute("grüße");                        // 7 UTF-8 bytes
        ulong ofBytes = StableHash.Compute([0x67, 0x72, 0xC3, 0xBC, 0xC3, 0x9F, 0x65]);
        ulong ofNumber = StableHash.Compute(42);                           // 8 bytes, little-endian
        ulong ofGuid = StableHash.Compute(order);                          // 16 bytes, as written
        ulong another = StableHash.Compute("grüße", seed: 7);              // another function
        #endregion

        Check.That(ofText == ofBytes && ofNumber == StableHash.Compute(42UL), "one key, one hash");
        Check.That(ofGuid == StableHash.Compute(Convert.FromHexString("0198c0de000070008000000000000001")), "written order");
        Check.That(another != ofText, "seed");
    }
}
