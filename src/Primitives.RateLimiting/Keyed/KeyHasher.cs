using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Primitives;

/// <summary>Hashes keys under a random key of its own, so that two limiters, or two processes, place keys differently.</summary>
internal sealed class KeyHasher<TKey>(Func<TKey, ulong>? custom)
    where TKey : notnull
{
    private readonly ulong _key0 = Random();
    private readonly ulong _key1 = Random();

    public bool IsCustom => custom is not null;

    public ulong Hash(ReadOnlySpan<char> key) => SipHash.Compute(MemoryMarshal.AsBytes(key), _key0, _key1);

    // The type tests are decided when the code is compiled for TKey; nothing is boxed.
    public ulong Hash(TKey key)
    {
        if (custom is not null)
        {
            return SipHash.Compute(custom(key), _key0, _key1);
        }

        if (typeof(TKey) == typeof(string))
        {
            return Hash(((string)(object)key).AsSpan());
        }

        if (typeof(TKey) == typeof(Guid))
        {
            Guid guid = Unsafe.BitCast<TKey, Guid>(key);
            return SipHash.Compute(MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in guid)), _key0, _key1);
        }

        ulong word = Unsafe.SizeOf<TKey>() switch
        {
            1 => Unsafe.BitCast<TKey, byte>(key),
            2 => Unsafe.BitCast<TKey, ushort>(key),
            4 => Unsafe.BitCast<TKey, uint>(key),
            _ => Unsafe.BitCast<TKey, ulong>(key),
        };
        return SipHash.Compute(word, _key0, _key1);
    }

    private static ulong Random() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
