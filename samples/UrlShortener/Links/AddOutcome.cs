namespace UrlShortener;

internal enum AddOutcome
{
    /// <summary>The link is new.</summary>
    Created,

    /// <summary>Such a link was there already.</summary>
    Existing,

    /// <summary>The alias belongs to another link.</summary>
    AliasTaken,
}
