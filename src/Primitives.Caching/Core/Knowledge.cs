namespace Primitives;

/// <summary>What an entry says about its key.</summary>
internal enum Knowledge
{
    None,
    Missing,
    Value,
}
