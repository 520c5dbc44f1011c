namespace UrlShortener.Tests;

/// <summary>The visitors of a link as a client of the API would declare them.</summary>
internal sealed record VisitorsDto(string Code, long Visitors, IReadOnlyList<VisitorsDto.DayDto> Days)
{
    internal sealed record DayDto(DateOnly Day, long Visitors);
}
