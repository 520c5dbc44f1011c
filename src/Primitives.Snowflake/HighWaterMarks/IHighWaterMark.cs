namespace Primitives;

/// <summary>
/// Remembers, beyond the end of the process, an instant that no id handed out so far is later than. A generator given
/// one starts above it, so that a restart after the clock went back repeats no id.
/// </summary>
/// <remarks>
/// <para>One mark belongs to one worker id: two generators in use at a time must not share it, and a worker id that moves
/// to another machine must take its mark along.</para>
/// <para><b>Thread safety.</b> Both members must be safe to call at once from several threads, and must not call the
/// generator.</para>
/// </remarks>
public interface IHighWaterMark
{
    /// <summary>Gives the stored mark. Called once, when the generator is created.</summary>
    /// <returns>The mark, or <see langword="null"/> if none was ever stored. A mark that cannot be read must throw, not
    /// give <see langword="null"/>.</returns>
    DateTimeOffset? Read();

    /// <summary>Stores the mark unless the stored one is already as late. When this returns, a mark at least as late
    /// survives a crash. If that cannot be ensured it must throw; the caller of the generator gets the exception.</summary>
    /// <param name="mark">The mark. The generator hands out no id with a later timestamp before it has raised the mark
    /// again.</param>
    void Raise(DateTimeOffset mark);
}
