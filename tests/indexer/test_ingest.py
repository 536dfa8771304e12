"""Files into the catalogue: every way in, every row answered, nothing repeated and nothing skipped after a crash."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import COLOURS, InlineQueue
from PIL import Image

from indexer.imports import ImportOptions, accept_upload, read_slice
from indexer.local_import import LocalFile
from services.bootstrap import Platform
from services.errors import Conflict, InvalidCatalogue, Unavailable
from services.products import ImageRef

Write = Callable[..., Path]


def photo(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), COLOURS[colour]).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for colour in COLOURS:
        (folder / f"{colour}.png").write_bytes(photo(colour))
    (folder / "broken.png").write_bytes(b"no photo")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return written


def read(platform: Platform, queue: InlineQueue, file: LocalFile, resume: bool = False) -> str:
    import_id = file.begin(platform, resume)
    file.run(platform, queue.send, import_id, lambda _: None)
    return import_id


def counts(platform: Platform, import_id: str) -> dict[str, int]:
    found = platform.imports.progress(import_id)
    names = ("queued", "indexed", "failed", "refused", "skipped", "stale")
    return {name: number for name in names if (number := getattr(found, name))}


def images(platform: Platform, product_id: str) -> set[str]:
    return {row.image for row in platform.index.store().rows_of([product_id])}


def test_good_rows_go_in_and_bad_ones_are_told(platform, queue, photos: Path, write: Write) -> None:
    table = write(
        "shop.csv",
        "id,image,title,price",
        "p1,red.png|blue.png,Two photos,10",
        "p2,green.png,One,not a price",
        "p3,absent.png,None,10",
        "p4,broken.png,Broken,10",
        ",red.png,No id,10",
        "p6,red.png,too,many,cells",
        "p7,../../etc/passwd,Outside,10",
        "p8,red.png,Last,10",
    )
    import_id = read(platform, queue, LocalFile(table, str(photos)))
    assert counts(platform, import_id) == {"indexed": 2, "failed": 1, "refused": 5}
    problems = {line.number: (line.product_id, line.problem.code) for line in platform.imports.problems(import_id)}
    assert problems == {
        3: ("p2", "invalid_product"),
        4: ("p3", "not_found"),
        5: ("p4", "bad_image"),
        6: (None, "invalid_product"),
        7: (None, "schema"),
        8: ("p7", "bad_image"),
    }
    assert images(platform, "p1") == {"red.png", "blue.png"}
    assert platform.imports.progress(import_id).embedded == 3


def test_the_same_file_again_is_no_work(platform, queue, photos: Path, write: Write) -> None:
    file = LocalFile(write("shop.csv", "id,image", "p1,red.png", "p2,blue.png"), str(photos))
    read(platform, queue, file)
    assert counts(platform, read(platform, queue, file)) == {"skipped": 2}
    assert (queue.sent, platform.encoder.encoded) == (["p1", "p2"], 2)


def test_a_killed_reading_is_gone_on_with(platform, queue, photos: Path, write: Write, monkeypatch) -> None:
    monkeypatch.setattr(platform, "settings", platform.settings.model_copy(update={"chunk_size": 2}))
    file = LocalFile(write("shop.csv", "id,image", *(f"p{n},red.png" for n in range(7))), str(photos))
    import_id = file.begin(platform)

    def killed_after(read: int) -> None:
        if read == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file.run(platform, queue.send, import_id, killed_after)
    assert platform.imports.progress(import_id).state == "reading"
    assert counts(platform, import_id) == {"indexed": 4}
    assert read(platform, queue, file, resume=True) == import_id
    assert counts(platform, import_id) == {"indexed": 7}
    assert queue.sent == [f"p{n}" for n in range(7)], "each once"
    assert read(platform, queue, file, resume=True) != import_id, "nothing is left to go on with"


def test_an_import_goes_on_only_with_the_same_file(platform, queue, photos: Path, write: Write) -> None:
    file = LocalFile(write("shop.csv", "id,image", "p1,red.png"), str(photos))
    begun = file.begin(platform)
    assert file.begin(platform, resume=True) == begun
    assert LocalFile(file.path, file.images, limit=1).begin(platform, resume=True) != begun
    write("shop.csv", "id,image", "p1,red.png", "p2,red.png")
    assert file.begin(platform, resume=True) != begun


def test_a_cancelled_import_stops(platform, queue, photos: Path, write: Write, monkeypatch) -> None:
    monkeypatch.setattr(platform, "settings", platform.settings.model_copy(update={"chunk_size": 1}))
    file = LocalFile(write("shop.csv", "id,image", "p1,red.png", "p2,red.png", "p3,red.png"), str(photos))
    import_id = file.begin(platform)
    with pytest.raises(Conflict, match="cancelled"):
        file.run(platform, queue.send, import_id, lambda _: platform.imports.cancel(import_id))
    assert (platform.imports.progress(import_id).state, counts(platform, import_id)) == ("cancelled", {"indexed": 1})


def test_what_the_queue_cannot_take_is_accepted(platform, queue, photos: Path, write: Write) -> None:
    queue.away = True
    file = LocalFile(write("shop.csv", "id,image", "p1,red.png"), str(photos))
    assert counts(platform, read(platform, queue, file)) == {"queued": 1}


def test_a_database_that_is_away_stops_the_reading_and_nothing_is_noted_as_read(
    platform, queue, photos: Path, write: Write, monkeypatch
) -> None:
    file = LocalFile(write("shop.csv", "id,image", "p1,red.png"), str(photos))
    import_id = file.begin(platform)
    with monkeypatch.context() as patched:
        patched.setattr(platform.imports, "add", _away)
        with pytest.raises(Unavailable):
            file.run(platform, queue.send, import_id, lambda _: None)
    assert platform.catalogue.get_many(["p1"]) == {}
    assert read(platform, queue, file, resume=True) == import_id
    assert counts(platform, import_id) == {"indexed": 1}


def _away(*_: object) -> None:
    raise Unavailable("the catalogue database does not answer")


def test_jsonl_with_photos_inside(platform, queue, write: Write) -> None:
    inside = base64.b64encode(photo("red")).decode()
    row = {"id": "p1", "title": "Red", "price": 3.5, "images": [{"name": "front", "data": inside}]}
    import_id = read(platform, queue, LocalFile(write("shop.jsonl", json.dumps(row))))
    assert counts(platform, import_id) == {"indexed": 1}
    assert platform.catalogue.get("p1").product.attributes == {"title": "Red", "price": 3.5}


def test_a_google_catalogue_as_it_is(platform, queue, photos: Path, write: Write) -> None:
    table = write(
        "products.csv",
        'gs://shop/red.png,front,spring,sku-1,apparel-v2,Red dress,"colour=red,style=party",',
        "gs://shop/blue.png,back,spring,sku-1,apparel-v2,Red dress,,",
        "gs://shop/green.png,front,spring,sku-2,apparel-v2,Green top,,",
    )
    file = LocalFile(table, str(photos))
    import_id = read(platform, queue, file)
    assert counts(platform, import_id) == {"indexed": 2}
    record = platform.catalogue.get("sku-1")
    assert images(platform, "sku-1") == {"front", "back"}
    assert record.product.attributes["title"] == "Red dress"
    assert record.product.attributes["colour"] == "red"
    assert counts(platform, read(platform, queue, file)) == {"skipped": 2}


def test_alibaba_adds_and_deletes(platform, queue, photos: Path, write: Write) -> None:
    lines = [
        {"OperationType": "ADD", "ProductId": "1", "PicName": "red.png", "CategoryId": 0},
        {"OperationType": "ADD", "ProductId": "1", "PicName": "blue.png", "CategoryId": 0},
        {"OperationType": "ADD", "ProductId": "2", "PicName": "green.png", "CategoryId": 1},
    ]
    first = write("increment.meta", *map(json.dumps, lines))
    assert counts(platform, read(platform, queue, LocalFile(first, str(photos)))).get("indexed") in (2, 3)
    assert images(platform, "1") == {"red.png", "blue.png"}
    gone = [
        {"OperationType": "DELETE", "ProductId": "1", "PicName": "red.png"},
        {"OperationType": "DELETE", "ProductId": "2"},
    ]
    (first.parent / "later").mkdir()
    read(platform, queue, LocalFile(write("later/increment.meta", *map(json.dumps, gone)), str(photos)))
    assert (images(platform, "1"), images(platform, "2")) == ({"blue.png"}, set())


def test_a_check_writes_nothing(platform: Platform, photos: Path, write: Write) -> None:
    table = write("shop.csv", "id,image", "p1,red.png", "p2,broken.png", "p3,absent.png")
    before = sorted(platform.settings.data_dir.rglob("*"))
    found = LocalFile(table, str(photos)).check(platform.settings, lambda _: None)
    assert (found.rows, found.usable, dict(found.codes)) == (3, 1, {"bad_image": 1, "not_found": 1})
    assert [line for line, _ in found.examples] == [3, 4]
    assert sorted(platform.settings.data_dir.rglob("*")) == before
    assert platform.catalogue.counts()["queued"] == 0


@pytest.mark.parametrize("content", ["", "id,image\n", "no,columns\n1,2\n"])
def test_a_file_without_use_begins_no_import(platform, photos: Path, tmp_path: Path, content: str) -> None:
    table = tmp_path / "shop.csv"
    table.write_text(content)
    with pytest.raises(InvalidCatalogue):
        LocalFile(table, str(photos)).begin(platform)
    assert platform.imports.recent() == []


def archive(**members: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(name.replace("_", "."), data)
    buffer.seek(0)
    return buffer


def test_an_upload_is_read_in_slices_and_removed(platform: Platform, queue: InlineQueue, monkeypatch) -> None:
    monkeypatch.setattr(platform, "settings", platform.settings.model_copy(update={"chunk_size": 2}))
    rows = b"id,image\n" + b"".join(b"p%d,red.png\n" % n for n in range(5))
    options = ImportOptions("shop.csv", mapping={"category": "id"})
    import_id = accept_upload(platform, options, io.BytesIO(rows), archive(red_png=photo("red")))
    slices = 1
    while read_slice(platform, queue.send, import_id, max_s=-1):
        slices += 1
        assert slices < 10
    assert slices > 2
    assert counts(platform, import_id) == {"indexed": 5}
    assert platform.catalogue.get("p3").product == platform.catalogue.get("p3").product
    assert platform.catalogue.get("p3").product.attributes == {"category": "p3"}
    assert platform.imports.progress(import_id).state == "done"
    assert list((platform.settings.data_dir / "imports").iterdir()) == []
    assert read_slice(platform, queue.send, import_id, max_s=1) is False, "a late message is no work"


def test_two_workers_do_not_read_one_import(platform: Platform, queue: InlineQueue) -> None:
    import_id = accept_upload(platform, ImportOptions("a.csv"), io.BytesIO(b"id,image\n1,red.png\n"), None)
    with platform.locks.hold(f"import {import_id}", 60):
        assert read_slice(platform, queue.send, import_id, max_s=1) is False
    assert platform.imports.progress(import_id).read == 0


def test_a_cancelled_upload_is_removed(platform: Platform, queue: InlineQueue) -> None:
    import_id = accept_upload(platform, ImportOptions("a.csv"), io.BytesIO(b"id,image\n1,red.png\n"), None)
    platform.imports.cancel(import_id)
    assert read_slice(platform, queue.send, import_id, max_s=1) is False
    assert list((platform.settings.data_dir / "imports").iterdir()) == []


def test_an_upload_never_reads_the_server_s_own_files(platform: Platform, queue: InlineQueue, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(photo("red"))
    rows = f"id,image\np1,{secret}\np2,file://{secret}\np3,../secret.png\n".encode()
    for zipped in (None, archive(other_png=photo("red"))):
        import_id = accept_upload(platform, ImportOptions("a.csv"), io.BytesIO(rows), zipped)
        assert read_slice(platform, queue.send, import_id, max_s=5) is False
        assert counts(platform, import_id) == {"refused": 3}


@pytest.mark.parametrize(
    ("name", "content", "zipped"),
    [("a.xls", b"x", None), ("a.csv", b"", None), ("a.csv", b"id,image\n1,2\n", io.BytesIO(b"no zip"))],
)
def test_an_upload_that_cannot_be_read_is_refused_at_once(
    platform: Platform, name: str, content: bytes, zipped
) -> None:
    with pytest.raises(InvalidCatalogue):
        accept_upload(platform, ImportOptions(name), io.BytesIO(content), zipped)
    assert platform.imports.recent() == []
    assert not any((platform.settings.data_dir / "imports").iterdir())


def test_a_file_that_ends_in_the_middle_keeps_what_came_before(platform: Platform, queue: InlineQueue) -> None:
    import gzip

    whole = gzip.compress(b"id,image\n" + b"".join(b"p%d,red.png\n" % n for n in range(20_000)))
    options = ImportOptions("shop.csv.gz")
    cut = io.BytesIO(whole[: len(whole) // 2])
    import_id = accept_upload(platform, options, cut, archive(red_png=photo("red")))
    queue.paused = True
    while read_slice(platform, queue.send, import_id, max_s=5):
        pass
    found = platform.imports.progress(import_id)
    assert (found.state, found.problem.code) == ("failed", "invalid_catalogue")
    assert found.queued == found.read > 1000


def test_images_by_url_wait_for_a_worker(platform: Platform, queue: InlineQueue, write: Write) -> None:
    file = LocalFile(write("shop.csv", "id,image", "p1,https://cdn.example.com/a.jpg"))
    import_id = read(platform, queue, file)
    (line,) = platform.imports.problems(import_id)
    assert line.problem.code == "blocked_address", "no host is allowed unless it is named"
    assert "LOOKALIKE_IMAGE_HOSTS" in line.problem.detail
    assert platform.catalogue.get_many(["p1"]) == {}
    assert ImageRef("a", url="x").digest == ""
