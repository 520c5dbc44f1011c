using Primitives;

namespace Snippets;

public static class ReadmeSnippets
{
    public static void FirstTenMinutes()
    {
        byte[] secret = new byte[32]; // in the real world from your secret store

        #region first
        // A 53-bit id, unique on every machine that has its own worker id, sorted by time.
        var ids = new SnowflakeGenerator(workerId: 3, SnowflakeLayout.JavaScriptSafe);
        long id = ids.Next();
        DateTimeOffset made = ids.Layout.Decode(id).Timestamp;

        // Nine letters and digits for it, which show nothing of their order to those without the secret.
        var codes = new ShortCodePermutation(secret, length: 9);
        string code = Base62.Encode(codes.Permute((ulong)id), width: 9);
        ulong back = codes.Invert(Base62.Decode(code, width: 9));

        // The same shard for it in every process, release and language.
        ulong shard = StableHash.Range(StableHash.Compute(code), 16);
        #endregion

        Check.That(back == (ulong)id && code.Length == 9 && shard < 16, code);
        Check.That(DateTimeOffset.UtcNow - made < TimeSpan.FromMinutes(1), $"{made:O}");
    }
}
