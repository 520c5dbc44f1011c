using System.Buffers.Binary;
using System.IO.Hashing;
using Primitives.Testing;

namespace Primitives.Tests;

public class AutocompletePersistenceTests
{
    private const int Envelope = 16;

    [Fact]
    public void An_index_comes_back_from_bytes_streams_and_files_as_it_was()
    {
        using var directory = new TemporaryDirectory();
        int files = 0;
        PropertyTest.Check(RandomTerms.Seeds, seed =>
        {
            var random = new Random(seed);
            AutocompleteOptions options = RandomTerms.Options(random);
            NaiveAutocomplete model = Subject.Model(random, options);
            AutocompleteIndex index = Subject.Build(options, model);
            byte[] bytes = index.ToBytes();
            Assert.Equal(index.PersistedLength, bytes.Length);

            var stream = new MemoryStream();
            index.WriteTo(stream);
            Assert.Equal(bytes, stream.ToArray());
            byte[] span = new byte[bytes.Length];
            Assert.True(index.TryWriteBytes(span, out int written) && written == bytes.Length);
            Assert.Equal(bytes, span);
            Assert.False(index.TryWriteBytes(span.AsSpan(1), out written) || written != 0);

            stream.WriteByte(1);
            stream.Position = 0;
            string file = directory.Combine($"{files++}.bin");
            File.WriteAllBytes(file, bytes);
            string prefix = RandomTerms.Prefix(random, [.. model.Terms.Keys]);
            foreach (AutocompleteIndex restored in new[] { AutocompleteIndex.FromBytes(bytes), AutocompleteIndex.ReadFrom(stream), AutocompleteIndex.Map(file) })
            {
                Assert.Equal(bytes, restored.ToBytes());
                Assert.Equal((index.Count, index.Folding, index.Scores, index.HalfLife, index.MatchesWordStarts), (restored.Count, restored.Folding, restored.Scores, restored.HalfLife, restored.MatchesWordStarts));
                var query = new AutocompleteQuery { MaxEdits = 1 };
                Assert.Equal(model.Complete(prefix, 10, 1), restored.Complete(prefix, 10, query, 0));
            }

            Assert.Equal(bytes.Length, stream.Position);
        });
    }

    [Fact]
    public void The_order_of_adding_makes_no_difference_to_the_bytes() =>
        PropertyTest.Check(RandomTerms.Seeds, seed =>
        {
            var random = new Random(seed);
            AutocompleteOptions options = RandomTerms.Options(random);
            NaiveAutocomplete model = Subject.Model(random, options);
            var shuffled = new NaiveAutocomplete(options.Folding, options.MatchWordStarts);
            string[] texts = [.. model.Terms.Keys];
            random.Shuffle(texts);
            foreach (string text in texts)
            {
                shuffled.Terms[text] = model.Terms[text];
            }

            Assert.Equal(Subject.Build(options, model).ToBytes(), Subject.Build(options, shuffled).ToBytes());
        });

