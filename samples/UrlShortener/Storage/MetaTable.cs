using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary>What a database file says about itself, for the length of one transaction.</summary>
internal sealed class MetaTable(string path, SqliteConnection connection, SqliteTransaction transaction)
{
    /// <summary>Gets whether the tables were made in this transaction.</summary>
    public bool IsNew { get; init; }

    /// <summary>Gets whether the file holds nothing but this table.</summary>
    public bool IsEmpty =>
        Scalar("SELECT NOT EXISTS (SELECT 1 FROM links) AND NOT EXISTS (SELECT 1 FROM plain_urls)") is 1L;

    public long CountLinks() => (long)Scalar("SELECT count(*) FROM links")!;

    /// <summary>Gets a value; the default of its type if it is not there.</summary>
    public T? Find<T>(string name) => Scalar("SELECT value FROM meta WHERE name = $name", ("$name", name)) switch
    {
        null => default,
        T value => value,
        _ => throw Damaged(name),
    };

    /// <summary>Gets a value that must be there.</summary>
    public T Get<T>(string name) => Find<object>(name) is T value ? value : throw Damaged(name);

    public void Set(string name, object value) => Scalar(
        "INSERT INTO meta (name, value) VALUES ($name, $value) ON CONFLICT DO UPDATE SET value = excluded.value",
        ("$name", name),
        ("$value", value));

    public void Remove(string name) => Scalar("DELETE FROM meta WHERE name = $name", ("$name", name));

    private ShortenerException Damaged(string name) => new($"The database {path} is damaged: it has no valid '{name}'.");

    private object? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command.ExecuteScalar();
    }
}
