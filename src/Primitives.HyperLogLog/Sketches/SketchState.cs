namespace Primitives;

/// <summary>What a <see cref="Sketch{TRegisters}"/> holds: <see cref="SparseTokens"/> while small, then
/// <see cref="DenseRegisters"/> for ever.</summary>
internal abstract class SketchState
{
    /// <summary>Gets the precision, log2 of the number of registers. A union may lower that of registers.</summary>
    public abstract int Precision { get; }
}
