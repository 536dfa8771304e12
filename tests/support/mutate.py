"""Damages files the way the world does, and a little worse; the same seed gives the same damage."""

import random
from collections.abc import Sequence

PUNCTUATION = ['"', '""', ",", "\t", "|", "\r", "\n", "\r\n", "\0", "\\", "=", ":", "{", "}", "[", "]", "../", "/"]
CHARACTERS = ["\u202e", "\u2028", "\x85", "\U0001f460", "e\u0301", "\ufeff", "\\u0000", "\\ud800"]
VALUES = ["NaN", "Infinity", "-0", "1e999", "1e-999", "9" * 400, "9" * 5000, "null", "true", "{}", "ADD", "DELETE"]
PLACES = ["file:///etc/passwd", "gs://", "s3://b/", "https://", "http://[", "data:image/png;base64,", "C:\\"]
KEYS = ['"id":', '"image":', '"images":[', '{"bytes":', "image-uri", "PAR1"]
MASSES = ["x" * 70_000, "[" * 3000, '{"a":' * 3000, "," * 20_000, "\n" * 5000, '"\n' * 500]
BYTES = [
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xff\xff\xff\x7f",
    b"\x1f\x8b\x08",
]
TOKENS = [token.encode() for token in PUNCTUATION + CHARACTERS + VALUES + PLACES + KEYS + MASSES] + BYTES
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp037")


def mutated(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """`data` after one to five kinds of damage, in which parts of `others` may get mixed in."""
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        damage = rng.choice((_flip, _flip, _flip, _cut, _remove, _repeat, _insert, _insert, _insert, _splice, _recode))
        data = damage(data, others, rng)
    return data


def flipped(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to four bytes changed, which is all that a binary format can stand."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4) if changed else 0):
        changed[rng.randrange(len(changed))] ^= rng.choice((1, 2, 4, 8, 16, 32, 64, 128, 255))
    return bytes(changed)


def _flip(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    return flipped(data, rng)


def _cut(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _remove(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:end] + data[start:end] * rng.randint(1, 5) + data[end:]


def _insert(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(TOKENS) + data[at:]


def _splice(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others)
    start, end = _span(other, rng)
    at = rng.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _recode(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    text = data.decode(rng.choice(CODECS), "replace")
    return text.encode(rng.choice(CODECS), "replace")


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.randint(0, 200))
