using System.Text;

namespace UrlShortener;

/// <summary>Reads a list of URLs, one a line, from a text file or a gzip of one; which it is, its first bytes tell.
/// Blank lines and lines that begin with <c>#</c> are skipped.</summary>
internal sealed class UrlListReader : IDisposable
{
    // Lines up to here reach the rules, which say what is wrong with them; of longer ones only the start is kept, so
    // that a file that is one endless line cannot fill the memory.
    private const int MaxLineLength = 2 * UrlRules.MaxLength;

    private readonly FileStream _file;
    private readonly StreamReader _reader;
    private readonly char[] _buffer = new char[16 * 1024];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    public UrlListReader(string path)
    {
        _file = Open(path);
        FullPath = path;
        Length = _file.CanSeek ? _file.Length : null;

        // The two bytes are put back in front: a pipe cannot be wound back.
        var magic = new byte[2];
        int read = _file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        var whole = new ConcatenatedStream(new MemoryStream(magic, 0, read), _file);
        Stream text = magic is [0x1F, 0x8B] ? new WholeGzipStream(whole) : whole;
        _reader = new StreamReader(text, Encoding.UTF8);
    }

    public string FullPath { get; }

    /// <summary>Gets the size of the file in bytes; <see langword="null"/> for a pipe.</summary>
    public long? Length { get; }

    /// <summary>Gets the bytes of the file read so far.</summary>
    public long Position => Length is null ? 0 : _file.Position;

    /// <summary>Gets the number of the line read last, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Reads the next line that should be a URL.</summary>
    /// <exception cref="ShortenerException">The file cannot be read to its end.</exception>
    public bool TryRead(out string line)
    {
        try
        {
            while (TryReadLine(out line))
            {
                ReadOnlySpan<char> text = line.AsSpan().Trim();
                if (text.Length > 0 && text[0] != '#')
                {
                    line = text.ToString();
                    return true;
                }
            }

            return false;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            string reason = exception is InvalidDataException
                ? "the compressed data are damaged, cut short, or followed by something else."
                : exception.Message;
            throw new ShortenerException($"{FullPath} cannot be read beyond line {LineNumber}: {reason}", exception);
        }
    }

    public void Dispose() => _reader.Dispose(); // and with it the file

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ShortenerException($"{path} is a folder; import needs a file.");
        }

        try
        {
            return File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ShortenerException(
                File.Exists(path) ? $"{path} cannot be opened: {exception.Message}" : $"There is no file {path}.", exception);
        }
    }

    private bool TryReadLine(out string line)
    {
        _line.Clear();
        bool any = false;
        while (_start < _end || Fill())
        {
            any = true;
            ReadOnlySpan<char> available = _buffer.AsSpan(_start, _end - _start);
            int newline = available.IndexOf('\n');
            ReadOnlySpan<char> part = newline < 0 ? available : available[..newline];
            _line.Append(part[..Math.Min(part.Length, MaxLineLength - _line.Length)]);
            _start += part.Length;
            if (newline >= 0)
            {
                _start++;
                break;
            }
        }

        LineNumber += any ? 1 : 0;
        line = _line.ToString();
        return any;
    }

    private bool Fill()
    {
        _start = 0;
        _end = _reader.Read(_buffer);
        return _end > 0;
    }
}
