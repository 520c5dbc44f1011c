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

    [Fact]
    public void Shards_are_a_setting_of_what_uses_them_and_the_operand_of_reshard()
    {
        Assert.Equal("3", CommandLine.Parse(["--shards", "3"]).Settings["UrlShortener:Shards"]);
        Assert.Equal("64", CommandLine.Parse(["import", "file", "--shards=64"]).Settings["UrlShortener:Shards"]);
        CommandLine reshard = CommandLine.Parse(["reshard", "--data", "d", "4"]);
        Assert.Equal(4, reshard.ReshardTo);
        Assert.Null(reshard.ImportFile);
        Assert.Equal("d", Assert.Single(reshard.Settings).Value);
    }

    [Fact]
    public void Checks_are_asked_for_without_a_value()
    {
        CommandLine command = CommandLine.Parse(["--check-links", "--data", "d"]);
        Assert.Equal("true", command.Settings["UrlShortener:CheckLinks"]);
        Assert.Equal("d", command.Settings["UrlShortener:Data"]);
        Assert.Equal("true", CommandLine.Parse(["--check-private-links"]).Settings["UrlShortener:CheckPrivateLinks"]);
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
    [InlineData("--check-links true", "Unexpected argument 'true'")]
    [InlineData("--check-links=no", "--check-links takes no value")]
    [InlineData("--check-links --check-links", "--check-links is given twice")]
    [InlineData("import a --check-links", "Unknown option '--check-links'")]
    [InlineData("reshard 2 --check-private-links", "Unknown option '--check-private-links'")]
    [InlineData("--shards 0", "--shards needs a number from 1 to 64, not '0'")]
    [InlineData("--shards 65", "--shards needs a number from 1 to 64, not '65'")]
    [InlineData("--shards two", "--shards needs a number from 1 to 64, not 'two'")]
    [InlineData("reshard", "reshard needs the number of shards")]
    [InlineData("reshard 0", "reshard needs a number from 1 to 64, not '0'")]
    [InlineData("reshard 65", "reshard needs a number from 1 to 64, not '65'")]
    [InlineData("reshard x", "reshard needs a number from 1 to 64, not 'x'")]
    [InlineData("reshard 2 3", "Unexpected argument '3'")]
    [InlineData("reshard 2 --shards 3", "Unknown option '--shards'")]
    [InlineData("reshard 2 --worker 3", "Unknown option '--worker'")]
    [InlineData("reshard 2 --urls http://localhost", "Unknown option '--urls'")]
    public void What_makes_no_sense_is_refused(string line, string reason)
    {
        ShortenerException exception = Assert.Throws<ShortenerException>(() => CommandLine.Parse(line.Split(' ')));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, exception.ExitCode);
    }
}
