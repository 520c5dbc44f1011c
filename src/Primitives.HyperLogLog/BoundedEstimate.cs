namespace Primitives;

/// <summary>An estimate with the interval in which the true value is expected.</summary>
/// <param name="Value">The estimate; between the bounds.</param>
/// <param name="Lower">The lower end of the interval. Not negative.</param>
/// <param name="Upper">The upper end; infinite where the error is too large for a bound.</param>
/// <remarks>How likely the interval holds the true value is said by the method that returns it.</remarks>
public readonly record struct BoundedEstimate(double Value, double Lower, double Upper);
