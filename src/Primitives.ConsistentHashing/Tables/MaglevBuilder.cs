using System.Diagnostics;
using System.IO.Hashing;

namespace Primitives;

/// <summary>Fills Maglev tables by Envoy's rule, to the bit.</summary>
/// <remarks>
/// Rounds are counted from 1, and in each the nodes take turns in the order of their names. With weights divided by
/// their sum, a node that has picked <c>p</c> slots picks one more in the first round <c>r</c> for which
/// <c>r * weight</c> is at least <c>p</c> times the largest weight: the heaviest nodes in every round, one of a third of
/// their weight in every third. It picks the first free slot of its own permutation of all slots, which starts at
/// XXH64 of its name and goes on by steps that come from XXH64 with seed 1.
/// </remarks>
internal static class MaglevBuilder
{
    /// <summary>Gives each slot the index of its node.</summary>
    /// <param name="names">The nodes' names in UTF-8, ascending; at most 65,536 and at most
    /// <paramref name="size"/>.</param>
    /// <param name="weights">Their weights, above 0.</param>
    /// <param name="size">The number of slots, a prime: then every step visits every slot.</param>
    /// <returns>As many elements as there are slots; none if there are no nodes.</returns>
    public static ushort[] Build(ReadOnlySpan<byte[]> names, ReadOnlySpan<double> weights, int size)
    {
        if (names.IsEmpty)
        {
            return [];
        }

        var next = new uint[names.Length]; // where the node looks first for its next slot
        var step = new uint[names.Length]; // 1 to size - 1
        uint prime = (uint)size;
        for (int i = 0; i < names.Length; i++)
        {
            next[i] = (uint)(XxHash64.HashToUInt64(names[i]) % prime);
            step[i] = (uint)(XxHash64.HashToUInt64(names[i], seed: 1) % (prime - 1)) + 1;
        }

        var slots = new ushort[size];
        var taken = new bool[size];
        foreach (ushort node in PickOrder(weights, size))
        {
            uint slot = next[node];
            while (taken[slot])
            {
                slot = Advance(slot, step[node], prime);
            }

            taken[slot] = true;
            slots[slot] = node;
            next[node] = Advance(slot, step[node], prime);
        }

        return slots;
    }

    private static uint Advance(uint slot, uint step, uint size)
    {
        slot += step;
        return slot < size ? slot : slot - size;
    }

    // Which node picks first, second and so on, until all slots are gone. Going through the rounds and asking every node
    // would cost nodes * rounds, which is hours if one weight of thousands is out of proportion; so each node's rounds
    // are computed one after the other, and its picks sorted into them by counting. Costs O(size + nodes).
    private static ushort[] PickOrder(ReadOnlySpan<double> weights, int size)
    {
        var shares = new double[weights.Length];
        double sum = 0;
        foreach (double weight in weights)
        {
            sum += weight;
        }

        double largest = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = weights[i] / sum;
            largest = Math.Max(largest, shares[i]);
        }

        // After r rounds a node has at least r * share / largest picks, and the shares add up to 1: this many rounds are
        // enough, with one more for what rounding may take away.
        int lastRound = (int)(size * largest) + 2;
        var starts = new int[lastRound + 2]; // picks in the rounds before this one, once summed up
        foreach (double share in shares)
        {
            double target = 0;
            for (int round = 1; round <= lastRound; round = NextRound(round, share, target, lastRound))
            {
                starts[round + 1]++;
                target += largest;
            }
        }

        for (int round = 1; round < starts.Length; round++)
        {
            starts[round] += starts[round - 1];
        }

        Debug.Assert(starts[^1] >= size, "These rounds fill the table.");
        var order = new ushort[size];
        for (int i = 0; i < shares.Length; i++)
        {
            double target = 0;
            for (int round = 1; round <= lastRound; round = NextRound(round, shares[i], target, lastRound))
            {
                int position = starts[round]++;
                if (position < size)
                {
                    order[position] = (ushort)i;
                }

                target += largest;
            }
        }

        return order;
    }

    // The first round after this one for which round * share >= target, in the very arithmetic of the rule; a round
    // beyond the last one if there is none before. The quotient is below 2^23, so its error is far below one round.
    private static int NextRound(int round, double share, double target, int lastRound)
    {
        double quotient = target / share;
        if (quotient > lastRound + 1)
        {
            return lastRound + 1;
        }

        round = Math.Max(round + 1, (int)quotient);
        while (round * share < target)
        {
            round++;
        }

        return round;
    }
}
