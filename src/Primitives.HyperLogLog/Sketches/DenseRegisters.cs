using System.Diagnostics;
using System.Numerics;

namespace Primitives;

/// <summary>
/// The registers of a sketch, which any number of threads raise one by one without locks, even while a union rewrites
/// all of them with plain vector stores.
/// </summary>
/// <remarks>
/// <para>A union may overwrite a register that was raised after it had read it. So unions are counted: the epoch is odd
/// while one is under way. I1: a raise between two equal, even readings of the epoch was not overwritten. For the
/// compare-and-swap, the counting and the readings are fully ordered: either the union read the raised register, or the
/// raiser reads that there is a union. I2: a raiser that cannot show this leaves its hash behind, and does not wait. The
/// hash is then raised again by whoever finds after that that no union is under way: the union when it ends, or the
/// raiser itself.</para>
/// <para>The array is replaced only by a union, by one of lower precision; a raise in the old array overlapped that
/// union, and is repeated by I2.</para>
/// </remarks>
internal sealed class DenseRegisters(byte[] registers) : SketchState
{
    private readonly Lock _unionLock = new();
    private byte[] _registers = registers;
    private int _epoch;
    private LeftHash? _left;

    public override int Precision => PrecisionOf(Registers);

    public byte[] Registers => Volatile.Read(ref _registers);

    public static int PrecisionOf(byte[] registers) => BitOperations.Log2((uint)registers.Length);

    /// <summary>Raises the register of a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="observer">Told of a change; the caller then sees to it that there are no others meanwhile.</param>
    /// <returns>Whether it was not raised as far already.</returns>
    public bool Raise<TRegisters>(ulong hash, Martingale? observer = null)
        where TRegisters : struct, IRegisters
    {
        int epoch = Volatile.Read(ref _epoch); // before the array, so that its replacement shows
        byte[] registers = Registers;
        int precision = PrecisionOf(registers);
        int zeros = Token.ZerosAfter(hash, precision);
        ref byte register = ref registers[hash >> (64 - precision)];
        byte seen = Volatile.Read(ref register);
        while (true)
        {
            byte raised = TRegisters.With(seen, zeros, precision);
            if (raised == seen)
            {
                return false;
            }

            // Publishes the raised register. If another thread raised it in between, the swap fails and this hash is
            // applied on top of what that thread made of it.
            byte previous = Interlocked.CompareExchange(ref register, raised, seen);
            if (previous == seen)
            {
                observer?.Observe(
                    (TRegisters.ChangeProbability(seen, precision) - TRegisters.ChangeProbability(raised, precision)) / registers.Length);
                break;
            }

            seen = previous;
        }

        if (IsUnionUnderWay(epoch) || Volatile.Read(ref _epoch) != epoch)
        {
            Leave(hash);
            if (!IsUnionUnderWay(Volatile.Read(ref _epoch)))
            {
                RaiseLeft<TRegisters>();
            }
        }

        return true;
    }

    /// <summary>Merges registers into these, at the lower precision of both. Waits for other unions into these.</summary>
    /// <param name="registers">The registers, which may be raised meanwhile.</param>
    public void UnionWith<TRegisters>(byte[] registers)
        where TRegisters : struct, IRegisters
    {
        lock (_unionLock)
        {
            byte[] addend = RegisterArray<TRegisters>.Reduce(registers, Precision);
            byte[] own = _registers;
            BeginUnion();
            try
            {
                own = RegisterArray<TRegisters>.Reduce(own, PrecisionOf(addend));
                TRegisters.Merge(addend, own);
            }
            finally
            {
                EndUnion(own); // for want of memory for a lower precision, too
            }
        }

        RaiseLeft<TRegisters>();
    }

    private static bool IsUnionUnderWay(int epoch) => (epoch & 1) != 0;

    private void BeginUnion()
    {
        int begun = Interlocked.Increment(ref _epoch);
        Debug.Assert(IsUnionUnderWay(begun), "One union at a time.");
    }

    private void EndUnion(byte[] registers)
    {
        Volatile.Write(ref _registers, registers);
        Interlocked.Increment(ref _epoch);
    }

    private void Leave(ulong hash)
    {
        LeftHash? next = Volatile.Read(ref _left);
        while (true)
        {
            // Publishes the hash; if another thread left or took one in between, its list is the one to extend.
            LeftHash? previous = Interlocked.CompareExchange(ref _left, new LeftHash(hash, next), next);
            if (previous == next)
            {
                return;
            }

            next = previous;
        }
    }

    private void RaiseLeft<TRegisters>()
        where TRegisters : struct, IRegisters
    {
        LeftHash? left = Volatile.Read(ref _left) is null ? null : Interlocked.Exchange(ref _left, null);
        for (; left is not null; left = left.Next)
        {
            Raise<TRegisters>(left.Hash);
        }
    }

    private sealed class LeftHash(ulong hash, LeftHash? next)
    {
        public ulong Hash => hash;

        public LeftHash? Next => next;
    }
}
