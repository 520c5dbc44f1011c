namespace Primitives.Testing;

/// <summary>A property was falsified; the message has the counter-example and the seed that finds it again.</summary>
public sealed class PropertyFailedException(string message, Exception innerException) : Exception(message, innerException);
