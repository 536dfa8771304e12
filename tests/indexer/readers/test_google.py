"""Google's bulk import CSV, as its documentation prints it and as people have it."""

import time
from collections.abc import Callable

import pytest

from indexer.readers import Entry, ImageSpec
from services.errors import InvalidCatalogue
from services.products import MAX_IMAGES

Read = Callable[..., list[Entry]]
URI = "gs://example-reference-images/10001-001/10001-001_A.jpg"
OTHER = "gs://example-reference-images/10002-002/10002-002_B.jpg"


def test_the_published_example_is_read_as_it_is(read: Read) -> None:
    content = (
        f'{URI},img001,sample-set-summer,sample-product-123,tan summer bag,apparel-v2,"style=womens,color=tan",'
        f"100,150,450,150,450,550,100,550\n"
        f'{URI},img001,sample-set-summer,sample-product-456,blue summer bag,apparel-v2,"style=womens,color=blue",'
        f"0.67,0.79,0.98,0.79,0.98,0.92,0.67,0.92\n"
        f"{OTHER},img002,sample-set-summer,sample-product-123,apparel-v2,,,\n"
    )
    tan, blue, again = read(content, "catalogue.csv")
    own = {"category": "apparel-v2", "product_set": "sample-set-summer", "style": "womens"}
    photo = (ImageSpec("img001", file=URI),)
    assert tan == Entry(1, "add", "sample-product-123", {"title": "tan summer bag", **own, "color": "tan"}, photo)
    assert blue == Entry(2, "add", "sample-product-456", {"title": "blue summer bag", **own, "color": "blue"}, photo)
    assert again.line == 3
    assert again.attributes == {"category": "apparel-v2", "product_set": "sample-set-summer"}
    assert again.images == (ImageSpec("img002", file=OTHER),)


def test_consecutive_lines_of_a_product_are_one_entry(read: Read) -> None:
    content = (
        'gs://b/x/1.jpg,,set,p1,apparel-v2,Belt,"color=red",\n'
        'gs://b/y/1.jpg,,set,p1,apparel-v2,,"color=blue,width=3",\n'
        "gs://b/x/2.jpg,,set,p2,apparel-v2\n"
        "gs://b/x/3.jpg,,set,p1,apparel-v2\n"
    )
    first, second, third = read(content, "a.csv")
    assert first.attributes == {
        "title": "Belt",
        "category": "apparel-v2",
        "product_set": "set",
        "color": "blue",
        "width": "3",
    }
    assert first.images == (ImageSpec("1.jpg", file="gs://b/x/1.jpg"), ImageSpec("1-2.jpg", file="gs://b/y/1.jpg"))
    assert [(entry.line, entry.product_id) for entry in (second, third)] == [(3, "p2"), (4, "p1")]


def test_a_photo_with_several_regions_is_one_photo(read: Read) -> None:
    line = "gs://b/1.jpg,,set,p1,apparel-v2,,,"
    (entry,) = read(f'{line}"0,0,1,0,1,1,0,1"\n{line}"0.1,0.1,0.9,0.1,0.9,0.9,0.1,0.9"\n', "a.csv")
    assert entry.images == (ImageSpec("1.jpg", file="gs://b/1.jpg"),)


def test_more_photos_than_a_product_may_have_become_another_entry(read: Read) -> None:
    content = "".join(f"gs://b/{number}.jpg,,set,p1,apparel-v2\n" for number in range(MAX_IMAGES + 1))
    first, second = read(content, "a.csv")
    assert [len(first.images), len(second.images)] == [MAX_IMAGES, 1]
    assert second.line == MAX_IMAGES + 1


def test_a_label_with_several_values_keeps_them_all_and_labels_win(read: Read) -> None:
    labels = '"category=shoes,category=heels,style=formal,style=formal,size="'
    (entry,) = read(f"gs://b/1.jpg,,set,p1,apparel-v2,Pump,{labels},", "a.csv")
    assert entry.attributes == {"title": "Pump", "product_set": "set", "category": "shoes | heels", "style": "formal"}


def test_a_header_is_passed_over_though_the_format_has_none(read: Read) -> None:
    header = "image-uri,image-id,product-set-id,product-id,product-category,product-display-name,labels,bounding-poly\n"
    (entry,) = read(f"{header}gs://b/1.jpg,,set,p1,apparel-v2,Belt,,\n", "a.csv")
    assert (entry.line, entry.attributes["title"]) == (2, "Belt")


def test_addresses_in_the_web_are_urls(read: Read) -> None:
    (entry,) = read("https://x.example/1.jpg,,set,p1", "a.csv", kind="google")
    assert entry.images == (ImageSpec("1.jpg", url="https://x.example/1.jpg"),)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("gs://b/1.jpg,,set", "image-uri, its first cell, and a product-id, its fourth"),
        (",,set,p1", "image-uri"),
        ("gs://b/1.jpg,,set,,apparel-v2", "product-id"),
        ("gs://b/1.jpg,,set,p1,apparel-v2,,style=womens,color=tan", "labels must stand in quotes"),
        ('gs://b/1.jpg,,set,p1,apparel-v2,,"womens",', "label 'womens' is not of the form key=value"),
        ('gs://b/1.jpg,,set,p1,apparel-v2,,"=womens",', "key=value"),
        ("gs://b/1.jpg,,set,p\0,apparel-v2", "NUL"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_between_the_others(read: Read, line: str, told: str) -> None:
    fine = "gs://b/{}.jpg,,set,p1,apparel-v2\n"
    before, odd, after = read(fine.format(1) + line + "\n" + fine.format(2), "a.csv", kind="google")
    assert [before.line, odd.line, after.line] == [1, 2, 3]
    assert (before.problem, after.problem) == (None, None)
    assert odd.problem is not None
    assert odd.problem.code == "schema"
    assert told in odd.problem.detail


def test_columns_cannot_be_mapped(read: Read) -> None:
    with pytest.raises(InvalidCatalogue, match="takes no --map"):
        read(f"{URI},,set,p1,apparel-v2", "a.csv", {"id": "sku"}, "google")


@pytest.mark.parametrize(
    "cells",
    [
        '"' + ",".join(f"k=v{number}" for number in range(90_000)) + '",',
        '"",' + "1" * 900_000 + "x",
        '"",' + "0.1," * 300_000,
    ],
    ids=["labels", "digits", "corners"],
)
def test_a_long_cell_takes_no_more_than_its_time(read: Read, cells: str) -> None:
    began = time.perf_counter()
    (entry,) = read(f"gs://b/1.jpg,,set,p1,apparel-v2,,{cells}\n", "a.csv")
    assert entry.line == 1
    assert time.perf_counter() - began < 10
