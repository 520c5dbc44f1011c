namespace UrlShortener.Tests;

public sealed class ShardSetTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_folder_has_one_shard_or_as_many_as_asked_for()
    {
        Assert.Equal(1, Open().Count);
        Assert.Equal(["links.db"], Files());

        using var other = new TemporaryDirectory();
        Assert.Equal(3, Open(3, other).Count);
        Assert.Equal(3, Open(null, other).Count);
        Assert.Equal(3, Open(3, other).Count);
        Assert.Equal(["links-2.db", "links-3.db", "links.db"], Files(other));
    }

    [Fact]
    public void Another_number_than_the_folder_has_is_refused()
    {
        Open(2);
        AssertRefused("has 2 shards, not 3; change that with: reshard 3", 3);
        Assert.Equal(["links-2.db", "links.db"], Files());
    }

    [Fact]
    public void The_key_is_made_once_and_kept()
    {
        byte[] key = Open().CodeKey;
        Assert.Equal(32, key.Length);
        Assert.Equal(key, Open().CodeKey);
        using var other = new TemporaryDirectory();
        Assert.NotEqual(key, Open(null, other).CodeKey);
    }

    [Fact]
    public void Connections_write_ahead_and_keep_what_they_commit()
    {
        using var connection = Open().Database(1).Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
        command.CommandText = "PRAGMA synchronous";
        Assert.Equal(2L, command.ExecuteScalar());
    }

    [Fact]
    public void Many_that_open_a_new_folder_at_once_agree_on_one_key()
    {
        for (int round = 0; round < 5; round++)
        {
            using var folder = new TemporaryDirectory();
            var keys = new byte[6][];
            Race.Run(keys.Length, thread => keys[thread.Index] = Open(2, folder).CodeKey);
            Assert.All(keys, key => Assert.Equal(keys[0], key));
        }
    }

    [Fact]
    public void A_shard_that_is_missing_is_refused_and_not_made_anew()
    {
        Open(3);
        File.Delete(_folder.Combine("links-2.db"));
        AssertRefused("links-2.db is missing");
        Assert.Equal(["links-3.db", "links.db"], Files());
    }

    [Fact]
    public void A_shard_of_another_folder_or_number_is_refused()
    {
        Open(3);
        File.Copy(_folder.Combine("links-2.db"), _folder.Combine("links-3.db"), overwrite: true);
        AssertRefused("links-3.db is not shard 3 of this folder");

        using var other = new TemporaryDirectory();
        Open(3, other);
        File.Copy(other.Combine("links-3.db"), _folder.Combine("links-3.db"), overwrite: true);
        AssertRefused("links-3.db is not shard 3 of this folder");
    }

    [Fact]
    public void A_file_that_an_attempt_before_has_left_is_taken_if_it_is_empty()
    {
        Open(3);
        File.Delete(_folder.Combine("links.db")); // what a kill before the first file's commit leaves
        Assert.Equal(2, Open(2).Count);

        new Database(_folder.FullPath, 2).Execute("INSERT INTO plain_urls VALUES (1, 2, 'http://h/', 'abc', 3)");
        File.Delete(_folder.Combine("links.db"));
        AssertRefused("links-2.db holds links", 2);
        Assert.Single(new Database(_folder.FullPath, 2).PlainRows());
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void A_first_file_that_is_lost_is_not_made_anew_while_another_holds_links(int? shards, bool empty)
    {
        Open(3);
        new Database(_folder.FullPath, 3).Execute("INSERT INTO links VALUES (1, 2, 'abc', 'http://h/', 0, 3, NULL, 0)");
        File.Delete(_folder.Combine("links.db"));
        if (empty)
        {
            File.WriteAllBytes(_folder.Combine("links.db"), []);
        }

        byte[][] before = Bytes();
        AssertRefused("links.db is missing or empty, but", shards);
        AssertRefused("links-3.db holds links", shards);
        ShortenerException exception =
            Assert.Throws<ShortenerException>(() => ShardSet.OpenToReshard(new DataFolder(_folder.FullPath)));
        Assert.Contains("links-3.db holds links", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Bytes());
    }

    [Fact]
    public void A_folder_without_tables_or_with_files_of_something_else_has_no_database_to_reshard()
    {
        AssertNone();
        File.WriteAllBytes(_folder.Combine("links.db"), []);
        File.WriteAllBytes(_folder.Combine("links-2.db"), []);
        File.WriteAllText(_folder.Combine("links-3.db"), new string('x', 10_000));
        new Database(_folder.FullPath, 4).Execute("CREATE TABLE other (x)");
        byte[][] before = Bytes();
        AssertNone();
        Assert.Equal(before, Bytes());
        Assert.Equal(2, Open(2).Count); // and none of them is links that would be lost

        void AssertNone()
        {
            ShortenerException exception =
                Assert.Throws<ShortenerException>(() => ShardSet.OpenToReshard(new DataFolder(_folder.FullPath)));
            Assert.Contains("There is no database in", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_shard_that_is_an_empty_file_is_refused_and_stays_empty()
    {
        Open(3);
        File.WriteAllBytes(_folder.Combine("links-2.db"), []);
        AssertRefused("links-2.db is not shard 2 of this folder");
        Assert.Equal(0, new FileInfo(_folder.Combine("links-2.db")).Length);
    }

    [Fact]
    public void Another_schema_version_is_refused()
    {
        Open();
        new Database(_folder.FullPath).Execute("PRAGMA user_version = 1");
        AssertRefused("schema version 1; this program understands version 2");
    }

    [Fact]
    public void A_database_of_something_else_is_refused()
    {
        new Database(_folder.FullPath).Execute("CREATE TABLE other (x)");
        AssertRefused("is not a database of this service");
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(_folder.Combine("links.db"), new string('x', 10_000));
        AssertRefused("is not a database of this service");
    }

    [Fact]
    public void A_key_that_is_gone_or_of_another_length_or_kind_is_refused()
    {
        Open();
        var database = new Database(_folder.FullPath);
        database.Execute("UPDATE meta SET value = x'00' WHERE name = 'code-key'");
        AssertRefused("a code key of 1 bytes");
        database.Execute("UPDATE meta SET value = 'text' WHERE name = 'code-key'");
        AssertRefused("damaged: it has no valid 'code-key'");
        database.Execute("DELETE FROM meta WHERE name = 'code-key'");
        AssertRefused("damaged: it has no valid 'code-key'");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("'two'")]
    public void A_number_of_shards_that_cannot_be_is_refused(string number)
    {
        Open();
        new Database(_folder.FullPath).Execute($"UPDATE meta SET value = {number} WHERE name = 'shards'");
        AssertRefused("damaged");
    }

    [Fact]
    public void A_folder_in_its_place_is_refused()
    {
        Directory.CreateDirectory(_folder.Combine("links.db"));
        AssertRefused("Cannot open the database");
    }

    private ShardSet Open(int? shards = null, TemporaryDirectory? folder = null) =>
        ShardSet.OpenOrCreate(new DataFolder((folder ?? _folder).FullPath), shards);

    private IEnumerable<string?> Files(TemporaryDirectory? folder = null) =>
        Directory.EnumerateFiles((folder ?? _folder).FullPath, "*.db").Select(Path.GetFileName).Order(StringComparer.Ordinal);

    // Of all files, so that one more or less shows as well.
    private byte[][] Bytes() =>
        [.. Directory.EnumerateFiles(_folder.FullPath).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private void AssertRefused(string reason, int? shards = null)
    {
        ShortenerException exception = Assert.Throws<ShortenerException>(() => Open(shards));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, exception.ExitCode);
    }
}
