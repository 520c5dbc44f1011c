using UrlShortener;

try
{
    CommandLine command = CommandLine.Parse(args);
    if (command.Help)
    {
        Console.Out.Write(CommandLine.HelpText);
        return 0;
    }

    return command switch
    {
        { ImportFile: not null } => ImportCommand.Run(command),
        { ReshardTo: not null } => ReshardCommand.Run(command),
        _ => await ServeCommand.RunAsync(command),
    };
}
catch (ShortenerException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return exception.ExitCode;
}
