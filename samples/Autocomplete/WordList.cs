using System.Globalization;
using System.IO.Compression;
using Primitives;

namespace Autocomplete;

/// <summary>The words that a new folder begins with: 82,834 of English, with how often they were printed.</summary>
internal static class WordList
{
    /// <summary>Builds their index. Must have the settings of the live index, or that would build it again.</summary>
    public static AutocompleteIndex Build()
    {
        using Stream stream = typeof(WordList).Assembly.GetManifestResourceStream("words.tsv.gz")!;
        using var reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
        var builder = new AutocompleteBuilder(new AutocompleteOptions { MatchWordStarts = true });
        while (reader.ReadLine() is { } line)
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            builder.Add(line.AsSpan(0, tab), long.Parse(line.AsSpan(tab + 1), CultureInfo.InvariantCulture));
        }

        return builder.Build();
    }
}
