namespace Primitives;

/// <summary>
/// The arithmetic of one family of sketches, all of whose registers are bytes: what a register becomes when a hash is
/// added, and what the registers say about the number of hashes. Everything else is <see cref="Sketch{TRegisters}"/>.
/// </summary>
/// <remarks>
/// Registers form a semilattice: <see cref="With"/> and <see cref="Merge"/> only raise them, as numbers too, and the
/// order in which they are applied does not matter. <c>zeros</c> is what <see cref="Token.ZerosAfter"/> gives.
/// </remarks>
internal interface IRegisters
{
    /// <summary>Gets the persisted form's kind.</summary>
    static abstract PersistedKind Kind { get; }

    /// <summary>Gets the relative standard error times the square root of the number of registers.</summary>
    static abstract double ErrorFactor { get; }

    /// <summary>Says whether <see cref="With"/> would leave the register as it is.</summary>
    static abstract bool Covers(byte register, int zeros, int precision);

    /// <summary>Gives the register after a hash with these zeros.</summary>
    static abstract byte With(byte register, int zeros, int precision);

    /// <summary>Merges registers of one precision into others of the same.</summary>
    static abstract void Merge(ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>Gives the one register that stands for neighbouring ones at a lower precision.</summary>
    /// <param name="group">A power of two of registers.</param>
    /// <param name="precision">Their precision.</param>
    static abstract byte Reduce(ReadOnlySpan<byte> group, int precision);

    /// <summary>Gives the probability that a hash not seen before, whose index is this register's, changes it.</summary>
    static abstract double ChangeProbability(byte register, int precision);

    /// <summary>Estimates the number of distinct hashes.</summary>
    /// <param name="histogram">How many registers have each value from 0 to 255.</param>
    /// <param name="precision">Their precision.</param>
    static abstract double Estimate(ReadOnlySpan<int> histogram, int precision);

    /// <summary>Says whether any set of hashes leads to this register.</summary>
    static abstract bool IsPossible(byte register, int precision);

    /// <summary>Gives the number of bytes that <see cref="Pack"/> writes.</summary>
    static abstract int PackedLength(int precision);

    /// <summary>Writes registers as they are persisted.</summary>
    static abstract void Pack(ReadOnlySpan<byte> registers, Span<byte> packed);

    /// <summary>Reads what <see cref="Pack"/> has written.</summary>
    static abstract void Unpack(ReadOnlySpan<byte> packed, Span<byte> registers);
}
