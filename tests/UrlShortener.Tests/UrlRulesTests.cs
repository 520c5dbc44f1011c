using FsCheck.Fluent;

namespace UrlShortener.Tests;

public class UrlRulesTests
{
    [Theory]
    [InlineData("http://example.com", "http://example.com/")]
    [InlineData("HTTP://Example.COM:80/A", "http://example.com/A")]
    [InlineData("https://example.com:443", "https://example.com/")]
    [InlineData("https://example.com:80/", "https://example.com:80/")]
    [InlineData("http://h/a/./b/../c", "http://h/a/c")]
    [InlineData("http://h/ü?q=ü#ü", "http://h/%C3%BC?q=%C3%BC#%C3%BC")]
    [InlineData("http://h/%7Euser", "http://h/~user")]
    [InlineData("http://h/a|b<c>\"", "http://h/a%7Cb%3Cc%3E%22")]
    [InlineData("http://h/100%", "http://h/100%25")]
    [InlineData("http://h/a%%2e%2e%41/b", "http://h/a%25..A/b")]
    [InlineData("http://[::1]:8080/x", "http://[::1]:8080/x")]
    [InlineData("http://h/%0d%0aSet-Cookie:a", "http://h/%0d%0aSet-Cookie:a")]
    [InlineData("http://h/a\u202Eb", "http://h/a%E2%80%AEb")]
    public void Brings_a_url_into_canonical_form(string text, string canonical)
    {
        Assert.True(UrlRules.TryNormalize(text, out string? url, out string? fault), fault);
        Assert.Equal(canonical, url);
    }

    [Theory]
    [InlineData("http://h/a", "https://h/a")]
    [InlineData("http://h/a", "http://www.h/a")]
    [InlineData("http://h/a", "http://h/a/")]
    [InlineData("http://h/a", "http://h/A")]
    [InlineData("http://h/a?x=1&y=2", "http://h/a?y=2&x=1")]
    [InlineData("http://h/a", "http://h/a?")]
    [InlineData("http://h/a", "http://h/a#b")]
    [InlineData("http://h/a/b", "http://h/a%2Fb")]
    public void Keeps_different_urls_apart(string one, string other)
    {
        Assert.True(UrlRules.TryNormalize(one, out string? first, out _));
        Assert.True(UrlRules.TryNormalize(other, out string? second, out _));
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("example.com", "begin with http")]
    [InlineData("/relative", "begin with http")]
    [InlineData("//host/path", "begin with http")]
    [InlineData("ftp://example.com/", "begin with http")]
    [InlineData("javascript:alert(1)", "begin with http")]
    [InlineData("data:text/html,x", "begin with http")]
    [InlineData("file:///etc/passwd", "begin with http")]
    [InlineData("http:example.com", "begin with http")]
    [InlineData("http:\\\\example.com", "begin with http")]
    [InlineData("http://", "not valid")]
    [InlineData("http:///path", "not valid")]
    [InlineData("http://host:99999/", "not valid")]
    [InlineData("http://host:-1/", "not valid")]
    [InlineData("http://a..b/", "not valid")]
    [InlineData("http://[::1/", "not valid")]
    [InlineData("http://%41.com/", "not valid")]
    [InlineData("http://example.com/a b", "blank")]
    [InlineData(" http://example.com/", "blank")]
    [InlineData("http://example.com/\n", "blank")]
    [InlineData("http://example.com/\r\nSet-Cookie: a=b", "control")]
    [InlineData("http://example.com/\0", "control")]
    [InlineData("http://example.com/\u0085", "control")]
    [InlineData("http://example.com/\u2028", "blank")]
    [InlineData("http://example.com/\uFFFD", "UTF-8")]
    [InlineData("http://user@example.com/", "user name")]
    [InlineData("https://bank.example:x@evil.example/", "user name")]
    [InlineData("http://bücher.example/", "xn--")]
    [InlineData("http://ｅｘａｍｐｌｅ.com/", "xn--")]
    public void Refuses_what_is_no_absolute_web_url(string? text, string reason)
    {
        Assert.False(UrlRules.TryNormalize(text, out string? url, out string? fault));
        Assert.Null(url);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_2048_characters_and_not_one_more()
    {
        string longest = "http://h/".PadRight(UrlRules.MaxLength, 'a');
        Assert.True(UrlRules.TryNormalize(longest, out string? url, out _));
        Assert.Equal(longest, url);

        Assert.False(UrlRules.TryNormalize(longest + "a", out _, out string? fault));
        Assert.Contains("2049 characters", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_percent_encoding_against_the_length()
    {
        string text = "http://h/" + new string('ü', 400); // 6 characters each, once encoded
        Assert.False(UrlRules.TryNormalize(text, out _, out string? fault));
        Assert.Contains("2409 characters once percent-encoded", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_accepted_is_ascii_without_blanks_and_its_own_canonical_form()
    {
        string[] pieces =
        [
            "http://", "https://", "HTTP://", "h", "example.com", "EXAMPLE", ":80", ":443", ":8", "/", "//", ".", "..", "%",
            "%2e", "%2F", "%25", "%zz", "%C3%BC", "%80", "ü", "\u202E", "\uD83D\uDE00", "\uD83D", "\\", "?", "#", "&", "=",
            "@", "%41", "4", "1", "e", "[", "]", "::1", "|", "\"", "'", "<", ">", "{", "}", "^", "`", "~", "\t", " ", "\r\n", "\0", "\u00AD", "xn--",
        ];
        PropertyTest.CheckSequence(
            Gen.Elements(pieces),
            parts =>
            {
                if (UrlRules.TryNormalize("http://h" + string.Concat(parts), out string? url, out string? fault))
                {
                    Assert.DoesNotContain(url, c => c is <= ' ' or >= '\x7F');
                    Assert.True(UrlRules.TryNormalize(url, out string? again, out fault), fault);
                    Assert.Equal(url, again);
                }
                else
                {
                    Assert.NotEmpty(fault);
                }
            },
            count: 5_000);
    }
}
