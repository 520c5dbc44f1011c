namespace UrlShortener.Tests;

public sealed class LinkDatabaseTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_key_is_made_once_and_kept()
    {
        byte[] key = new LinkDatabase(_folder.Combine("links.db")).CodeKey;
        Assert.Equal(32, key.Length);
        Assert.Equal(key, new LinkDatabase(_folder.Combine("links.db")).CodeKey);
        Assert.NotEqual(key, new LinkDatabase(_folder.Combine("other.db")).CodeKey);
    }

    [Fact]
    public void Connections_write_ahead_and_keep_what_they_commit()
    {
        using var connection = new LinkDatabase(_folder.Combine("links.db")).Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
        command.CommandText = "PRAGMA synchronous";
        Assert.Equal(2L, command.ExecuteScalar());
    }

    [Fact]
    public void Many_that_open_a_new_file_at_once_agree_on_one_key()
    {
        for (int round = 0; round < 5; round++)
        {
            string path = _folder.Combine($"race{round}.db");
            var keys = new byte[6][];
            Race.Run(keys.Length, thread => keys[thread.Index] = new LinkDatabase(path).CodeKey);
            Assert.All(keys, key => Assert.Equal(keys[0], key));
        }
    }

    [Fact]
    public void Another_schema_version_is_refused()
    {
        _ = new LinkDatabase(_folder.Combine("links.db"));
        new Database(_folder.FullPath).Execute("PRAGMA user_version = 2");
        AssertRefused("schema version 2; this program understands version 1");
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
    public void A_key_that_is_gone_or_of_another_length_is_refused()
    {
        _ = new LinkDatabase(_folder.Combine("links.db"));
        var database = new Database(_folder.FullPath);
        database.Execute("UPDATE meta SET value = x'00'");
        AssertRefused("a code key of 1 bytes");
        database.Execute("DELETE FROM meta");
        AssertRefused("damaged");
    }

    [Fact]
    public void A_folder_in_its_place_is_refused()
    {
        Directory.CreateDirectory(_folder.Combine("links.db"));
        AssertRefused("Cannot open the database");
    }

    private void AssertRefused(string reason)
    {
        ShortenerException exception = Assert.Throws<ShortenerException>(() => new LinkDatabase(_folder.Combine("links.db")));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, exception.ExitCode);
    }
}
