namespace Primitives;

/// <summary>The settings of a <see cref="FixedWindowLimiter"/>.</summary>
public sealed class FixedWindowOptions : QuotaOptions
{
    /// <summary>Gets or sets where windows begin.</summary>
    /// <value><see cref="WindowAlignment.Clock"/> by default.</value>
    public WindowAlignment Alignment { get; set; }

    internal override string? Problem() =>
        Enum.IsDefined(Alignment) ? base.Problem() : $"Alignment is {Alignment}, which is not an alignment.";
}
