using System.Globalization;

namespace UrlShortener;

/// <summary>Shows how far a long command is: a bar that redraws itself on a terminal, a line now and then elsewhere.</summary>
internal sealed class ConsoleProgress(TextWriter output, bool terminal, TimeProvider time)
{
    private const int BarWidth = 30;

    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(2);
    private TimeSpan _nextAt = terminal ? TimeSpan.Zero : TimeSpan.FromSeconds(2);
    private int _drawn;

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Shows the progress, if it is time to.</summary>
    /// <param name="links">Links dealt with.</param>
    /// <param name="fraction">The part of the work done, from 0 to 1; <see langword="null"/> if its size is unknown.</param>
    public void Update(long links, double? fraction)
    {
        TimeSpan elapsed = Elapsed;
        if (elapsed < _nextAt)
        {
            return;
        }

        _nextAt = elapsed + _interval;
        double rate = links / Math.Max(elapsed.TotalSeconds, 0.001);
        string numbers = string.Create(CultureInfo.InvariantCulture, $"{links:N0} links, {rate:N0}/s");
        string percent = fraction is { } part ? $"{(int)(part * 100),3} % " : "";
        if (terminal)
        {
            Draw(fraction is { } filled ? $"{percent}[{Bar(filled)}] {numbers}" : numbers);
        }
        else
        {
            output.WriteLine(percent + numbers);
        }
    }

    /// <summary>Takes the bar off the terminal, so that what follows starts on a clean line.</summary>
    public void Clear()
    {
        if (_drawn > 0)
        {
            Draw("");
            output.Write('\r');
        }
    }

    private static string Bar(double fraction)
    {
        int filled = (int)Math.Round(fraction * BarWidth);
        return new string('#', filled) + new string('.', BarWidth - filled);
    }

    private void Draw(string text)
    {
        output.Write($"\r{text.PadRight(_drawn)}"); // blanks over what is left of a longer line
        output.Flush();
        _drawn = text.Length;
    }
}
