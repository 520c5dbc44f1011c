namespace Primitives;

/// <summary>Which nodes come first in a preference list.</summary>
public enum ReplicaSpread
{
    /// <summary>Distinct nodes in ring order, wherever they stand.</summary>
    Nodes = 0,

    /// <summary>The first node of each zone in ring order, then the remaining nodes in ring order. With fewer zones than
    /// nodes wanted, every zone comes once before any comes again. Nodes without a zone count as one zone together: where
    /// they stand is unknown, so they are not taken to be apart.</summary>
    Zones = 1,
}
