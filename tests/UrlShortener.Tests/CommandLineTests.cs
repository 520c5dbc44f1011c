namespace UrlShortener.Tests;

public class CommandLineTests
{
    [Fact]
    public void Without_arguments_it_serves()
    {
        CommandLine command = CommandLine.Parse([]);
        Assert.Null(command.ImportFile);
        Assert.False(command.Help);
        Assert.Empty(command.Settings);
    }

    [Fact]
    public void Options_become_settings_and_may_stand_anywhere()
    {
        CommandLine serve = CommandLine.Parse(["--data", "d", "--worker=3", "--urls", "http://127.0.0.1:0"]);
        Assert.Equal("d", serve.Settings["UrlShortener:Data"]);
        Assert.Equal("3", serve.Settings["UrlShortener:Worker"]);
        Assert.Equal("http://127.0.0.1:0", serve.Settings["urls"]);

        CommandLine import = CommandLine.Parse(["import", "--data=a=b", "file", "--worker", "2"]);
        Assert.Equal("file", import.ImportFile);
        Assert.Equal("a=b", import.Settings["UrlShortener:Data"]);
        Assert.Equal("2", import.Settings["UrlShortener:ImportWorker"]);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("import --help")]
    [InlineData("import file --data --help")]
    public void Help_is_given_whatever_else_is_asked(string line) => Assert.True(CommandLine.Parse(line.Split(' ')).Help);

    [Theory]
    [InlineData("serve", "Unexpected argument 'serve'")]
    [InlineData("--port 5", "Unknown option '--port'")]
    [InlineData("-x", "Unknown option '-x'")]
    [InlineData("--Data d", "Unknown option '--Data'")]
    [InlineData("--data", "--data needs a value")]
    [InlineData("--data=", "--data needs a value")]
    [InlineData("--data --worker 2", "--data needs a value")]
    [InlineData("--data a --data b", "--data is given twice")]
    [InlineData("--worker one", "--worker needs a number")]
    [InlineData("--worker=-1", "--worker needs a number")]
    [InlineData("import", "import needs the FILE")]
    [InlineData("import --data d", "import needs the FILE")]
    [InlineData("import a b", "Unexpected argument 'b'")]
    [InlineData("import a --urls http://localhost", "Unknown option '--urls'")]
    public void What_makes_no_sense_is_refused(string line, string reason)
    {
        ShortenerException exception = Assert.Throws<ShortenerException>(() => CommandLine.Parse(line.Split(' ')));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, exception.ExitCode);
    }
}
