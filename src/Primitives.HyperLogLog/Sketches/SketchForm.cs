using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>The persisted form of a sketch: the payload of a <see cref="PersistedForm"/>.</summary>
/// <remarks>
/// All numbers are little-endian:
/// <code>
/// offset      size  field
/// 0           1     precision
/// 1           1     1 for tokens, 2 for registers
/// 2           1     1 if the martingale estimate is kept, otherwise 0
/// 3           1     0
/// 4           4     c, the number of tokens or registers
/// 8           8     the martingale estimate, a double; 0 for tokens and if it is not kept
/// 16          4 c   the tokens in ascending order, or
/// 16          3/4 c the registers in six bits each (HyperLogLog), or
/// 16          c     the registers (UltraLogLog)
/// </code>
/// The same keys give the same bytes, whatever the order and the number of unions in which they came, if the martingale
/// estimate is not kept.
/// </remarks>
internal static class SketchForm<TRegisters>
    where TRegisters : struct, IRegisters
{
    private const int HeaderLength = 16;
    private const byte TokensForm = 1;
    private const byte RegistersForm = 2;

    private static int MaxPayloadLength => HeaderLength + Math.Max(
        TRegisters.PackedLength(Sketch<TRegisters>.MaxPrecision),
        SparseTokens.Limit(Sketch<TRegisters>.MaxPrecision) * sizeof(uint));

    public static int Length(in SketchSnapshot snapshot) =>
        snapshot.Tokens is { } tokens ? LengthOfTokens(tokens.Length) : LengthOfRegisters(snapshot.Precision);

    public static int LengthOfTokens(int count) => PersistedForm.Overhead + HeaderLength + (count * sizeof(uint));

    public static int LengthOfRegisters(int precision) => PersistedForm.Overhead + HeaderLength + TRegisters.PackedLength(precision);

    /// <summary>Writes exactly <see cref="Length"/> bytes.</summary>
    public static void Write(in SketchSnapshot snapshot, Span<byte> form)
    {
        Span<byte> payload = PersistedForm.Begin(form, TRegisters.Kind);
        payload[0] = (byte)snapshot.Precision;
        payload[1] = snapshot.Tokens is null ? RegistersForm : TokensForm;
        payload[2] = snapshot.MartingaleEstimate is null ? (byte)0 : (byte)1;
        payload[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], snapshot.Tokens?.Length ?? snapshot.Registers!.Length);
        BinaryPrimitives.WriteDoubleLittleEndian(payload[8..], snapshot.Tokens is null ? snapshot.MartingaleEstimate ?? 0 : 0);
        Span<byte> content = payload[HeaderLength..];
        if (snapshot.Tokens is null)
        {
            TRegisters.Pack(snapshot.Registers, content);
        }
        else
        {
            uint[] sorted = [.. snapshot.Tokens.Order()];
            for (int i = 0; i < sorted.Length; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(content[(i * sizeof(uint))..], sorted[i]);
            }
        }

        PersistedForm.Seal(form);
    }

    public static bool TryRead(ReadOnlySpan<byte> form, out SketchSnapshot snapshot, [NotNullWhen(false)] out string? reason)
    {
        snapshot = default;
        return PersistedForm.TryOpen(form, TRegisters.Kind, out ReadOnlySpan<byte> payload, out reason)
            && TryReadPayload(payload, out snapshot, out reason);
    }

    /// <exception cref="FormatException">The stream does not hold a sketch of this family.</exception>
    public static SketchSnapshot Read(Stream stream) =>
        TryReadPayload(
            new PersistedReader(stream, TRegisters.Kind).ReadToEnd(MaxPayloadLength), out SketchSnapshot snapshot, out string? reason)
            ? snapshot
            : throw new FormatException(reason);

    private static bool TryReadPayload(
        ReadOnlySpan<byte> payload, out SketchSnapshot snapshot, [NotNullWhen(false)] out string? reason)
    {
        snapshot = default;
        if (payload.Length < HeaderLength)
        {
            reason = $"A sketch has at least {HeaderLength} bytes; there are {payload.Length}.";
            return false;
        }

        int precision = payload[0];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]);
        double estimate = BinaryPrimitives.ReadDoubleLittleEndian(payload[8..]);
        bool isSparse = payload[1] == TokensForm;
        bool isTracked = payload[2] == 1;
        ReadOnlySpan<byte> content = payload[HeaderLength..];
        if (precision is < Sketch<TRegisters>.MinPrecision or > Sketch<TRegisters>.MaxPrecision)
        {
            reason = $"The precision is {precision}; it is {Sketch<TRegisters>.MinPrecision} to {Sketch<TRegisters>.MaxPrecision}.";
        }
        else if (payload[1] is not (TokensForm or RegistersForm) || payload[2] > 1 || payload[3] != 0)
        {
            reason = $"The form is {payload[1]}.{payload[2]}.{payload[3]}, which this release does not know.";
        }
        else if (isSparse ? SparseTokens.Limit(precision) is var limit && (limit == 0 || count > limit) : count != 1U << precision)
        {
            reason = $"There are {count} {(isSparse ? "tokens" : "registers")}, which precision {precision} does not have.";
        }
        else if (content.Length != (isSparse ? (int)count * sizeof(uint) : TRegisters.PackedLength(precision)))
        {
            reason = $"There are {content.Length} bytes for {count} {(isSparse ? "tokens" : "registers")}.";
        }
        else if (!double.IsFinite(estimate) || double.IsNegative(estimate) || (estimate != 0 && (isSparse || !isTracked)))
        {
            reason = $"The martingale estimate is {estimate}.";
        }
        else
        {
            double? martingale = isTracked ? estimate : null;
            return isSparse
                ? TryReadTokens(content, precision, martingale, out snapshot, out reason)
                : TryReadRegisters(content, precision, martingale, out snapshot, out reason);
        }

        return false;
    }

    private static bool TryReadTokens(
        ReadOnlySpan<byte> content, int precision, double? martingale, out SketchSnapshot snapshot, out string? reason)
    {
        var tokens = new uint[content.Length / sizeof(uint)];
        uint last = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            uint token = BinaryPrimitives.ReadUInt32LittleEndian(content[(i * sizeof(uint))..]);
            if (token <= last || !Token.IsValid(token))
            {
                snapshot = default;
                reason = $"Token {i} is {token:x8} after {last:x8}.";
                return false;
            }

            tokens[i] = token;
            last = token;
        }

        snapshot = new SketchSnapshot(precision, tokens, null, martingale);
        reason = null;
        return true;
    }

    private static bool TryReadRegisters(
        ReadOnlySpan<byte> content, int precision, double? martingale, out SketchSnapshot snapshot, out string? reason)
    {
        byte[] registers = new byte[1 << precision];
        TRegisters.Unpack(content, registers);
        for (int i = 0; i < registers.Length; i++)
        {
            if (!TRegisters.IsPossible(registers[i], precision))
            {
                snapshot = default;
                reason = $"Register {i} is {registers[i]}, which no key leads to.";
                return false;
            }
        }

        snapshot = new SketchSnapshot(precision, null, registers, martingale);
        reason = null;
        return true;
    }
}
