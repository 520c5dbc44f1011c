namespace UrlShortener;

/// <summary>Tells one state of the links from any other, without reading them all.</summary>
/// <remarks>Links are never deleted and ids rise, so an equal number means the same links, unless a backup was restored:
/// what has been added to that since has another greatest id.</remarks>
internal readonly record struct LinkState(long Count, long GreatestId);
