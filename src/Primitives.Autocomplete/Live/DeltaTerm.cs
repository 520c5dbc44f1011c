namespace Primitives;

/// <summary>A term that was set since the last compaction. Immutable.</summary>
internal sealed class DeltaTerm(byte[] key, byte[] text, long rank, long payload, ScoreScale scale)
{
    public byte[] Key { get; } = key;

    /// <summary>Gets the text in UTF-8.</summary>
    public byte[] Text { get; } = text;

    public long Rank { get; } = rank;

    public long Payload { get; } = payload;

    public ScoreScale Scale { get; } = scale;

    public int CompareTexts(DeltaTerm other)
    {
        int order = Key.AsSpan().SequenceCompareTo(other.Key);
        return order != 0 ? order : Text.AsSpan().SequenceCompareTo(other.Text);
    }
}
