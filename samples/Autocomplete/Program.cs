using Autocomplete;

if (args is ["--help"] or ["-h"])
{
    Console.Out.WriteLine("Usage: Autocomplete [--urls http://localhost:5001] [--data autocomplete-data]");
    return 0;
}

await using WebApplication app = AutocompleteServer.Build(args);
await app.RunAsync();
return 0;
