namespace UrlShortener;

/// <summary>A host was not connected to, since it has no address of the public internet.</summary>
internal sealed class PrivateAddressException() : Exception("The host has no public address.");
