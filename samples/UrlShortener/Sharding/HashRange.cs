namespace UrlShortener;

/// <summary>A range of hashes, both ends included.</summary>
internal readonly record struct HashRange(ulong Start, ulong End)
{
    /// <summary>Gets the part of all hashes that the range holds.</summary>
    public double Fraction => ((double)(End - Start) + 1) / 18446744073709551616.0; // 2^64
}
