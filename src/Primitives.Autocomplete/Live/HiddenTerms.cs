using System.Diagnostics;

namespace Primitives;

/// <summary>
/// Which terms of a frozen index are no longer valid, and since which version. One writer, any number of readers.
/// </summary>
/// <remarks>
/// A term once hidden stays hidden until the index is replaced, since what it changed to is kept apart. So a single number
/// a term is enough for every version there ever was: a reader of version v sees as hidden what was hidden at v or before,
/// and is not misled by marks made for versions still to be published. Pages are made when first needed.
/// </remarks>
internal sealed class HiddenTerms(int terms)
{
    private const int PageBits = 10;
    private const int PageMask = (1 << PageBits) - 1;

    private readonly int[]?[] _pages = new int[]?[(terms + PageMask) >> PageBits];

    /// <summary>Gets whether a term was hidden at a version.</summary>
    public bool Contains(int term, int version)
    {
        // Acquire: whoever sees the page sees it zeroed. A mark of a version that the reader holds was written before that
        // version was published, and so is seen.
        int[]? page = Volatile.Read(ref _pages[term >> PageBits]);
        if (page is null)
        {
            return false;
        }

        int since = Volatile.Read(ref page[term & PageMask]);
        return since != 0 && since <= version;
    }

    /// <summary>Hides a term from a version on that is not published yet.</summary>
    public void Hide(int term, int version)
    {
        int[]? page = _pages[term >> PageBits];
        if (page is null)
        {
            page = new int[PageMask + 1];
            Volatile.Write(ref _pages[term >> PageBits], page);
        }

        Debug.Assert(page[term & PageMask] == 0 && version > 0, "A term is hidden once.");
        Volatile.Write(ref page[term & PageMask], version);
    }

    /// <summary>Takes back a mark of a version that will not be published.</summary>
    public void Unhide(int term) => Volatile.Write(ref _pages[term >> PageBits]![term & PageMask], 0);
}
