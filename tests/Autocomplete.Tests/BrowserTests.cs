namespace Autocomplete.Tests;

/// <summary>The page in a real browser.</summary>
public sealed class BrowserTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [BrowserTheory]
    [InlineData("typing-shows-completions")]
    [InlineData("arrows-and-enter-choose")]
    [InlineData("escape-closes-and-keeps-what-was-typed")]
    [InlineData("a-click-chooses")]
    [InlineData("a-misspelling-finds-its-word")]
    [InlineData("a-new-term-appears-after-it-was-searched")]
    [InlineData("markup-in-a-term-stays-text")]
    [InlineData("an-overtaken-answer-is-dropped")]
    [InlineData("an-answer-after-escape-or-a-choice-is-dropped")]
    public async Task In_the_browser(string scenario)
    {
        string output = await fixture.InBrowserAsync();
        Assert.True($"\n{output}".Contains($"\n{scenario}: ok\n", StringComparison.Ordinal), output);
    }
}
