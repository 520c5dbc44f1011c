using System.Globalization;
using System.Text;
using Primitives.Testing;

namespace Primitives.Tests;

public class TextFoldingTests
{
    [Fact]
    public void Folding_is_that_of_Unicode_14()
    {
        int lines = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Vectors", "folding.csv")).Skip(1))
        {
            string[] columns = [.. line.Split(',').Select(Text)];
            Assert.Equal(columns[0], Fold(TextFolding.None, columns[0]));
            Assert.Equal(columns[1], Fold(TextFolding.Case, columns[0]));
            Assert.Equal(columns[2], Fold(TextFolding.CaseAndDiacritics, columns[0]));
            lines++;
        }

        Assert.True(lines > 200);
    }

    [Theory]
    [InlineData("Stra\u00DFe", "STRASSE")]
    [InlineData("\u0130stanbul", "istanbul")]
    [InlineData("Isparta", "\u0131sparta")]
    [InlineData("\u00C9l\u00E9onore", "E\u0301le\u0301onore")]
    [InlineData("\u0141\u00F3d\u017A", "lodz")]
    [InlineData("\uFF21\uFF22\uFF23", "abc")]
    [InlineData("\u304C", "\u304B\u3099")]
    [InlineData("\uD55C", "\u1112\u1161\u11AB")]
    [InlineData("\U00010400", "\U00010428")]
    public void Texts_that_differ_in_case_and_diacritics_have_one_key(string one, string other) =>
        Assert.Equal(Fold(TextFolding.CaseAndDiacritics, one), Fold(TextFolding.CaseAndDiacritics, other));

    [Theory]
    [InlineData("\u0131", "i")]      // the dotless i is a letter of its own
    [InlineData("e", "\u00E9")]
    [InlineData("\u304C", "\u304B")] // the voiced mark makes another letter
    public void Texts_that_case_folding_tells_apart(string one, string other) =>
        Assert.NotEqual(Fold(TextFolding.Case, one), Fold(TextFolding.Case, other));

    [Theory]
    [InlineData("\u304C", "\u304D")]
    [InlineData("\u0915\u093F", "\u0915")] // a vowel sign is no diacritic
    public void Texts_that_diacritic_folding_still_tells_apart(string one, string other) =>
        Assert.NotEqual(Fold(TextFolding.CaseAndDiacritics, one), Fold(TextFolding.CaseAndDiacritics, other));

    [Fact]
    public void The_key_of_a_concatenation_is_the_concatenation_of_the_keys_and_folding_again_changes_nothing() =>
        PropertyTest.Check(RandomTerms.Seeds, seed =>
        {
            var random = new Random(seed);
            (string first, string second) = (RandomTerms.Term(random), RandomTerms.Term(random));
            foreach (TextFolding folding in Enum.GetValues<TextFolding>())
            {
                string key = Fold(folding, first + second);
                Assert.Equal(Fold(folding, first) + Fold(folding, second), key);
                Assert.Equal(key, Fold(folding, key));
            }
        });

    [Fact]
    public void Every_code_point_folds_to_something_that_folds_to_itself()
    {
        for (int c = 0; c <= 0x10FFFF; c++)
        {
            if (Rune.TryCreate(c, out Rune rune))
            {
                string once = Fold(TextFolding.CaseAndDiacritics, rune.ToString());
                Assert.Equal(once, Fold(TextFolding.CaseAndDiacritics, once));
            }
        }
    }

    [Fact]
    public void A_destination_that_is_too_short_is_never_overrun()
    {
        foreach (string text in new[] { "abc", "\u00DFa", "\uFDFA", "\uD55C" })
        {
            byte[] whole = NaiveAutocomplete.Fold(TextFolding.CaseAndDiacritics, text);
            for (int length = 0; length < whole.Length; length++)
            {
                Assert.False(KeyFolder.TryFold(TextFolding.CaseAndDiacritics, text, new byte[length], out _));
            }

            Assert.True(KeyFolder.TryFold(TextFolding.CaseAndDiacritics, text, new byte[whole.Length], out int written));
            Assert.Equal(whole.Length, written);
        }
    }

    private static string Fold(TextFolding folding, string text) => Encoding.UTF8.GetString(NaiveAutocomplete.Fold(folding, text));

    private static string Text(string codePoints) =>
        string.Concat(codePoints.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}
