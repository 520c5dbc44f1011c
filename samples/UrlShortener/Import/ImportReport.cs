using System.Globalization;

namespace UrlShortener;

/// <summary>What an import has done so far.</summary>
internal sealed class ImportReport
{
    private const int MaxExamples = 10;
    private const int MaxFaults = 5;
    private const int MaxFaultText = 100;

    private readonly List<Link> _examples = [];
    private readonly List<string> _faults = [];

    public long Created { get; private set; }

    public long Duplicates { get; private set; }

    public long Invalid { get; private set; }

    /// <summary>Gets the lines that should have been URLs.</summary>
    public long Read => Created + Duplicates + Invalid;

    /// <summary>Gets the first links, new or not.</summary>
    public IReadOnlyList<Link> Examples => _examples;

    /// <summary>Gets what was wrong with the first invalid lines.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public void Add(AddedLink added)
    {
        if (added.Outcome == AddOutcome.Created)
        {
            Created++;
        }
        else
        {
            Duplicates++;
        }

        if (_examples.Count < MaxExamples)
        {
            _examples.Add(added.Link);
        }
    }

    public void AddInvalid(long lineNumber, string line, string fault)
    {
        Invalid++;
        if (_faults.Count < MaxFaults)
        {
            // A file from anywhere must not send control sequences to the terminal.
            string text = string.Concat(line.Take(MaxFaultText).Select(c => char.IsControl(c) ? '\uFFFD' : c));
            _faults.Add($"line {lineNumber}: {fault} {text}");
        }
    }

    public void Print(TextWriter output, TimeSpan elapsed)
    {
        IFormatProvider culture = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(
            culture, $"{Read:N0} read: {Created:N0} new, {Duplicates:N0} duplicates, {Invalid:N0} invalid"));
        output.WriteLine(string.Create(
            culture, $"{elapsed.TotalSeconds:N2} s, {Read / Math.Max(elapsed.TotalSeconds, 0.001):N0} links/s"));
        foreach (string fault in _faults)
        {
            output.WriteLine($"  {fault}");
        }

        if (Invalid > _faults.Count)
        {
            output.WriteLine(string.Create(culture, $"  and {Invalid - _faults.Count:N0} more invalid lines"));
        }

        foreach (Link link in _examples)
        {
            output.WriteLine($"  {link.Code} -> {link.Url}");
        }
    }
}
