namespace Primitives;

/// <summary>A key whose latest write the store does not have yet. Its fields belong to <see cref="WriteQueue{TKey, TValue}"/>
/// and its lock, except <see cref="Latest"/>, which readers may look at any time.</summary>
internal sealed class DirtyKey<TKey, TValue>(NumberedWrite<TKey, TValue> first)
    where TKey : notnull
{
    private NumberedWrite<TKey, TValue> _latest = first;

    /// <summary>The write that counts; published by a volatile write, so that a reader sees all of it.</summary>
    public NumberedWrite<TKey, TValue> Latest
    {
        get => Volatile.Read(ref _latest);
        set => Volatile.Write(ref _latest, value);
    }

    /// <summary>The oldest write that this key's next success will settle.</summary>
    public long OldestNumber { get; set; } = first.Number;

    /// <summary>While an older one is in flight: the oldest write that its success will not settle; otherwise 0.</summary>
    public long OldestSinceTaken { get; set; }

    /// <summary>Whether it waits in the queue.</summary>
    public bool IsDue { get; set; }

    /// <summary>When it began to wait, as a timestamp.</summary>
    public long DueSince { get; set; }

    /// <summary>How often <see cref="Latest"/> failed.</summary>
    public int Attempts { get; set; }
}
