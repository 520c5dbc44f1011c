namespace Primitives.Tests;

/// <summary>Every truncation and every changed byte of a persisted form.</summary>
internal static class Damage
{
    /// <summary>Hands each damaged form to a reader that must refuse it, and give a reason.</summary>
    public static void AssertRefused(byte[] bytes, Func<byte[], string> refusal)
    {
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotEmpty(refusal(bytes[..length]));
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte flip in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] flipped = [.. bytes];
                flipped[i] ^= flip;
                Assert.NotEmpty(refusal(flipped));
            }
        }
    }
}
