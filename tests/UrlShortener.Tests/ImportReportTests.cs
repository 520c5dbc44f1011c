namespace UrlShortener.Tests;

public class ImportReportTests
{
    [Fact]
    public void Prints_counts_rate_the_first_faults_and_ten_examples()
    {
        var report = new ImportReport();
        for (int i = 0; i < 3_000; i++)
        {
            var link = new Link(i, $"code{i}", $"http://h/{i}", default, null, 0);
            report.Add(new AddedLink(link, i % 3 == 0 ? AddOutcome.Existing : AddOutcome.Created));
        }

        for (int i = 1; i <= 7; i++)
        {
            report.AddInvalid(i, $"bad\u001B[2J{i}", "No.");
        }

        var output = new StringWriter { NewLine = "\n" };
        report.Print(output, TimeSpan.FromSeconds(2));
        string[] lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal("3,007 read: 2,000 new, 1,000 duplicates, 7 invalid", lines[0]);
        Assert.Equal("2.00 s, 1,504 links/s", lines[1]);
        Assert.Equal("  line 1: No. bad\uFFFD[2J1", lines[2]);
        Assert.Equal("  and 2 more invalid lines", lines[7]);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"  code{i} -> http://h/{i}"), lines[8..]);
    }
}
