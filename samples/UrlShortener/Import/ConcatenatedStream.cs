namespace UrlShortener;

/// <summary>Reads streams one after the other, as one.</summary>
internal sealed class ConcatenatedStream(params Stream[] parts) : ForwardStream
{
    private int _current;

    /// <summary>Gets whether all but the last part have been read to their ends.</summary>
    public bool IsInLastPart => _current >= parts.Length - 1;

    public override int Read(Span<byte> buffer)
    {
        while (_current < parts.Length && buffer.Length > 0)
        {
            int read = parts[_current].Read(buffer);
            if (read > 0)
            {
                return read;
            }

            _current++;
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (Stream part in parts)
            {
                part.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
