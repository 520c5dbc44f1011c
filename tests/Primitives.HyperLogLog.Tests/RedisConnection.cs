using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Primitives.Tests;

/// <summary>Sends commands to Redis and reads the replies: its protocol, RESP2, as far as the tests need it.</summary>
public sealed class RedisConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    public RedisConnection(int port)
    {
        _client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        _stream = new BufferedStream(_client.GetStream(), 1 << 16);
    }

    /// <summary>Sends one command.</summary>
    /// <param name="arguments">Its name and arguments: bytes, or anything that is sent as its text.</param>
    /// <returns>A <see cref="long"/>, a <see cref="string"/> (status), a <see cref="byte"/> array (value), an array of
    /// replies, or null.</returns>
    public object? Send(params object[] arguments)
    {
        Write($"*{arguments.Length}\r\n");
        foreach (object argument in arguments)
        {
            byte[] bytes = argument as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
            Write($"${bytes.Length}\r\n");
            _stream.Write(bytes);
            Write("\r\n");
        }

        _stream.Flush();
        return Read();
    }

    public byte[] Get(string key) => (byte[])Send("GET", key)!;

    public void Dispose() => _client.Dispose();

    private object? Read()
    {
        char kind = (char)_stream.ReadByte();
        var text = new StringBuilder();
        for (int next = _stream.ReadByte(); next != '\n'; next = _stream.ReadByte())
        {
            text.Append(next < 0 ? throw new EndOfStreamException() : (char)next);
        }

        string line = text.ToString().TrimEnd('\r');
        switch (kind)
        {
            case '+':
                return line;
            case '-':
                throw new InvalidOperationException(line);
            case ':':
                return long.Parse(line, CultureInfo.InvariantCulture);
            case '*':
                return Enumerable.Range(0, int.Parse(line, CultureInfo.InvariantCulture)).Select(_ => Read()).ToArray();
            default:
                int length = int.Parse(line, CultureInfo.InvariantCulture);
                byte[]? value = length < 0 ? null : new byte[length];
                _stream.ReadExactly(value);
                _stream.ReadExactly(stackalloc byte[value is null ? 0 : 2]);
                return value;
        }
    }

    private void Write(string text) => _stream.Write(Encoding.ASCII.GetBytes(text));
}
