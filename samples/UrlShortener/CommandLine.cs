using System.Globalization;

namespace UrlShortener;

/// <summary>What was asked for on the command line; anything not understood is refused.</summary>
internal sealed class CommandLine
{
    public const string HelpText = """
        A URL shortener.

        UrlShortener [options]                 serves the API and the page
        UrlShortener import FILE [options]     loads a list of URLs, text or gzip, one a line
        UrlShortener reshard N [options]       spreads the links over N shards, 1 to 64

        Options:
          --data DIR      the folder of the database; default: urlshortener-data
          --shards N      how many shards a new folder gets; default: 1. Not for reshard
          --worker N      the worker id to make link ids with, 0 to 3; default: 0, for import 1.
                          Processes that use one data folder at the same time need different ones
          --urls URLS     where to listen, only for serving; default: http://localhost:5000
          --check-links   asks the host of each new link, by HEAD, and refuses the link if it does
                          not answer; only for serving. The service then connects to hosts that
                          its clients name, but to none without an address on the public internet
          --check-private-links
                          the same, also for hosts in private networks: whoever can make links can
                          then find out what answers in yours
          --help          shows this

        import skips blank lines and lines that begin with #, and reuses the code of a URL it
        already has. reshard needs the folder for itself. Both can be stopped and started again
        at any time. Exit codes: 0 done, 1 failed, 2 a command line that makes no sense, 130
        stopped by Ctrl+C.

        """;

    private const string CheckLinks = "--check-links";
    private const string CheckPrivateLinks = "--check-private-links";

    private readonly Dictionary<string, string?> _settings = [];

    /// <summary>Gets the file to import, if that is what to do.</summary>
    public string? ImportFile { get; private init; }

    /// <summary>Gets the number of shards to reshard to, if that is what to do. Neither means: serve.</summary>
    public int? ReshardTo { get; private init; }

    public bool Help { get; private init; }

    /// <summary>Gets the options as configuration settings.</summary>
    public IReadOnlyDictionary<string, string?> Settings => _settings;

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            return new CommandLine { Help = true };
        }

        string? verb = args.Count > 0 && args[0] is "import" or "reshard" ? args[0] : null;
        string? operand = null;
        var options = new List<(string Name, string Value)>();
        for (int i = verb is null ? 0 : 1; i < args.Count; i++)
        {
            string argument = args[i];
            if (argument.StartsWith('-'))
            {
                int equals = argument.IndexOf('=', StringComparison.Ordinal);
                if (IsFlag(argument))
                {
                    options.Add((argument, "true"));
                }
                else if (equals >= 0)
                {
                    options.Add((argument[..equals], argument[(equals + 1)..]));
                }
                else
                {
                    bool hasValue = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
                    options.Add((argument, hasValue ? args[++i] : ""));
                }
            }
            else if (verb is not null && operand is null)
            {
                operand = argument;
            }
            else
            {
                throw Refuse($"Unexpected argument '{argument}'.");
            }
        }

        CommandLine command = (verb, operand) switch
        {
            ("import", null) => throw Refuse("import needs the FILE to load."),
            ("import", _) => new CommandLine { ImportFile = operand },
            ("reshard", null) => throw Refuse("reshard needs the number of shards."),
            ("reshard", _) => new CommandLine { ReshardTo = ParseShards("reshard", operand) },
            _ => new CommandLine(),
        };
        foreach ((string name, string value) in options)
        {
            command.Set(name, value);
        }

        return command;
    }

    private void Set(string name, string value)
    {
        string key = name switch
        {
            "--data" => $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.Data)}",
            "--shards" when ReshardTo is null => $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.Shards)}",
            "--worker" when ImportFile is not null => $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.ImportWorker)}",
            "--worker" when ReshardTo is null => $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.Worker)}",
            "--urls" when ImportFile is null && ReshardTo is null => "urls",
            CheckLinks when ImportFile is null && ReshardTo is null => $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.CheckLinks)}",
            CheckPrivateLinks when ImportFile is null && ReshardTo is null =>
                $"{ShortenerOptions.Section}:{nameof(ShortenerOptions.CheckPrivateLinks)}",
            _ => throw Refuse($"Unknown option '{name}'."),
        };
        if (IsFlag(name) && value != "true")
        {
            throw Refuse($"Option {name} takes no value.");
        }

        if (value.Length == 0)
        {
            throw Refuse($"Option {name} needs a value.");
        }

        if (name == "--worker" && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw Refuse($"Option --worker needs a number, not '{value}'.");
        }

        if (name == "--shards")
        {
            ParseShards("Option --shards", value);
        }

        if (!_settings.TryAdd(key, value))
        {
            throw Refuse($"Option {name} is given twice.");
        }
    }

    private static bool IsFlag(string name) => name is CheckLinks or CheckPrivateLinks;

    private static int ParseShards(string what, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int shards)
        && shards is >= 1 and <= ShardRing.MaxShards
            ? shards
            : throw Refuse($"{what} needs a number from 1 to {ShardRing.MaxShards}, not '{value}'.");

    private static ShortenerException Refuse(string message) =>
        new($"{message} See --help.") { ExitCode = ShortenerException.Usage };
}
