using System.Runtime.InteropServices;

namespace Primitives;

/// <summary>A node of the trie over sorted keys: 16 bytes, as they are persisted.</summary>
/// <remarks>
/// A node stands for the interval of entries from <see cref="Lo"/> to the next sibling's, or else its parent's end. The
/// children of a node are neighbours, and each has its branching byte in a separate array of labels; what is between two
/// branchings is read from the keys.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct TrieNode
{
    /// <summary>The first child; children are in order of their labels.</summary>
    public int FirstChild;

    /// <summary>The first entry.</summary>
    public int Lo;

    /// <summary>Which list of best terms is the node's; -1 for a bucket, whose entries are searched one by one.</summary>
    public int List;

    /// <summary>The number of leading bytes that all its keys have in common.</summary>
    public ushort Depth;

    /// <summary>The number of children, 0 to 256. Entries before the first child's are keys that end at this node.</summary>
    public ushort ChildCount;
}
