namespace Primitives;
/// <summary>x</summary>
public static class StableHash
{
    /// <summary>x</summary><param name="data">x</param><returns>x</returns>
    public static ulong Compute(ReadOnlySpan<byte> data) => System.IO.Hashing.XxHash3.HashToUInt64(data);
}
