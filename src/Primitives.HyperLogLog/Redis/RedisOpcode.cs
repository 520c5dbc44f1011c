using System.Diagnostics;

namespace Primitives;

/// <summary>
/// One opcode of Redis's sparse form: so many registers in a row that are zero, or that have one value.
/// </summary>
/// <remarks>
/// <code>
/// 00xxxxxx             x + 1 registers are 0         ZERO
/// 01xxxxxx yyyyyyyy    (x y) + 1 registers are 0     XZERO
/// 1vvvvvxx             x + 1 registers are v + 1     VAL
/// </code>
/// </remarks>
/// <param name="Value">The registers' value, 0 to <see cref="MaxValue"/>.</param>
/// <param name="Run">How many registers, at least 1.</param>
/// <param name="Length">How many bytes the opcode has.</param>
internal readonly record struct RedisOpcode(int Value, int Run, int Length)
{
    public const int MaxValue = 32;

    /// <summary>The most registers of one value that an opcode covers.</summary>
    public const int MaxValueRun = 4;

    private const int ShortZeroRun = 64;

    public bool IsValue => Value != 0;

    /// <summary>Decodes the first opcode; null if its second byte is missing.</summary>
    public static RedisOpcode? Read(ReadOnlySpan<byte> opcodes) => (opcodes[0] >> 6) switch
    {
        0 => new RedisOpcode(0, opcodes[0] + 1, 1),
        1 => opcodes.Length < 2 ? null : new RedisOpcode(0, (((opcodes[0] & 63) << 8) | opcodes[1]) + 1, 2),
        _ => new RedisOpcode(((opcodes[0] >> 2) & 31) + 1, (opcodes[0] & 3) + 1, 1),
    };

    /// <summary>Writes the shortest opcode for a run that one opcode can cover.</summary>
    /// <returns>The number of bytes written, 1 or 2.</returns>
    public static int Write(Span<byte> destination, int value, int run)
    {
        if (value != 0)
        {
            Debug.Assert(value <= MaxValue && run <= MaxValueRun, "The caller keeps to what an opcode holds.");
            destination[0] = (byte)(0x80 | ((value - 1) << 2) | (run - 1));
            return 1;
        }

        if (run <= ShortZeroRun)
        {
            destination[0] = (byte)(run - 1);
            return 1;
        }

        destination[0] = (byte)(0x40 | ((run - 1) >> 8));
        destination[1] = (byte)(run - 1);
        return 2;
    }
}
