"""Alibaba Cloud's increment.meta, as its documentation prints it, and in the older spelling."""

import json
from collections.abc import Callable

import pytest

from indexer.readers import Entry, ImageSpec
from services.errors import InvalidCatalogue
from services.products import MAX_IMAGES

Read = Callable[..., list[Entry]]
NAME = "increment.meta"
FINE: dict[str, object] = {"OperationType": "ADD", "ProductId": "9", "PicName": "9.jpg"}


def meta(*lines: dict[str, object]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_the_published_example_is_read_as_it_is(read: Read) -> None:
    content = (
        '{"OperationType": "ADD","ProductId": "1000","PicName": "girl_cloth1.jpg","CategoryId": 0,"IntAttr": 0,'
        '"StrAttr": "value1","CustomContent": "k1:v1,k2:v2,k3:v3","Region": "20,40,60,80"}\n'
        '{"OperationType": "ADD","ProductId": "1001","PicName": "girlCloth/girl_cloth3.jpg","CategoryId": 1}\n'
    )
    first, second = read(content, NAME)
    attributes = {"category": 0, "int_attr": 0, "str_attr": "value1", "custom_content": "k1:v1,k2:v2,k3:v3"}
    assert first == Entry(1, "add", "1000", attributes, (ImageSpec("girl_cloth1.jpg", file="girl_cloth1.jpg"),))
    assert second.images == (ImageSpec("girlCloth/girl_cloth3.jpg", file="girlCloth/girl_cloth3.jpg"),)


def test_the_older_spelling_has_lists_of_pictures_and_numbers_for_ids(read: Read) -> None:
    content = (
        '{"operator":"ADD","item_id":1000,"cat_id":3,"cust_content":"k1:v1,k2:v2","pic_list":["a.jpg","b.jpg","a.jpg"]}\n'
        '{"operator":"DELETE","item_id":1000,"pic_list":["a.jpg"]}\n'
    )
    added, deleted = read(content, NAME)
    images = (ImageSpec("a.jpg", file="a.jpg"), ImageSpec("b.jpg", file="b.jpg"))
    assert added == Entry(1, "add", "1000", {"category": 3, "custom_content": "k1:v1,k2:v2"}, images)
    assert deleted == Entry(2, "delete", "1000", {}, (ImageSpec("a.jpg", file="a.jpg"),))


def test_a_delete_takes_a_picture_or_the_product(read: Read) -> None:
    picture, product = read(
        meta({**FINE, "OperationType": "DELETE"}, {"OperationType": "delete", "ProductId": "9", "PicName": None}), NAME
    )
    assert picture == Entry(1, "delete", "9", {}, (ImageSpec("9.jpg", file="9.jpg"),))
    assert product == Entry(2, "delete", "9")


def test_further_attributes_are_told_apart(read: Read) -> None:
    (entry,) = read(meta({**FINE, "IntAttr": 1, "IntAttr2": 2, "StrAttr3": "x", "StrAttr": "", "Other": 5}), NAME)
    assert entry.attributes == {"int_attr": 1, "int_attr_2": 2, "str_attr_3": "x"}


@pytest.mark.parametrize(
    ("content", "attributes"),
    [
        (
            '{"brand": "Acme", "price": 9.5, "category": "Dresses", "x": null}',
            {"brand": "Acme", "price": 9.5, "category": "Dresses"},
        ),
        ('{"brand": ["Acme"]}', {"category": 1, "custom_content": '{"brand": ["Acme"]}'}),
        ('{"brand": "Acme"', {"category": 1, "custom_content": '{"brand": "Acme"'}),
        ("[1]", {"category": 1, "custom_content": "[1]"}),
        ("", {"category": 1}),
        (None, {"category": 1}),
    ],
)
def test_custom_content_that_is_an_object_gives_attributes(read: Read, content: str | None, attributes: object) -> None:
    (entry,) = read(meta({**FINE, "CategoryId": 1, "CustomContent": content}), NAME)
    assert entry.attributes == attributes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({**FINE, "OperationType": "UPDATE"}, "allowed are ADD and DELETE"),
        ({**FINE, "OperationType": ["ADD"]}, "allowed are ADD and DELETE"),
        ({"ProductId": "9", "PicName": "9.jpg"}, "allowed are ADD and DELETE"),
        ({"OperationType": "ADD", "PicName": "9.jpg"}, "no ProductId"),
        ({"OperationType": "ADD", "ProductId": "9"}, "PicName must be"),
        ({**FINE, "PicName": 5}, "PicName must be"),
        ({**FINE, "PicName": ["a.jpg", 5]}, "PicName must be"),
        ({**FINE, "PicName": [f"{n}.jpg" for n in range(MAX_IMAGES + 1)]}, "51 pictures"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_file_goes_on(
    read: Read, line: dict[str, object], told: str
) -> None:
    odd, fine = read(meta(line, FINE), NAME)
    assert odd.problem is not None
    assert told in odd.problem.detail
    assert (fine.line, fine.problem) == (2, None)


@pytest.mark.parametrize("name", ["", " ", [], [""]])
def test_a_delete_with_an_empty_name_does_not_delete_the_product(read: Read, name: object) -> None:
    (entry,) = read(meta({"OperationType": "DELETE", "ProductId": "9", "PicName": name}), NAME)
    assert entry.problem is not None
    assert "not empty" in entry.problem.detail


def test_a_deeply_nested_value_in_a_known_key_is_only_a_problem(read: Read) -> None:
    nested = "[" * 900 + "]" * 900
    for key in ("OperationType", "ProductId", "PicName", "CustomContent"):
        values = {**FINE, key: "?"}
        entries = read(json.dumps(values).replace('"?"', nested), NAME)
        assert len(entries) == 1


def test_a_file_without_objects_is_refused(read: Read) -> None:
    with pytest.raises(InvalidCatalogue, match="no line is a JSON object"):
        read("ADD 9 9.jpg\n", NAME)
