namespace Primitives;

/// <summary>What can be done to one 256-bit block, once for each kind of processor. All give the same bits.</summary>
internal interface IBlockKernel
{
    /// <summary>Gets whether this processor can run it.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Tells whether all eight bits of <paramref name="key"/> are set.</summary>
    static abstract bool Contains(ref ulong block, uint key);

    /// <summary>Sets the bits that are missing, safely among other writers.</summary>
    /// <returns>Whether any was missing.</returns>
    static abstract bool Add(ref ulong block, uint key);

    /// <summary>Sets the bits as the only writer, among readers.</summary>
    /// <returns>Whether any was missing.</returns>
    static abstract bool AddAlone(ref ulong block, uint key);
}
