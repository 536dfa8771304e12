"""Captions: titles as they are, with words lost or misspelt, and phrases that a shopper might type."""

import random

import pytest

from indexer.training.phrases import Captions, misspelt, phrase, singular

CELLS = {
    "article_type": "Casual Shoes",
    "sub_category": "Shoes",
    "base_colour": "Navy Blue",
    "gender": "Women",
    "usage": "Formal",
}
TITLE = "Puma Women Navy Blue Casual Shoes"


def chances(count: int = 300) -> list[random.Random]:
    return [random.Random(seed) for seed in range(count)]


def test_phrases_are_made_of_labels_and_vary() -> None:
    found = {phrase(CELLS, chance) for chance in chances()}
    words = {word for text in found for word in text.lower().split()}
    assert words <= {*["casual", "shoes", "shoe", "navy", "blue", "formal", "women", "womens", "for", "ladies"]}
    assert {"shoe", "navy", "womens", "ladies", "formal"} <= words
    assert len(found) > 30


def test_every_phrase_names_the_garment() -> None:
    assert all("Shoe" in phrase(CELLS, chance) for chance in chances())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [({"category": "Dresses"}, {"Dresses", "Dress"}), ({"article_type": "Jeans", "gender": "Aliens"}, {"Jeans"})],
)
def test_labels_that_are_missing_or_foreign_leave_no_trace(cells: dict[str, str], expected: set[str]) -> None:
    assert {phrase(cells, chance).strip() for chance in chances(50)} == expected


@pytest.mark.parametrize("word", ["Trousers", "Sunglasses", "Shorts", "Track Pants", "Dress", "Jeans"])
def test_words_without_a_singular_stay(word: str) -> None:
    assert singular(word) == word


def test_a_caption_without_any_chance_is_the_title() -> None:
    plain = Captions(phrases=0.0, word_dropout=0.0, typos=0.0)
    assert {plain.of(TITLE, CELLS, chance) for chance in chances(50)} == {TITLE}


def test_the_share_of_phrases_is_kept() -> None:
    captions = Captions(phrases=0.4, word_dropout=0.0)
    titles = sum(captions.of(TITLE, CELLS, chance) == TITLE for chance in chances())
    assert 0.5 < titles / 300 < 0.7


def test_without_a_title_every_caption_is_a_phrase_and_without_labels_the_title() -> None:
    assert all("Shoe" in Captions(phrases=0.0).of("  ", CELLS, chance) for chance in chances(50))
    assert {Captions(phrases=1.0, word_dropout=0.0).of(TITLE, {}, chance) for chance in chances(50)} == {TITLE}


def test_half_of_the_titles_lose_words_in_their_order() -> None:
    found = [Captions(phrases=0.0, word_dropout=0.3).of(TITLE, CELLS, chance).split() for chance in chances()]
    whole = TITLE.split()
    assert all(kept == [word for word in whole if word in kept] for kept in found)
    assert all(found), "never nothing"
    assert 0.4 < sum(kept == whole for kept in found) / 300 < 0.7


def test_a_title_never_loses_all_its_words() -> None:
    assert {Captions(phrases=0.0, word_dropout=1.0).of(TITLE, CELLS, chance) for chance in chances(50)} == {TITLE}


def test_a_misspelt_word_is_one_slip_away() -> None:
    found = {misspelt("sandals", chance) for chance in chances()}
    assert "sandals" not in found or len(found) > 10
    for word in found:
        assert abs(len(word) - 7) <= 1
        assert (word[0], set(word) - set("sandals")) == ("s", set())


@pytest.mark.parametrize("word", ["red", "a", "501", "t-shirt", "50%", ""])
def test_short_words_and_numbers_are_spelt_right(word: str) -> None:
    assert {misspelt(word, chance) for chance in chances(50)} == {word}


def test_typos_come_as_often_as_they_are_told() -> None:
    captions = Captions(phrases=0.0, word_dropout=0.0, typos=0.2)
    found = [captions.of("leather sandals", {}, chance).split() for chance in chances()]
    wrong = sum(word not in ("leather", "sandals") for words in found for word in words)
    assert 0.1 < wrong / 600 < 0.3
