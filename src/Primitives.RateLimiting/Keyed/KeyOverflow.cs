namespace Primitives;

/// <summary>What happens to a new key when every place it could have is taken by a key that still owes something.</summary>
public enum KeyOverflow
{
    /// <summary>It is refused, until one of those has paid off: nobody who is limited is ever forgotten.</summary>
    Reject,

    /// <summary>It takes the place of the key that owes least, whose debt is forgiven: newcomers always get in.</summary>
    EvictLeastDebt,

    /// <summary>It shares one bucket with all others that found no place; each is granted what the quotas of its own class
    /// allow there. A refund to a key without a place does nothing.</summary>
    SharedBucket,
}
