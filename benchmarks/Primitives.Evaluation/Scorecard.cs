using System.Globalization;

namespace Primitives.Evaluation;

/// <summary>Collects measures and prints each as it comes, plain or as the rows of a Markdown table.</summary>
internal sealed class Scorecard(TextWriter output, bool markdown)
{
    private readonly List<Measure> _measures = [];
    private string _area = "";

    public IReadOnlyList<Measure> Measures => _measures;

    public void Begin(string area)
    {
        if (markdown && _measures.Count == 0)
        {
            output.WriteLine("| area | measure | result | target | verdict |");
            output.WriteLine("|---|---|---|---|---|");
        }

        _area = area;
    }

    /// <summary>Records a result that must not exceed its target.</summary>
    public void AtMost(string name, double result, double target, string unit = "", string note = "") =>
        Add(new Measure(_area, name, result, target, AtMost: true, unit, note));

    /// <summary>Records a result that must reach its target.</summary>
    public void AtLeast(string name, double result, double target, string unit = "", string note = "") =>
        Add(new Measure(_area, name, result, target, AtMost: false, unit, note));

    /// <summary>Records a result that nothing is promised about.</summary>
    public void Inform(string name, double result, string unit = "", string note = "") =>
        Add(new Measure(_area, name, result, Target: null, AtMost: false, unit, note));

    private void Add(Measure measure)
    {
        _measures.Add(measure);
        string result = Format(measure.Result, measure.Unit);
        string target = measure.Target is { } promised ? (measure.AtMost ? "≤ " : "≥ ") + Format(promised, measure.Unit) : "-";
        string verdict = measure switch { { Target: null } => "info", { IsOk: true } => "ok", _ => "SHORT" };
        if (markdown)
        {
            string note = measure.Note.Length > 0 ? $" ({measure.Note})" : "";
            output.WriteLine($"| {measure.Area} | {measure.Name}{note} | {result} | {target} | {verdict} |");
        }
        else
        {
            output.WriteLine($"{measure.Area,-20} {measure.Name,-62} {result,12} {target,14}  {verdict,-5} {measure.Note}".TrimEnd());
        }
    }

    private static string Format(double value, string unit)
    {
        string digits = value == Math.Floor(value) && Math.Abs(value) < 1e15
            ? value.ToString("#,0", CultureInfo.InvariantCulture)
            : value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 10 => "0.0", >= 0.01 => "0.00#", _ => "0.###e0" }, CultureInfo.InvariantCulture);
        return unit switch { "" => digits, "x" => digits + "×", "%" => digits + " %", _ => $"{digits} {unit}" };
    }
}
