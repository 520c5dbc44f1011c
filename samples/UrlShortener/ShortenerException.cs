namespace UrlShortener;

/// <summary>Something the person at the terminal can put right: told in one line, without a stack trace.</summary>
internal sealed class ShortenerException : Exception
{
    /// <summary>The exit code for a command line that makes no sense.</summary>
    public const int Usage = 2;

    public ShortenerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    public int ExitCode { get; init; } = 1;
}
