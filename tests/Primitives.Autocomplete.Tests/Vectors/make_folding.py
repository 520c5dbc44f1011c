"""Writes the folding table of Primitives.Autocomplete and the vectors that its tests check.

    python3 make_folding.py ../../../src/Primitives.Autocomplete/Text/folding.bin folding.csv

Two tables, Case and CaseAndDiacritics, each: the number of entries as uint32; for each entry, ordered by code point,
a uint32 of (code point << 8 | length of its folding in UTF-8); then the foldings, one after the other. Code points that
fold to themselves have no entry. Hangul syllables are decomposed by formula and have none either.
"""
import random
import struct
import sys
import unicodedata

# The marks that a reader takes for an accent. Marks that are letters of their script (vowel signs, the Japanese voiced
# sound mark, viramas) stay.
MARKS = [(0x0300, 0x036F), (0x0483, 0x0487), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5),
         (0x05C7, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),
         (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x1AB0, 0x1ACE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE20, 0xFE2F)]

# Letters with strokes and ligatures, which Unicode does not decompose.
LETTERS = {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
           "ƀ": "b", "ɨ": "i", "ɉ": "j", "ɍ": "r", "ɏ": "y", "ƶ": "z", "ⱥ": "a", "ȼ": "c", "ɇ": "e", "ǥ": "g"}


def is_hangul(c):
    return 0xAC00 <= c < 0xAC00 + 11172


def is_mark(char):
    return any(first <= ord(char) <= last for first, last in MARKS)


def case(text):
    return text.casefold()


def case_and_diacritics(text):
    while True:
        folded = unicodedata.normalize("NFKD", text).casefold()
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(LETTERS.get(char, char) for char in folded if not is_mark(char))
        if folded == text:
            return text
        text = folded


def table(fold):
    entries, data = [], b""
    for c in range(0x110000):
        if 0xD800 <= c <= 0xDFFF or is_hangul(c):
            continue
        folded = fold(chr(c))
        if folded != chr(c):
            utf8 = folded.encode()
            assert len(utf8) < 256
            entries.append(c << 8 | len(utf8))
            data += utf8
    return struct.pack(f"<I{len(entries)}I", len(entries), *entries) + data


with open(sys.argv[1], "wb") as file:
    file.write(table(case) + table(case_and_diacritics))

random.seed(1)
samples = ["Straße", "ΣΊΣΥΦΟΣ", "İstanbul", "ISPARTA", "ılıca", "Éléonore", "E\u0301le\u0301onore", "ǅ", "ﬁn", "Ａｂ１",
           "Łódź", "Æsir", "Ёлка", "שָׁלוֹם", "قُرْآن", "한국어", "パン", "が", "か\u3099", "हिन्दी", "𝔘nicode", "𐐀𐐨",
           "①", "x²", "Ω", "Å", "😀👍🏽", "ẞ", "ŉ", "ﷺ", "\u0301", "a\u0301\u0323b"]
letters = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and unicodedata.category(chr(c))[0] in "LM"]
samples += ["".join(random.choices(letters, k=4)) for _ in range(200)]
with open(sys.argv[2], "w", newline="\n") as file:
    file.write("text,case,case_and_diacritics\n")
    for sample in samples:
        columns = [sample, "".join(map(case, sample)), "".join(map(case_and_diacritics, sample))]
        file.write(",".join(" ".join(f"{ord(char):04X}" for char in column) for column in columns) + "\n")
