namespace Primitives;

/// <summary>Decides, inside the search, which terms a caller may get: permissions, personalisation, a language.</summary>
/// <remarks>
/// Implement it as a struct, so that the search is compiled for it and nothing is allocated. Terms are offered best first,
/// so a filter that accepts one in ten is asked about ten times as often as there are results; one that accepts hardly any
/// is asked about most terms under the prefix, unless <see cref="AutocompleteQuery.VisitBudget"/> ends that.
/// <para><b>Thread safety.</b> Called on the thread of the query, under no lock, any number of times, also twice for one
/// term.</para>
/// </remarks>
public interface ICompletionFilter
{
    /// <summary>Decides about one term.</summary>
    /// <param name="candidate">The term. <see cref="Completion.Payload"/> is the cheapest thing to decide by.</param>
    /// <returns>Whether the caller may get it.</returns>
    bool Accepts(in Completion candidate);
}
