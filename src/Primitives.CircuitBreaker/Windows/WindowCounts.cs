namespace Primitives;

/// <summary>What is in a window.</summary>
internal readonly record struct WindowCounts(long Calls, long Failures, long Slow);
