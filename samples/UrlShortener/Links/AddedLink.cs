namespace UrlShortener;

/// <summary>What became of a <see cref="NewLink"/>.</summary>
/// <param name="Link">The link now stored under the code; for a conflict, the one in the way.</param>
/// <param name="Outcome">Whether that is a new link.</param>
internal readonly record struct AddedLink(Link Link, AddOutcome Outcome);
