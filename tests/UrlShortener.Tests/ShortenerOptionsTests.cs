using Microsoft.Extensions.Configuration;

namespace UrlShortener.Tests;

public class ShortenerOptionsTests
{
    [Fact]
    public void Have_the_documented_defaults()
    {
        ShortenerOptions options = ShortenerOptions.From(new ConfigurationBuilder().Build());
        Assert.Equal("urlshortener-data", options.Data);
        Assert.Equal(0, options.Worker);
        Assert.Equal(1, options.ImportWorker);
        Assert.Null(options.Shards);
        Assert.False(options.CheckLinks);
        Assert.False(options.CheckPrivateLinks);
    }

    [Fact]
    public void The_command_line_wins_over_the_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("UrlShortener:Data", "configured"), new("UrlShortener:Worker", "3")])
            .AddInMemoryCollection(CommandLine.Parse(["--data", "given"]).Settings)
            .Build();
        ShortenerOptions options = ShortenerOptions.From(configuration);
        Assert.Equal("given", options.Data);
        Assert.Equal(3, options.Worker);
    }

    [Fact]
    public void A_setting_of_the_wrong_kind_is_told()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("UrlShortener:Worker", "abc")])
            .Build();
        Assert.Contains("abc", Assert.Throws<ShortenerException>(() => ShortenerOptions.From(configuration)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_worker_id_that_does_not_fit_is_refused(int worker)
    {
        using var folder = new TemporaryDirectory();
        ShortenerException exception = Assert.Throws<ShortenerException>(
            () => new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddLinkStore(new DataFolder(folder.FullPath), worker));
        Assert.Contains("from 0 to 3", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void A_number_of_shards_that_cannot_be_is_refused(int shards)
    {
        using var folder = new TemporaryDirectory();
        ShortenerException exception = Assert.Throws<ShortenerException>(
            () => new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddLinkStore(new DataFolder(folder.FullPath), 0, shards));
        Assert.Contains("from 1 to 64", exception.Message, StringComparison.Ordinal);
    }
}
