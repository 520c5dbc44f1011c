using System.Security.Cryptography;

namespace Primitives;

/// <summary>
/// Seeds for the sequences of one unseeded <see cref="Backoff"/> and its copies: SplitMix64's counter, started where the
/// operating system's generator says. Thread-safe; one interlocked addition a seed, and no two alike in 2^64.
/// </summary>
internal sealed class BackoffEntropy
{
    private long _state = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    public ulong Next() => (ulong)Interlocked.Add(ref _state, unchecked((long)SplitMix.Gamma));
}
