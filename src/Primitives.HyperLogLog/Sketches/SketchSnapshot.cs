namespace Primitives;

/// <summary>A sketch's contents at one time, as they are persisted.</summary>
/// <param name="Precision">The precision.</param>
/// <param name="Tokens">The tokens, in any order, of a sparse sketch.</param>
/// <param name="Registers">The registers of a dense one.</param>
/// <param name="MartingaleEstimate">The martingale estimate if it is wanted and valid; of a sparse sketch its value has
/// no meaning, since it is that of the tokens.</param>
internal readonly record struct SketchSnapshot(int Precision, uint[]? Tokens, byte[]? Registers, double? MartingaleEstimate);
