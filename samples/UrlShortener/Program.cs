using UrlShortener;

try
{
    CommandLine command = CommandLine.Parse(args);
    if (command.Help)
    {
        Console.Out.Write(CommandLine.HelpText);
        return 0;
    }

    return command.ImportFile is null ? await ServeCommand.RunAsync(command) : ImportCommand.Run(command);
}
catch (ShortenerException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return exception.ExitCode;
}
