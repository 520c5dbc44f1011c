namespace Primitives;

/// <summary>Who in the queue of a <see cref="Bulkhead"/> is next, and who has to go when it is full.</summary>
public enum BulkheadOrder
{
    /// <summary>First come, first served; a full queue refuses who comes.</summary>
    Fifo,

    /// <summary>Last come, first served, so that under overload some are served in time; a full queue drops who waits
    /// longest.</summary>
    Lifo,

    /// <summary>The highest priority first, first come, first served within one; every sixteenth place goes to who waits
    /// longest, whatever the priority. A full queue drops the last of the lowest priority if who comes has a higher one, and
    /// refuses who comes otherwise.</summary>
    Priority,
}
