"""The sample catalogue: the same everywhere, true to its own labels, and never taken for whole when it is not."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from indexer.sample import SampleProduct, render, sample_products, write_catalogue
from indexer.sample.catalogue import COLUMNS, image_name
from indexer.sample.draw import PHOTO_SIZE, VIEWS, Look, figure
from indexer.sample.kinds import KIND_OF, KINDS, Kind
from indexer.sample.palette import ACCENTS, PALETTE, dyed, nearest_name
from indexer.sample.patterns import PATTERNS

PRODUCTS = sample_products()
FEW = 4


def jpeg(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG")
    return encoded.getvalue()


def cloth_colour(look: Look) -> tuple[int, int, int]:
    """The middle colour of all that the drawing covers."""
    subject = figure(look)
    pixels = np.asarray(subject.small.image)[np.asarray(subject.small.alpha) > 200]  # (N, 3)
    red, green, blue = np.median(pixels, axis=0)
    return round(red), round(green), round(blue)


def test_equal_seeds_give_equal_products_and_others_do_not() -> None:
    assert sample_products() == PRODUCTS
    assert sample_products(seed=8) != PRODUCTS


def test_a_photo_is_the_same_bytes_in_another_process() -> None:
    product = PRODUCTS[3]
    here = jpeg(render(product, "styled"))
    program = (
        "import io, sys\n"
        "from indexer.sample import render, sample_products\n"
        "out = io.BytesIO()\n"
        "render(sample_products()[3], 'styled').save(out, 'JPEG')\n"
        "sys.stdout.buffer.write(out.getvalue())\n"
    )
    # Another hash seed: anything that leans on hash() would come out differently.
    env = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(sys.path)}
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=env).stdout
    assert here == there


def test_a_photo_depends_on_the_product_and_on_the_view() -> None:
    product = PRODUCTS[0]
    photos = [render(product, view) for view in VIEWS] + [render(replace(product, product_id="other"), "front")]
    assert {photo.size for photo in photos} == {PHOTO_SIZE}
    assert {photo.mode for photo in photos} == {"RGB"}
    assert len({photo.tobytes() for photo in photos}) == len(photos)


def test_ids_and_file_names_are_unique_and_some_ids_are_awkward() -> None:
    names = [image_name(product, view) for product in PRODUCTS for view in product.views]
    assert len({product.product_id for product in PRODUCTS}) == len(PRODUCTS)
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.isascii() and not set(name) & set(" '\"\\:*?<>|+()") for name in names)
    assert any("'" in product.product_id for product in PRODUCTS)
    assert any(" " in product.product_id for product in PRODUCTS)
    assert any(not product.product_id.isascii() for product in PRODUCTS)


def test_file_names_tell_ids_apart_that_slug_alike() -> None:
    one, two = (replace(PRODUCTS[0], product_id=product_id) for product_id in ("a b", "a/b"))
    assert image_name(one, "front") != image_name(two, "front")


def test_titles_say_what_the_attributes_say() -> None:
    for product in PRODUCTS:
        facts = product.attributes
        title = str(facts["title"])
        noun = KIND_OF[str(facts["category"])].noun
        assert title.startswith(f"{facts['brand']} {facts['gender']} {facts['base_colour']} ")
        assert title.endswith(f"{product.style} {noun}")
        assert (str(facts["pattern"]) in title) == (facts["pattern"] != "Solid")
        assert str(facts["category"]) in (noun, f"{noun}s", f"{noun}es")


def test_the_range_is_broad() -> None:
    colours, kinds = defaultdict(set), defaultdict(set)
    for product in PRODUCTS:
        category, colour = product.attributes["category"], product.attributes["base_colour"]
        colours[category].add(colour)
        kinds[colour].add(category)
    assert 280 <= len(PRODUCTS) <= 320
    assert len(colours) >= 12
    assert min(len(found) for found in colours.values()) >= 5
    assert set(kinds) == set(PALETTE)
    assert min(len(found) for found in kinds.values()) >= 12
    assert len({product.attributes["brand"] for product in PRODUCTS}) >= 10
    assert {product.attributes["pattern"] for product in PRODUCTS} == set(PATTERNS)


def test_any_first_part_of_the_list_is_varied() -> None:
    first = PRODUCTS[: len(KINDS)]
    assert len({product.attributes["category"] for product in first}) == len(KINDS)
    assert len({product.attributes["base_colour"] for product in first}) >= 8


def test_attributes_make_sense() -> None:
    for product in PRODUCTS:
        facts = product.attributes
        kind = KIND_OF[str(facts["category"])]
        price = facts["price"]
        assert isinstance(price, float)
        assert kind.price[0] <= price < kind.price[1] + 1
        assert round(price, 2) == price
        assert isinstance(facts["in_stock"], bool)
        assert facts["gender"] in kind.genders
        assert facts["category"] not in {"Dresses", "Heels", "Skirts"} or facts["gender"] in {"Women", "Girls"}
        assert facts["category"] not in {"Watches", "Sunglasses", "Belts"} or facts["pattern"] == "Solid"
        assert product.views[0] == "front"
        assert 2 <= len(product.views) == len(set(product.views)) <= len(VIEWS)
    stock = Counter(product.attributes["in_stock"] for product in PRODUCTS)
    assert stock[True] > stock[False] > 0


@pytest.mark.parametrize("colour", PALETTE)
def test_a_plain_garment_has_the_colour_that_its_label_says(colour: str) -> None:
    for category, style in (("Tshirts", "Crew Neck"), ("Jackets", "Trucker"), ("Backpacks", "Daypack")):
        look = Look(f"plain-{colour}", category, style, "Women", colour, "Solid")
        assert nearest_name(cloth_colour(look)) == colour, look


@pytest.mark.parametrize("colour", PALETTE)
def test_a_batch_of_dye_keeps_its_name_and_its_accents_are_others(colour: str) -> None:
    assert {nearest_name(dyed(colour, random.Random(batch))) for batch in range(50)} == {colour}
    assert colour not in ACCENTS[colour]
    assert set(ACCENTS[colour]) <= set(PALETTE)


@pytest.mark.parametrize("pattern", sorted(set(PATTERNS) - {"Solid"}))
def test_a_pattern_shows(pattern: str) -> None:
    plain = Look("patterned", "Tshirts", "Crew Neck", "Men", "Navy Blue", "Solid")
    drawn, bare = figure(replace(plain, pattern=pattern)).small.image, figure(plain).small.image
    spread = [np.asarray(image.convert("L"))[200:420, 120:264].std() for image in (drawn, bare)]
    assert spread[0] > 2 * spread[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.category)
def test_every_style_is_drawn_differently_and_inside_the_frame(kind: Kind) -> None:
    drawings = set()
    for style in kind.styles:
        drawn = figure(Look("one", kind.category, style, kind.genders[0], kind.colours[0], "Solid")).small
        covered = np.asarray(drawn.alpha) > 128
        assert 0.06 < covered.mean() < 0.7, style
        assert not covered[0].any(), style
        assert not covered[-1].any(), style
        assert not covered[:, 0].any(), style
        assert not covered[:, -1].any(), style
        drawings.add(drawn.image.tobytes())
    assert len(drawings) == len(kind.styles)


def test_the_csv_says_what_the_products_say(tmp_path: Path) -> None:
    target = write_catalogue(tmp_path, limit=FEW)
    with target.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        rows = list(reader)
    assert target == tmp_path / "catalogue.csv"
    assert tuple(reader.fieldnames or ()) == COLUMNS
    assert [row["id"] for row in rows] == [product.product_id for product in PRODUCTS[:FEW]]
    for row, product in zip(rows, PRODUCTS, strict=False):
        assert _read_back(row) == product.attributes
        names = row["images"].split("|")
        assert names == [image_name(product, view) for view in product.views]
        for name in names:
            with Image.open(tmp_path / name) as photo:
                assert (photo.format, photo.size) == ("JPEG", PHOTO_SIZE)


def _read_back(row: dict[str, str]) -> dict[str, str | float | bool]:
    facts: dict[str, str | float | bool] = {name: row[name] for name in COLUMNS[1:-1]}
    return {**facts, "price": float(row["price"]), "year": int(row["year"]), "in_stock": row["in_stock"] == "true"}


def test_a_written_photo_is_the_rendered_one(tmp_path: Path) -> None:
    write_catalogue(tmp_path, limit=1)
    product = PRODUCTS[0]
    with Image.open(tmp_path / image_name(product, "front")) as photo:
        difference = ImageChops.difference(photo.convert("RGB"), render(product, "front"))
    assert np.asarray(difference).mean() < 2


def _stamps(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.*")}


def test_a_whole_folder_is_left_as_it_is(tmp_path: Path) -> None:
    write_catalogue(tmp_path, limit=FEW)
    before = _stamps(tmp_path)
    write_catalogue(tmp_path, limit=FEW)
    assert _stamps(tmp_path) == before
    assert not list(tmp_path.rglob("*.part"))


def _lose_a_photo(folder: Path, product: SampleProduct) -> None:
    (folder / image_name(product, "front")).unlink()


def _lose_the_table(folder: Path, product: SampleProduct) -> None:
    (folder / "catalogue.csv").unlink()


def _cut_the_table_short(folder: Path, product: SampleProduct) -> None:
    table = folder / "catalogue.csv"
    table.write_bytes(table.read_bytes()[:200])


@pytest.mark.parametrize("damage", [_lose_a_photo, _lose_the_table, _cut_the_table_short])
def test_a_half_written_folder_is_written_again(tmp_path: Path, damage: Callable[[Path, SampleProduct], None]) -> None:
    table = write_catalogue(tmp_path, limit=2).read_bytes()
    damage(tmp_path, PRODUCTS[1])
    assert write_catalogue(tmp_path, limit=2).read_bytes() == table
    assert all((tmp_path / image_name(product, "front")).is_file() for product in PRODUCTS[:2])


def test_a_folder_is_not_called_whole_until_its_last_photo_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_catalogue(tmp_path, limit=2)

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("indexer.sample.catalogue._write_photos", full_disk)
        with pytest.raises(OSError, match="no space"):
            write_catalogue(tmp_path, limit=3)
    assert not (tmp_path / "catalogue.csv").exists()


def test_an_unknown_view_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"'sideways'.*front, detail, styled"):
        render(PRODUCTS[0], "sideways")
