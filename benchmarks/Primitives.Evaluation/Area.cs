namespace Primitives.Evaluation;

/// <summary>The measures of one package.</summary>
/// <param name="Name">The word that selects it on the command line.</param>
/// <param name="Accuracy">Measures that do not depend on the machine: fixed seeds, the same result everywhere.</param>
/// <param name="Speed">Measures of time, as ratios to a rival in the same process.</param>
internal sealed record Area(string Name, Action<Scorecard> Accuracy, Action<Scorecard> Speed);
