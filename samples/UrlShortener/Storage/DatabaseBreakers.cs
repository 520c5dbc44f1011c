using Microsoft.Data.Sqlite;
using Primitives;

namespace UrlShortener;

/// <summary>
/// The circuit breakers of one database file: one for reading and one for writing, since a full disk or another process
/// that holds the write lock stops no reader, and readers that fare well say nothing about writing.
/// </summary>
/// <remarks>Thread-safe. Without a set of breakers, as in an import, calls pass through.</remarks>
internal sealed class DatabaseBreakers(CircuitBreakerSet<string>? breakers, LinkDatabase file)
{
    /// <summary>The name of the set of breakers in the container.</summary>
    public const string Name = "database";

    private readonly string _reading = $"read {Path.GetFileName(file.FullPath)}";
    private readonly string _writing = $"write {Path.GetFileName(file.FullPath)}";

    /// <summary>Reads; after failures in a row nothing is read until the break has ended.</summary>
    /// <exception cref="CircuitOpenException">The breaker is open.</exception>
    public T Read<T>(Func<T> read) => breakers is null ? read() : breakers.Get(_reading).Execute(read!)!;

    /// <summary>Writes likewise.</summary>
    /// <exception cref="CircuitOpenException">The breaker is open.</exception>
    public void Write(Action write)
    {
        if (breakers is null)
        {
            write();
            return;
        }

        breakers.Get(_writing).Execute(
            static action =>
            {
                action!();
                return true;
            },
            write);
    }

    #region breakers
    /// <summary>Adds the breakers of all files. Whatever SQLite reports is a failure: busy, a full disk, a damaged file.</summary>
    public static void AddTo(IServiceCollection services) => services.AddCircuitBreakerSet<string>(Name, options =>
    {
        options.Window = CircuitWindowKind.Consecutive;
        options.ConsecutiveFailures = 5;
        options.Classify = exception => exception is SqliteException ? CallOutcome.Failure : CallOutcome.Ignored;
    });
    #endregion
}
