namespace Primitives;

/// <summary>Accepts everything, at no cost.</summary>
internal readonly struct NoFilter : ICompletionFilter
{
    public bool Accepts(in Completion candidate) => true;
}
