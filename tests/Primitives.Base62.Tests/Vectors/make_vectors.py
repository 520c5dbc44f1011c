"""Writes the golden vectors beside it, from the formats as docs/base62.md gives them and from nothing of the package.

They must never change: a new format would get a new name. Run it to see that it still writes the same bytes.
"""
import hashlib, hmac, pathlib, random

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HERE = pathlib.Path(__file__).parent


def digits(number, width):
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    assert number == 0
    return text


# Bytes: tails of 0 to 7 bytes, and weights by the two rules, from the last byte to the first.
TAIL = [0, 2, 3, 5, 6, 7, 9, 10, 11]
WEIGHTS = [1]
for i in range(6, -1, -1):
    step = 62 ** (11 - TAIL[i + 1])
    WEIGHTS.insert(0, -(-256 * WEIGHTS[0] // step) * step)


def encode_bytes(data):
    text = ""
    for start in range(0, len(data), 8):
        block = data[start:start + 8]
        number = sum(byte * weight for byte, weight in zip(block, WEIGHTS))
        text += digits(number, 11)[:TAIL[len(block)]]
    return text


def derive(key, info):
    """HKDF-SHA256 without salt, 32 bytes (RFC 5869)."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def permute(key, length, number):
    secret = derive(key, b"Primitives.ShortCodePermutation/1" + bytes([length]))
    half = 62 ** (length // 2) * (8 if length % 2 else 1)
    while True:
        left, right = divmod(number, half)
        for round_number in range(10):
            hashed = hashlib.sha256(secret + bytes([round_number]) + right.to_bytes(8, "big")).digest()
            left, right = right, (left + int.from_bytes(hashed[:8], "big")) % half
        number = left * half + right
        if number < 62 ** length:
            return number


source = random.Random(62)
with open(HERE / "bytes.csv", "w", newline="\n") as out:
    out.write("bytes,text\n")
    samples = [b"", b"\x00", b"\xff", b"\x00\x00", b"\x01", b"\x80"]
    samples += [bytes(n) for n in range(3, 18)] + [b"\xff" * n for n in range(2, 18)]
    samples += [source.randbytes(n) for n in range(1, 41) for _ in range(3)]
    for sample in samples:
        out.write(f"{sample.hex()},{encode_bytes(sample)}\n")

with open(HERE / "permutation.csv", "w", newline="\n") as out:
    out.write("key,length,id,code\n")
    for key in [bytes(range(16)), b"\xff" * 32, source.randbytes(64)]:
        for length in range(1, 11):
            domain = 62 ** length
            ids = [0, 1, 2, domain // 2, domain - 2, domain - 1] + [source.randrange(domain) for _ in range(4)]
            for number in ids:
                out.write(f"{key.hex()},{length},{number},{digits(permute(key, length, number), length)}\n")
