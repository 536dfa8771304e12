"""Words become the same ids on every machine, and what nobody has seen before still finds its relatives."""

import pytest

from services.encoders.tokenizer import Tokenizer
from services.words import MAX_CHARS, words

TOKENIZER = Tokenizer(("blue", "dress", "tshirt"), buckets=100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Women's Blue T-Shirt, 100% Cotton", ["womens", "blue", "tshirt", "100", "cotton"]),
        ("t shirt T SHIRTS tee-shirt", ["tshirt", "tshirts", "teeshirt"]),
        ("Café crème", ["cafe", "creme"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("size_10 L/XL", ["size", "10", "l", "xl"]),
        ("U.S. Polo Assn.", ["us", "polo", "assn"]),
        ("ﬁne ｗｉｄｅ", ["fine", "wide"]),
        ("红色 连衣裙", ["红色", "连衣裙"]),
        ("", []),
        (" \t\n - !", []),
        ("👗", []),
    ],
)
def test_words_are_normalised(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_of_an_endless_text_are_bounded() -> None:
    assert words("a " * 10 * MAX_CHARS) == ["a"] * (MAX_CHARS // 2)


def test_a_known_word_has_its_own_row_and_its_ngrams() -> None:
    own, *grams = TOKENIZER.word_ids("blue")
    assert own == 0
    assert len(grams) == len(["<bl", "blu", "lue", "ue>", "<blu", "blue", "lue>", "<blue", "blue>"])
    assert all(3 <= row < 103 for row in grams)


def test_an_unknown_word_has_only_its_ngrams_and_shares_them_with_its_relatives() -> None:
    unknown = set(TOKENIZER.word_ids("dresses"))
    assert 1 not in unknown
    assert len(unknown & set(TOKENIZER.word_ids("dress"))) >= 5


def test_ids_are_the_same_on_every_machine() -> None:
    # Written down, not computed: a bundle's embedding rows are found by these numbers.
    blue = [0, 47, 35, 13, 63, 6, 67, 24, 9, 92]
    belt = [11, 32, 82, 34, 29, 100, 43, 66, 63]
    assert TOKENIZER.encode("blue belt") == blue + belt


@pytest.mark.parametrize("empty", ["", "  ", "!!!", []])
def test_a_text_without_words_has_the_last_row(empty: str | list[str]) -> None:
    assert TOKENIZER.encode(empty) == [TOKENIZER.rows - 1] == [103]


@pytest.mark.parametrize("text", ["a", "x" * 10_000, "word " * 500, "\ud800", "e\u0301" * 300, "ß" * 99, "\x00\x1f"])
def test_every_text_has_ids_in_the_table(text: str) -> None:
    ids = TOKENIZER.encode(text)
    assert 0 < len(ids) < 32 * 130
    assert all(0 <= row < TOKENIZER.rows for row in ids)


def test_words_already_split_are_taken_as_they_are() -> None:
    assert TOKENIZER.encode(["blue", "dress"]) == TOKENIZER.encode("Blue dress")


def test_words_beyond_the_limit_are_not_read() -> None:
    assert TOKENIZER.encode("blue " * 32 + "dress") == TOKENIZER.encode("blue " * 32)


def test_equal_tokenizers_are_equal() -> None:
    assert Tokenizer(("a", "b"), 5) == Tokenizer(("a", "b"), 5)
    assert Tokenizer(("a", "b"), 5) != Tokenizer(("b", "a"), 5)
