namespace UrlShortener;

/// <summary>The visitors of one link on one day.</summary>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Visitors">How many there were, each counted once; an estimate.</param>
internal sealed record DayVisitors(DateOnly Day, long Visitors);
