namespace Primitives;

/// <summary>Which list of a policy an entry is in. A policy with one list calls it the window.</summary>
internal enum Region : byte
{
    None,
    Window,
    Probation,
    Protected,
}
