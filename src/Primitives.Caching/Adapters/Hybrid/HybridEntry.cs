namespace Primitives;

/// <summary>What an <see cref="LfuHybridCache"/> keeps for a key, whatever the type of its value. Immutable.</summary>
/// <param name="createdAt">When its load began, on the clock of <see cref="HybridTags"/>: what was removed at that time or
/// later may not be in it.</param>
/// <param name="tags">Its tags.</param>
internal abstract class HybridEntry(long createdAt, string[] tags)
{
    public long CreatedAt => createdAt;

    public string[] Tags => tags;
}
