namespace Primitives;

/// <summary>The kinds of updates.</summary>
internal enum TermChangeKind : byte
{
    /// <summary>What the default value of an update does.</summary>
    None = 0,
    Set,
    Increment,
    Remove,
}
