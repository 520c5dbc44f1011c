using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Primitives;

/// <summary>
/// The string in which Redis keeps a HyperLogLog, and what PFADD, PFCOUNT and PFMERGE do to it, byte for byte. For one
/// thread at a time.
/// </summary>
/// <remarks>
/// <code>
/// offset      size    field
/// 0           4       magic, the characters HYLL
/// 4           1       0 dense, 1 sparse
/// 5           3       0
/// 8           8       the last count, little-endian; its highest bit says that it is stale
/// 16          12288   dense: 16,384 registers in <see cref="SixBits"/>
/// 16          n       sparse: <see cref="RedisOpcode"/>s for exactly 16,384 registers
/// </code>
/// Which opcodes stand for some registers depends on the order in which they were set. So this keeps the string itself,
/// and sets a register as Redis does: the opcode that covers it is split in up to three, then neighbours are joined.
/// </remarks>
internal sealed class RedisString
{
    public const int Precision = 14;
    public const int Registers = 1 << Precision;
    public const int MaxRank = 65 - Precision;

    private const int HeaderLength = 16;
    private const int DenseLength = HeaderLength + (Registers / 4 * 3);
    private const byte Dense = 0;
    private const byte Sparse = 1;
    private const int EncodingOffset = 4;
    private const int CountOffset = 8;
    private const int StaleOffset = 15;
    private const byte StaleBit = 0x80;

    // After a register is set, Redis looks for joinable neighbours in this many opcodes, from the one before.
    private const int JoinScan = 5;

    // The worst split: XZERO, VAL, XZERO.
    private const int MaxSplitLength = 5;

    private readonly int _sparseMaxBytes;
    private byte[] _bytes;
    private int _length;

    /// <summary>Makes what PFADD makes for a key that does not exist.</summary>
    public RedisString(int sparseMaxBytes)
    {
        _sparseMaxBytes = sparseMaxBytes;
        _bytes = new byte[HeaderLength + 48];
        "HYLL"u8.CopyTo(_bytes);
        _bytes[EncodingOffset] = Sparse;
        _bytes[StaleOffset] = StaleBit;
        _length = HeaderLength + RedisOpcode.Write(_bytes.AsSpan(HeaderLength), 0, Registers);
    }

    private RedisString(ReadOnlySpan<byte> bytes, int sparseMaxBytes)
    {
        _sparseMaxBytes = sparseMaxBytes;
        _bytes = bytes.ToArray();
        _length = bytes.Length;
    }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public bool IsSparse => _bytes[EncodingOffset] == Sparse;

    public static bool TryRead(
        ReadOnlySpan<byte> bytes, int sparseMaxBytes, [NotNullWhen(true)] out RedisString? value, [NotNullWhen(false)] out string? reason)
    {
        value = null;
        reason = Fault(bytes);
        if (reason is null)
        {
            value = new RedisString(bytes, sparseMaxBytes);
        }

        return value is not null;
    }

    public void MarkStale() => _bytes[StaleOffset] |= StaleBit;

    /// <summary>Gives the last count if it is not stale; otherwise counts and keeps the count.</summary>
    public long Count()
    {
        Span<byte> count = _bytes.AsSpan(CountOffset, sizeof(ulong));
        if ((_bytes[StaleOffset] & StaleBit) != 0)
        {
            double estimate = Math.Round(Estimate(), MidpointRounding.AwayFromZero);
            BinaryPrimitives.WriteInt64LittleEndian(count, (long)Math.Min(estimate, long.MaxValue));
        }

        return BinaryPrimitives.ReadInt64LittleEndian(count);
    }

    /// <summary>Decodes all registers.</summary>
    public void CopyRegistersTo(Span<byte> registers)
    {
        if (!IsSparse)
        {
            SixBits.Unpack(_bytes.AsSpan(HeaderLength, DenseLength - HeaderLength), registers);
            return;
        }

        int first = 0;
        for (int position = HeaderLength; position < _length;)
        {
            RedisOpcode opcode = OpcodeAt(position);
            registers.Slice(first, opcode.Run).Fill((byte)opcode.Value);
            first += opcode.Run;
            position += opcode.Length;
        }
    }

    public void MakeDense()
    {
        if (!IsSparse)
        {
            return;
        }

        Span<byte> registers = stackalloc byte[Registers];
        CopyRegistersTo(registers);
        byte[] dense = new byte[DenseLength];
        _bytes.AsSpan(0, HeaderLength).CopyTo(dense); // the last count survives
        dense[EncodingOffset] = Dense;
        SixBits.Pack(registers, dense.AsSpan(HeaderLength));
        _bytes = dense;
        _length = DenseLength;
    }

    /// <summary>Raises a register, if its value is lower.</summary>
    /// <returns>Whether it was; then the last count is stale.</returns>
    public bool Raise(int register, int rank)
    {
        bool raised = IsSparse ? RaiseSparse(register, rank) : RaiseDense(register, rank);
        if (raised)
        {
            MarkStale();
        }

        return raised;
    }

