namespace Primitives;

/// <summary>The lock of a part of the table, and what was counted under it.</summary>
internal sealed class KeyStripe
{
    public readonly Lock Lock = new();

    public long Granted;
    public long Refused;
    public long Rejected;
    public long Evicted;
    public long Shared;
}
