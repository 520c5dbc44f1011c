namespace Primitives;

/// <summary>The formula of a <see cref="Backoff"/>. Zero is the shape of <c>default(Backoff)</c>.</summary>
internal enum BackoffShape : byte
{
    Constant,
    Linear,
    Exponential,
    Decorrelated,
    PollyV2,
}
