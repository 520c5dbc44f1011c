using System.Buffers;
using System.Globalization;
using System.Text;

namespace Primitives;

/// <summary>
/// A node that keys are placed on: what it is called on the ring, what it is for the application, how much it should
/// hold, and where it stands.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Placement depends on <see cref="Name"/> and <see cref="Weight"/> alone. The name is explicit,
/// so that a node keeps its keys when its address changes, and never comes from <c>ToString</c> or
/// <c>GetHashCode</c>, which differ between processes and releases.</para>
/// <para><b>Limits.</b> A <see langword="default"/> value has no name; rings and tables refuse it, as they refuse any
/// node outside the ranges below, when it is given to them. Configuration binds nodes, and may leave out weight and
/// zone.</para>
/// <para><b>Thread safety.</b> Immutable.</para>
/// </remarks>
/// <typeparam name="TNode">What a lookup returns: an address, a client, a shard number.</typeparam>
/// <param name="Name">What is hashed to place the node. Not empty; well-formed UTF-16; unique within one ring; compared
/// ordinally.</param>
/// <param name="Value">What a lookup returns. Not <see langword="null"/>; need not be unique.</param>
/// <param name="Weight">The node's share of the keys, relative to the other weights. Finite and above 0; 1 when
/// omitted.</param>
/// <param name="Zone">Where the node stands (a rack, an availability zone), for replicas that must not fail together;
/// <see langword="null"/> if unknown. Compared ordinally.</param>
public readonly record struct RingNode<TNode>(string Name, TNode Value, double Weight = 1, string? Zone = null)
    where TNode : notnull
{
    /// <summary>Creates a node of weight 1 that has no name yet: for an object initializer, and for configuration, which
    /// sets only what it holds.</summary>
    public RingNode()
        : this(null!, default!)
    {
    }

    /// <summary>Throws if the node is not one a ring can place.</summary>
    /// <param name="parameterName">The argument the node came in.</param>
    internal void ThrowIfInvalid(string parameterName)
    {
        if (string.IsNullOrEmpty(Name))
        {
            throw new ArgumentException("A node's name must not be null or empty.", parameterName);
        }

        // Halves of pairs have no UTF-8: names that differ in nothing else would hash to the same points.
        for (ReadOnlySpan<char> rest = Name; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int length) != OperationStatus.Done)
            {
                throw new ArgumentException($"The node name \"{Name}\" has a surrogate without its partner.", parameterName);
            }

            rest = rest[length..];
        }

        if (Value is null)
        {
            throw new ArgumentException($"Node \"{Name}\" has no value.", parameterName);
        }

        ThrowIfInvalidWeight(Name, Weight, parameterName);
    }

    /// <summary>Throws if a weight is not one a node may have.</summary>
    internal static void ThrowIfInvalidWeight(string name, double weight, string parameterName)
    {
        if (!(weight > 0 && double.IsFinite(weight)))
        {
            throw new ArgumentOutOfRangeException(
                parameterName,
                weight,
                string.Create(CultureInfo.InvariantCulture, $"The weight of node \"{name}\" is {weight}; it must be finite and above 0."));
        }
    }
}
