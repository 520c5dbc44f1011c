namespace Primitives;

/// <summary>What is done with all registers of a sketch at once. Their number says their precision.</summary>
internal static class RegisterArray<TRegisters>
    where TRegisters : struct, IRegisters
{
    /// <summary>Makes the registers that the hashes behind these tokens lead to.</summary>
    public static byte[] Of(uint[] tokens, int precision)
    {
        byte[] registers = new byte[1 << precision];
        foreach (uint token in tokens)
        {
            ulong hash = Token.Hash(token);
            ref byte register = ref registers[hash >> (64 - precision)];
            register = TRegisters.With(register, Token.ZerosAfter(hash, precision), precision);
        }

        return registers;
    }

    /// <summary>Makes the registers of a lower precision; gives the same array if it has no higher one.</summary>
    public static byte[] Reduce(byte[] registers, int precision)
    {
        int from = DenseRegisters.PrecisionOf(registers);
        if (from <= precision)
        {
            return registers;
        }

        byte[] reduced = new byte[1 << precision];
        int group = registers.Length / reduced.Length;
        for (int i = 0; i < reduced.Length; i++)
        {
            reduced[i] = TRegisters.Reduce(registers.AsSpan(i * group, group), from);
        }

        return reduced;
    }

    public static double Estimate(byte[] registers)
    {
        Span<int> histogram = stackalloc int[RegisterHistogram.Values];
        RegisterHistogram.Count(registers, histogram);
        return TRegisters.Estimate(histogram, DenseRegisters.PrecisionOf(registers));
    }

    /// <summary>Gives the probability that a hash not seen before changes any of the registers.</summary>
    public static double ChangeProbability(byte[] registers)
    {
        int precision = DenseRegisters.PrecisionOf(registers);
        double sum = 0;
        foreach (byte register in registers)
        {
            sum += TRegisters.ChangeProbability(register, precision);
        }

        return sum / registers.Length;
    }
}
