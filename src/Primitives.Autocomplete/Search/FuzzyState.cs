namespace Primitives;

/// <summary>
/// Where a pattern stands after the first bytes of a key: bit i of <c>_within{e}</c> says that the first i characters of the
/// pattern and the characters so far are at most e edits apart.
/// </summary>
/// <remarks>Optimal string alignment: insertion, deletion, substitution, and transposition of neighbours that are edited no
/// further. The automaton is that of Wu and Manber, Fast text searching allowing errors, 1992, with a transposition that
/// looks one character back (Hyyrö, 2003). A value, so that a walk through a trie goes back by forgetting it.</remarks>
internal struct FuzzyState
{
    private readonly int _edits; // 1 or 2
    private readonly int _length;
    private ulong _within0;
    private ulong _within1;
    private ulong _within2;
    private ulong _before0; // the same one character earlier
    private ulong _before1;
    private ulong _lastMask; // positions of the last character
    private int _partial;    // of a character whose bytes are not all there
    private int _missing;    // how many bytes it lacks

    public FuzzyState(int edits, int length)
    {
        _edits = edits;
        _length = length;
        _within0 = 0b1;
        _within1 = 0b11;
        _within2 = 0b111;
    }

    /// <summary>Gets whether the whole pattern is within the edits of what was read.</summary>
    public readonly bool Accepts => (((_edits == 1 ? _within1 : _within2) >> _length) & 1) != 0;

    /// <summary>Gets whether no continuation can be accepted.</summary>
    public readonly bool IsDead => (_edits == 1 ? _within1 : _within2) == 0;

    /// <summary>Reads a byte of a key.</summary>
    /// <returns>Whether it ended a character.</returns>
    public bool Read(byte next, in FuzzyPattern pattern)
    {
        int rune;
        if (next < 0x80)
        {
            rune = next;
        }
        else if (next >= 0xC0)
        {
            _missing = next >= 0xF0 ? 3 : next >= 0xE0 ? 2 : 1;
            _partial = next & (0x3F >> _missing);
            return false;
        }
        else
        {
            _partial = (_partial << 6) | (next & 0x3F);
            if (--_missing > 0)
            {
                return false;
            }

            rune = _partial;
        }

        Advance(pattern.Mask(rune));
        return true;
    }

    private void Advance(ulong mask)
    {
        ulong positions = (2UL << _length) - 1;
        ulong swapped = mask & (_lastMask >> 1); // the pattern has this character and then the last one
        ulong next0 = (_within0 & mask) << 1;
        ulong next1 = ((_within1 & mask) << 1)  // the same character
            | _within0                          // one too many in the key
            | (_within0 << 1)                   // another one
            | (next0 << 1)                      // one missing in the key
            | ((_before0 & swapped) << 2);      // two in the wrong order
        if (_edits > 1)
        {
            ulong next2 = ((_within2 & mask) << 1) | _within1 | (_within1 << 1) | (next1 << 1) | ((_before1 & swapped) << 2);
            _within2 = next2 & positions;
            _before1 = _within1;
        }

        _before0 = _within0;
        _within0 = next0 & positions;
        _within1 = next1 & positions;
        _lastMask = mask;
    }
}
