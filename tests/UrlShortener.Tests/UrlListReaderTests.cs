using System.IO.Compression;
using System.IO.Pipes;
using System.Text;

namespace UrlShortener.Tests;

public sealed class UrlListReaderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "1:a")]
    [InlineData("a\nb\n", "1:a 2:b")]
    [InlineData("a\r\nb\r\n", "1:a 2:b")]
    [InlineData("\n\n  \n# comment\n  # too\n\ta \n#\n", "6:a")]
    [InlineData("\uFEFFa\nb", "1:a 2:b")]
    public void Gives_each_url_with_its_line_number(string text, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(expected, string.Join(' ', ReadAll(bytes)));
        Assert.Equal(expected, string.Join(' ', ReadAll(Gzip(bytes))));
    }

    [Fact]
    public void Tells_gzip_by_its_first_bytes_and_not_by_its_name()
    {
        Assert.Equal(["1:a"], ReadAll("a"u8.ToArray(), "text.gz"));
        Assert.Equal(["1:a"], ReadAll(Gzip("a"u8.ToArray()), "zipped.txt"));
    }

    [Fact]
    public void Reads_a_gzip_of_several_members()
    {
        Assert.Equal(["1:a", "2:b"], ReadAll([.. Gzip("a\n"u8.ToArray()), .. Gzip("b\n"u8.ToArray())]));
    }

    [Fact]
    public void Reads_lines_across_its_buffer()
    {
        string[] lines = [.. Enumerable.Range(0, 20_000).Select(i => new string('x', i % 90) + i)];
        List<string> read = ReadAll(Gzip(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
        Assert.Equal(lines.Select((line, i) => $"{i + 1}:{line}"), read);
    }

    [Fact]
    public void Keeps_only_the_start_of_an_endless_line()
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"a\n{new string('x', 5_000_000)}\nb\n");
        List<string> read = ReadAll(Gzip(bytes));
        Assert.Equal(["1:a", "3:b"], [read[0], read[2]]);
        Assert.InRange(read[1].Length, UrlRules.MaxLength + 1, 3 * UrlRules.MaxLength);
    }

    [Fact]
    public void A_gzip_cut_short_anywhere_or_with_a_flipped_byte_is_told()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $"http://h/{i * 7919}\n"))));
        List<string> lines = ReadAll(whole);
        Assert.Equal(60, lines.Count);
        for (int length = 2; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            ShortenerException exception = Assert.Throws<ShortenerException>(() => ReadAll(cut));
            Assert.Contains("compressed data", exception.Message, StringComparison.Ordinal);
        }

        for (int i = 10; i < whole.Length; i++)
        {
            byte[] flipped = [.. whole];
            flipped[i] ^= 0x10;
            try
            {
                Assert.Equal(lines, ReadAll(flipped)); // a bit that nothing depends on: the last byte's padding
                Assert.Equal(whole.Length - 9, i);
            }
            catch (ShortenerException)
            {
            }
        }
    }

    [Fact]
    public void No_part_of_a_line_is_given_before_the_cut_is_told()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $"http://h/{i * 7919}/end\n"))));
        for (int length = 2; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder.Combine("cut"), whole[..length]);
            using var reader = new UrlListReader(_folder.Combine("cut"));
            Assert.Throws<ShortenerException>(() =>
            {
                while (reader.TryRead(out string line))
                {
                    Assert.EndsWith("/end", line, StringComparison.Ordinal);
                }
            });
        }
    }

    [Fact]
    public void What_follows_a_gzip_is_told()
    {
        Assert.Throws<ShortenerException>(() => ReadAll([.. Gzip("a\n"u8.ToArray()), 1, 2, 3]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_a_pipe(bool zipped)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // where a pipe has no path
        }

        byte[] bytes = "a\nb\n"u8.ToArray();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        Task<UrlListReader> opening = Task.Run(() => new UrlListReader($"/proc/self/fd/{pipe.GetClientHandleAsString()}"));
        await pipe.WriteAsync(zipped ? Gzip(bytes) : bytes);
        using UrlListReader reader = await opening;
        pipe.Dispose();

        Assert.Null(reader.Length);
        Assert.True(reader.TryRead(out string first));
        Assert.True(reader.TryRead(out string second));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(["a", "b"], [first, second]);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_told()
    {
        Assert.Contains("There is no file", Assert.Throws<ShortenerException>(() => new UrlListReader(_folder.Combine("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<ShortenerException>(() => new UrlListReader(_folder.FullPath)).Message, StringComparison.Ordinal);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    private List<string> ReadAll(byte[] bytes, string name = "list")
    {
        string path = _folder.Combine(name);
        File.WriteAllBytes(path, bytes);
        using var reader = new UrlListReader(path);
        var lines = new List<string>();
        while (reader.TryRead(out string line))
        {
            lines.Add($"{reader.LineNumber}:{line}");
        }

        Assert.Equal(bytes.Length, reader.Position);
        return lines;
    }
}
