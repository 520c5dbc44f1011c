namespace Primitives;

/// <summary>What can be done to a key's 256-bit block, once for each kind of processor. All give the same bits. The
/// block is found here and not before, so that the key's bits come first and its hash need not be kept for them.</summary>
internal interface IBlockKernel
{
    /// <summary>Gets whether this processor can run it.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Tells whether all eight bits of a key are set.</summary>
    static abstract bool Contains(nint first, ulong blocks, ulong hash);

    /// <summary>Sets the bits that are missing, safely among other writers.</summary>
    /// <returns>Whether any was missing.</returns>
    static abstract bool Add(nint first, ulong blocks, ulong hash);

    /// <summary>Sets the bits as the only writer, among readers.</summary>
    /// <returns>Whether any was missing.</returns>
    static abstract bool AddAlone(nint first, ulong blocks, ulong hash);
}
