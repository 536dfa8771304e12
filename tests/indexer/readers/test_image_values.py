"""Photos as catalogues name them: files, URLs, objects, bytes; each gets a name of its own."""

import base64

import pytest

from indexer.readers import ImageSpec
from indexer.readers.image_values import image_specs
from services.errors import InvalidProduct
from services.products import MAX_IMAGES

DATA = base64.b64encode(b"photo").decode()


@pytest.mark.parametrize("value", [None, "", "  ", "|", " | ", [], [None, ""]])
def test_nothing_names_no_photo(value: object) -> None:
    assert image_specs(value) == ()


def test_names_in_a_cell_are_files_each_once() -> None:
    assert image_specs("a.jpg| b/c d.jpg |a.jpg") == (
        ImageSpec("a.jpg", file="a.jpg"),
        ImageSpec("b/c d.jpg", file="b/c d.jpg"),
    )


@pytest.mark.parametrize("value", ["C:\\photos\\a.jpg", "a:b.jpg", "../a.jpg", "größe.jpg", "\U0001f460.jpg"])
def test_what_has_no_scheme_is_a_file(value: str) -> None:
    assert image_specs(value) == (ImageSpec(value, file=value),)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://cdn.example.com/a/red%20shoe.jpg?w=200#x", "red shoe.jpg"),
        ("HTTP://cdn.example.com/1.jpg", "1.jpg"),
        ("https://cdn.example.com", "image-1"),
        ("https://cdn.example.com/", "image-1"),
        ("https://cdn.example.com/a/", "image-1"),
        ("https://cdn.example.com/%2e%2e", "image-1"),
        ("https://cdn.example.com/a%00b", "image-1"),
        ("https://cdn.example.com/" + "x" * 600, "image-1"),
        ("https://[::1/a.jpg", "a.jpg"),
        ("https://cdn.example.com/%ff.jpg", "\ufffd.jpg"),
    ],
)
def test_a_web_address_is_called_by_its_last_part(url: str, name: str) -> None:
    assert image_specs(url) == (ImageSpec(name, url=url),)


def test_other_schemes_are_files_with_their_url() -> None:
    assert image_specs("s3://bucket/a%20b/1.jpg") == (ImageSpec("1.jpg", file="s3://bucket/a%20b/1.jpg"),)


def test_names_are_made_unique_around_those_that_are_given() -> None:
    specs = image_specs(["https://a/1.jpg", "1.jpg", "https://b/1.jpg", "https://c/x", "https://d/x", "https://e/"])
    assert [spec.name for spec in specs] == ["1-2.jpg", "1.jpg", "1-3.jpg", "x", "x-2", "image-6"]


def test_a_name_that_a_suffix_would_make_too_long_is_not_used() -> None:
    long = "x" * 511
    specs = image_specs([f"https://a/{long}", f"https://b/{long}"])
    assert [spec.name for spec in specs] == [long, "image-2"]


@pytest.mark.parametrize("data", [DATA, f"data:image/png;base64,{DATA}", f"data:image/svg+xml;charset=x;base64,{DATA}"])
def test_base64_comes_with_or_without_its_prefix(data: str) -> None:
    assert image_specs([{"data": data}]) == (ImageSpec("image-1", data=b"photo"),)


def test_a_cell_may_hold_a_data_url() -> None:
    assert image_specs(f"data:image/jpeg;base64,{DATA[:4]}\n{DATA[4:]}") == (ImageSpec("image-1", data=b"photo"),)


def test_objects_give_one_place_and_perhaps_a_name() -> None:
    value = [{"url": "https://a/1.jpg", "name": "front"}, {"file": "2.jpg", "url": None}, {"file": "gs://b/c/3.jpg"}]
    assert image_specs(value) == (
        ImageSpec("front", url="https://a/1.jpg"),
        ImageSpec("2.jpg", file="2.jpg"),
        ImageSpec("3.jpg", file="gs://b/c/3.jpg"),
    )
    assert image_specs(value[0]) == image_specs(value[:1])


def test_hugging_face_pairs_and_bare_bytes() -> None:
    assert image_specs({"bytes": b"photo", "path": "train/1.jpg"}) == (ImageSpec("1.jpg", data=b"photo"),)
    assert image_specs({"bytes": None, "path": "train/1.jpg"}) == (ImageSpec("train/1.jpg", file="train/1.jpg"),)
    assert image_specs([{"bytes": b"photo", "path": None}, b"other"]) == (
        ImageSpec("image-1", data=b"photo"),
        ImageSpec("image-2", data=b"other"),
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (5, "image 1: a int"),
        (["a.jpg", ["b.jpg"]], "image 2: a list"),
        ({}, "exactly one of url, file and data, not 0"),
        ({"url": "https://a/1", "file": "1"}, "exactly one of url, file and data, not 2"),
        ({"url": "ftp://a/1"}, "http:// or https://"),
        ({"url": 5}, "must be text"),
        ({"file": "a", "name": 5}, "must be text"),
        ({"data": "a!"}, "not base64"),
        ({"data": "é"}, "not base64"),
        ({"data": "    "}, "no bytes"),
        ("data:text/html;base64,aGk=", "no image in base64"),
        ("data:image/png,aGk=", "no image in base64"),
        (b"", "no bytes"),
        ({"bytes": None, "path": " "}, "neither bytes nor a path"),
        ({"bytes": "text", "path": None}, "must be binary"),
        ([{"file": "a.jpg", "name": "x"}, {"file": "b.jpg", "name": "x"}], "two images are named 'x'"),
        ("|".join(map(str, range(MAX_IMAGES + 1))), f"{MAX_IMAGES + 1} images"),
    ],
)
def test_what_is_no_photo_is_told(value: object, told: str) -> None:
    with pytest.raises(InvalidProduct, match=told):
        image_specs(value)


def test_as_many_photos_as_a_product_may_have() -> None:
    assert len(image_specs("|".join(map(str, range(MAX_IMAGES))))) == MAX_IMAGES