    private bool RaiseDense(int register, int rank)
    {
        // Six bits from bit 6 * register on: in one byte or in two.
        Span<byte> bytes = _bytes.AsSpan(HeaderLength + (register * 6 / 8));
        int shift = register * 6 % 8;
        int bits = shift <= 2 ? bytes[0] : bytes[0] | (bytes[1] << 8);
        if (((bits >> shift) & 63) >= rank)
        {
            return false;
        }

        bits = (bits & ~(63 << shift)) | (rank << shift);
        bytes[0] = (byte)bits;
        if (shift > 2)
        {
            bytes[1] = (byte)(bits >> 8);
        }

        return true;
    }

    private bool RaiseSparse(int register, int rank)
    {
        if (rank > RedisOpcode.MaxValue)
        {
            MakeDense();
            return RaiseDense(register, rank);
        }

        int previous = HeaderLength;
        int position = HeaderLength;
        int first = 0;
        RedisOpcode opcode = OpcodeAt(position);
        while (register >= first + opcode.Run)
        {
            previous = position;
            position += opcode.Length;
            first += opcode.Run;
            opcode = OpcodeAt(position);
        }

        if (opcode.Value >= rank)
        {
            return false;
        }

        Span<byte> split = stackalloc byte[MaxSplitLength];
        int before = register - first;
        int after = opcode.Run - before - 1;
        int length = before == 0 ? 0 : RedisOpcode.Write(split, opcode.Value, before);
        length += RedisOpcode.Write(split[length..], rank, 1);
        length += after == 0 ? 0 : RedisOpcode.Write(split[length..], opcode.Value, after);
        if (length > opcode.Length && _length + length - opcode.Length > _sparseMaxBytes)
        {
            MakeDense();
            return RaiseDense(register, rank);
        }

        Replace(position, opcode.Length, split[..length]);
        JoinFrom(previous);
        return true;
    }

    private void Replace(int position, int length, ReadOnlySpan<byte> replacement)
    {
        int grown = _length + replacement.Length - length;
        if (grown > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(grown, Math.Min(2 * _bytes.Length, DenseLength)));
        }

        _bytes.AsSpan(position + length, _length - position - length).CopyTo(_bytes.AsSpan(position + replacement.Length));
        replacement.CopyTo(_bytes.AsSpan(position));
        _length = grown;
    }

    private void JoinFrom(int position)
    {
        for (int scanned = 0; scanned < JoinScan && position < _length; scanned++)
        {
            RedisOpcode opcode = OpcodeAt(position);
            int next = position + opcode.Length;
            if (opcode.IsValue && next < _length)
            {
                RedisOpcode neighbour = OpcodeAt(next);
                int run = opcode.Run + neighbour.Run;
                if (neighbour.Value == opcode.Value && run <= RedisOpcode.MaxValueRun)
                {
                    RedisOpcode.Write(_bytes.AsSpan(position), opcode.Value, run);
                    Replace(next, neighbour.Length, []);
                    continue; // the joined opcode may join its next neighbour
                }
            }

            position = next;
        }
    }

    private double Estimate()
    {
        Span<byte> registers = stackalloc byte[Registers];
        CopyRegistersTo(registers);
        Span<int> histogram = stackalloc int[RegisterHistogram.Values];
        RegisterHistogram.Count(registers, histogram);
        return ImprovedEstimator.Estimate(histogram[..(MaxRank + 1)]);
    }

    private RedisOpcode OpcodeAt(int position)
    {
        RedisOpcode? opcode = RedisOpcode.Read(Bytes[position..]);
        Debug.Assert(opcode is not null, "The opcodes were checked when they were read.");
        return opcode.GetValueOrDefault();
    }

    private static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            return $"A HyperLogLog of Redis has at least {HeaderLength} bytes; there are {bytes.Length}.";
        }

        if (!bytes.StartsWith("HYLL"u8))
        {
            return "The bytes do not begin with HYLL.";
        }

        if (bytes[EncodingOffset] > Sparse || bytes[5] != 0 || bytes[6] != 0 || bytes[7] != 0)
        {
            return $"The encoding is {bytes[EncodingOffset]}.{bytes[5]}.{bytes[6]}.{bytes[7]}; 0 for dense and 1 for sparse are known.";
        }

        return bytes[EncodingOffset] == Sparse ? SparseFault(bytes[HeaderLength..]) : DenseFault(bytes);
    }

    private static string? SparseFault(ReadOnlySpan<byte> opcodes)
    {
        int registers = 0;
        while (!opcodes.IsEmpty)
        {
            if (RedisOpcode.Read(opcodes) is not { } opcode)
            {
                return "The last opcode lacks its second byte.";
            }

            registers += opcode.Run;
            if (registers > Registers)
            {
                return $"The opcodes cover more than {Registers} registers.";
            }

            opcodes = opcodes[opcode.Length..];
        }

        return registers == Registers ? null : $"The opcodes cover {registers} of {Registers} registers.";
    }

    private static string? DenseFault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != DenseLength)
        {
            return $"The dense form has {DenseLength} bytes; there are {bytes.Length}.";
        }

        Span<byte> registers = stackalloc byte[Registers];
        SixBits.Unpack(bytes[HeaderLength..], registers);
        int invalid = registers.IndexOfAnyExceptInRange((byte)0, (byte)MaxRank);
        return invalid < 0 ? null : $"Register {invalid} is {registers[invalid]}; the highest rank is {MaxRank}.";
    }
}
