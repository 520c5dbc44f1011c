namespace UrlShortener.Tests;

public class ConsoleProgressTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };

    [Fact]
    public void On_a_terminal_a_bar_draws_over_itself_at_most_ten_times_a_second()
    {
        var progress = new ConsoleProgress(_output, terminal: true, _time);
        _time.Advance(TimeSpan.FromSeconds(1));
        progress.Update(10_000, 0.5);
        progress.Update(10_001, 0.5);
        Assert.Equal("\r 50 % [###############...............] 10,000 links, 10,000/s", _output.ToString());

        _time.Advance(TimeSpan.FromMilliseconds(100));
        progress.Update(22, 1);
        string second = _output.ToString().Split('\r')[^1];
        Assert.StartsWith("100 % [##############################] 22 links, 20/s   ", second, StringComparison.Ordinal);

        progress.Clear();
        Assert.Equal("", _output.ToString().Split('\r')[^1]);
        Assert.Equal("", _output.ToString().Split('\r')[^2].Trim());
        Assert.DoesNotContain('\n', _output.ToString());
    }

    [Fact]
    public void Elsewhere_a_line_is_written_every_two_seconds()
    {
        var progress = new ConsoleProgress(_output, terminal: false, _time);
        for (int i = 1; i <= 50; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            progress.Update(i * 1_000, i / 100.0);
        }

        progress.Clear();
        Assert.Equal(" 20 % 20,000 links, 10,000/s\n 40 % 40,000 links, 10,000/s\n", _output.ToString());
    }

    [Fact]
    public void A_pipe_has_no_size_and_so_no_bar()
    {
        var progress = new ConsoleProgress(_output, terminal: true, _time);
        _time.Advance(TimeSpan.FromSeconds(1));
        progress.Update(7, null);
        Assert.Equal("\r7 links, 7/s", _output.ToString());
    }
}