    [Fact]
    public void Bytes_of_the_first_release_are_still_read_and_written()
    {
        byte[] golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "words.bin"));
        AutocompleteIndex index = AutocompleteIndex.FromBytes(golden);
        Assert.Equal(golden, index.ToBytes());
        Assert.Equal(golden, Golden().ToBytes());
        Assert.Equal(["New York", "\u00C9l\u00E9onore of York"], index.Complete("york", 5));
        golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "terms.bin"));
        Assert.Equal(golden, AutocompleteIndex.FromBytes(golden).ToBytes());
        Assert.Equal(golden, Golden(words: false).ToBytes());
    }

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_refused_with_a_reason()
    {
        using var directory = new TemporaryDirectory();
        byte[] bytes = Golden().ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertRefused(directory, bytes[..length], map: length % 16 == 0);
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] flipped = [.. bytes];
            flipped[i] ^= (byte)(1 << (i % 8));
            AssertRefused(directory, flipped, map: i % 16 == 0);
        }

        AssertRefused(directory, [.. bytes, 0], map: true, stream: false);
    }

    /// <summary>A checksum shows damage, not that the bytes were ever an index: each byte is changed and summed again.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_payload_that_this_package_did_not_write_is_refused_or_is_a_correct_index(bool words)
    {
        byte[] bytes = Golden(words).ToBytes();
        int accepted = 0;
        foreach (int bit in Enumerable.Range(0, (bytes.Length - Envelope - 8) * 8))
        {
            byte[] forged = [.. bytes];
            forged[Envelope + (bit / 8)] ^= (byte)(1 << (bit % 8));
            BinaryPrimitives.WriteUInt64LittleEndian(forged.AsSpan(^8), XxHash3.HashToUInt64(forged.AsSpan(0, forged.Length - 8)));
            if (AutocompleteIndex.TryFromBytes(forged, out AutocompleteIndex? index, out string? reason))
            {
                // Another score, payload, or way of treating duplicates: what it holds must still be consistent.
                accepted++;
                foreach (string prefix in new[] { "", "n", "york", "\u00E9" })
                {
                    Assert.Equal(index.Complete(prefix, 2), index.Complete(prefix, 10).Take(2));
                    Assert.NotNull(index.Complete(prefix, 10, new AutocompleteQuery { MaxEdits = 2 }));
                }
            }
            else
            {
                Assert.NotEmpty(reason);
            }
        }

        Assert.InRange(accepted, 1, bytes.Length * 4);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(int.MaxValue)]
    [InlineData(1L << 40)]
    public void A_lying_length_is_refused_before_memory_is_taken_for_it(long length)
    {
        byte[] bytes = Golden().ToBytes();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), length);
        Assert.False(AutocompleteIndex.TryFromBytes(bytes, out _, out _));
        Assert.Throws<FormatException>(() => AutocompleteIndex.ReadFrom(new MemoryStream(bytes)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FormatException>(() => AutocompleteIndex.ReadFrom(new ForwardStream(bytes)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void A_stream_that_cannot_seek_is_read_in_pieces()
    {
        var builder = new AutocompleteBuilder();
        for (int i = 0; i < 120_000; i++)
        {
            builder.Add($"term {i:00000}", i);
        }

        byte[] bytes = builder.Build().ToBytes();
        Assert.True(bytes.Length > 2 << 20);
        Assert.Equal(bytes, AutocompleteIndex.ReadFrom(new ForwardStream(bytes)).ToBytes());
    }

    [Fact]
    public void A_mapped_index_outlives_its_file_and_keeps_its_completions()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.Combine("index.bin");
        File.WriteAllBytes(file, Golden().ToBytes());
        var found = new Completion[2];
        Complete(file, found);
        File.Delete(file);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(["New York", "\u00C9l\u00E9onore of York"], found.Select(completion => completion.Text));

        static void Complete(string file, Completion[] found) => Assert.Equal(2, AutocompleteIndex.Map(file).Complete("york", found));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>("stream", () => Golden().WriteTo(null!));
        Assert.Throws<ArgumentNullException>("stream", () => AutocompleteIndex.ReadFrom(null!));
        Assert.Throws<ArgumentNullException>("path", () => AutocompleteIndex.Map(null!));
        Assert.Throws<ArgumentException>("path", () => AutocompleteIndex.Map(""));
        Assert.Throws<FileNotFoundException>(() => AutocompleteIndex.Map("no-such-index.bin"));
        Assert.Throws<FormatException>(() => AutocompleteIndex.FromBytes([]));
    }

    internal static AutocompleteIndex Golden(bool words = true)
    {
        var builder = new AutocompleteBuilder(new AutocompleteOptions { MatchWordStarts = words, CachedResults = 2, BucketSize = 2 });
        builder.Add("New York", 900, payload: 1);
        builder.Add("new", 800, payload: -2);
        builder.Add("\u00C9l\u00E9onore of York", 70);
        builder.Add("needle", 60);
        builder.Add("\U0001F600", 5);
        return builder.Build();
    }

    private static void AssertRefused(TemporaryDirectory directory, byte[] bytes, bool map, bool stream = true)
    {
        Assert.False(AutocompleteIndex.TryFromBytes(bytes, out AutocompleteIndex? index, out string? reason));
        Assert.Null(index);
        Assert.NotEmpty(reason);
        if (stream)
        {
            Assert.Throws<FormatException>(() => AutocompleteIndex.ReadFrom(new ForwardStream(bytes)));
        }

        if (map)
        {
            string file = directory.Combine("damaged.bin");
            File.WriteAllBytes(file, bytes);
            Assert.Throws<FormatException>(() => AutocompleteIndex.Map(file));
        }
    }
}
