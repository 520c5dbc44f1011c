namespace Primitives;

/// <summary>A counter that threads increment without getting in each other's way: a padded word for each of a few
/// processors. Exact.</summary>
internal sealed class StripedCounter
{
    private const int Stripes = 16;
    private const int Padding = 16; // words: 128 bytes, since adjacent lines are fetched in pairs

    private readonly long[] _words = new long[(Stripes + 1) * Padding];

    public long Sum
    {
        get
        {
            long sum = 0;
            for (int i = 1; i <= Stripes; i++)
            {
                sum += Volatile.Read(ref _words[i * Padding]);
            }

            return sum;
        }
    }

    public void Increment() => Interlocked.Increment(ref _words[((Thread.GetCurrentProcessorId() & (Stripes - 1)) + 1) * Padding]);
}
