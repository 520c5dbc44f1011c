using Primitives.Evaluation;

string[] options = [.. args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal))];
string[] names = [.. args.Where(arg => !arg.StartsWith("--", StringComparison.Ordinal))];

const string Terms = "--terms=";
const string Traces = "--traces=";
string[] unknownOptions =
[
    .. options.Except(["--accuracy", "--speed", "--markdown"])
        .Where(option => !option.StartsWith(Terms, StringComparison.Ordinal) && !option.StartsWith(Traces, StringComparison.Ordinal)),
];
string[] unknownNames = [.. names.Except([.. Areas.All.Select(area => area.Name), "all", "list"])];
if (names.Length == 0 || unknownOptions.Length > 0 || unknownNames.Length > 0)
{
    foreach (string unknown in unknownOptions.Concat(unknownNames))
    {
        Console.Error.WriteLine($"Unknown: {unknown}");
    }

    Console.Error.WriteLine("Usage: Primitives.Evaluation (all | list | <area>...) [--accuracy | --speed] [--markdown] [--terms=FILE] [--traces=FOLDER]");
    Console.Error.WriteLine($"Areas: {string.Join(' ', Areas.All.Select(area => area.Name))}");
    return 2;
}

if (names.Contains("list"))
{
    foreach (Area area in Areas.All)
    {
        Console.WriteLine(area.Name);
    }

    return 0;
}

#if DEBUG
if (!options.Contains("--accuracy"))
{
    Console.Error.WriteLine("Speed is measured in a Release build: dotnet run -c Release --project benchmarks/Primitives.Evaluation -- ...");
    return 2;
}
#endif

bool accuracy = options.Contains("--accuracy") || !options.Contains("--speed");
bool speed = options.Contains("--speed") || !options.Contains("--accuracy");
AutocompleteArea.TermsFile = options.LastOrDefault(option => option.StartsWith(Terms, StringComparison.Ordinal))?[Terms.Length..];
var card = new Scorecard(Console.Out, options.Contains("--markdown"));
foreach (Area area in Areas.All.Where(area => names.Contains("all") || names.Contains(area.Name)))
{
    card.Begin(area.Name);
    int before = card.Measures.Count;
    if (accuracy)
    {
        area.Accuracy(card);
    }

    if (speed)
    {
        area.Speed(card);
    }

    if (card.Measures.Count == before)
    {
        Console.Error.WriteLine($"The area {area.Name} measures nothing.");
        return 2;
    }
}

int shortfalls = card.Measures.Count(measure => !measure.IsOk);
Console.Error.WriteLine($"{card.Measures.Count} measures, {shortfalls} SHORT");
return shortfalls == 0 ? 0 : 1;
