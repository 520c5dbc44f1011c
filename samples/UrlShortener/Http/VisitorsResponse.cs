namespace UrlShortener;

/// <summary>The visitors of a link as the API shows them.</summary>
internal sealed record VisitorsResponse(string Code, long Visitors, IReadOnlyList<DayVisitors> Days);
