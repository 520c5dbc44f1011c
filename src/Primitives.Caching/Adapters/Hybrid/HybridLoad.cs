namespace Primitives;

/// <summary>What a load came to.</summary>
/// <param name="Entry">The value, for the callers.</param>
/// <param name="IsStorable">Whether it may be kept, too.</param>
/// <param name="TimeToLive">For how long, in the first level.</param>
/// <param name="Payload">The same for the second level, if it was made for that.</param>
internal readonly record struct HybridLoad<T>(HybridEntry<T> Entry, bool IsStorable, TimeSpan TimeToLive, HybridPayload? Payload);
