"""Whatever a catalogue file holds, reading it gives entries or a clear error: nothing else, soon, in little memory."""

import gzip
import io
import os
import random
import signal
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mutate import flipped, mutated

from indexer.readers import KINDS, Columns, Entry, open_catalogue
from services.errors import InvalidCatalogue, InvalidProduct
from services.products import MAX_IMAGES, checked_attributes, checked_id, checked_image_name

FILES = int(os.environ.get("FUZZ_FILES", "150"))
MAX_SECONDS = 20
MAX_BYTES = 100 * 2**20


def parquet() -> bytes:
    file = io.BytesIO()
    images = [{"bytes": b"photo", "path": "a/1.jpg"}, {"bytes": None, "path": "2.jpg"}, None]
    table = pa.table(
        {"id": ["1", "2", "3"], "title": ["Red", "Grün", None], "price": [1.5, 2.0, None], "image": images}
    )
    pq.write_table(table, file, row_group_size=2)
    return file.getvalue()


CSV = 'id,title,image\n1,"Red, ""big""\nbelt",1.jpg|https://x.example/2.jpg\n2,Grün,a/2.jpg\n'.encode()
JSONL = (
    '{"id": "1", "title": "Grün", "price": 9.5, "images": [{"url": "https://x.example/1.jpg"}, {"data": "cGhvdG8="}]}\n'
    '{"id": 2, "sold": false, "image": "2.jpg|s3://bucket/3.jpg", "nested": {"a": [1, null]}}\n'
).encode()
GOOGLE = (
    b'gs://bucket/a/1.jpg,img1,set,p1,apparel-v2,Red belt,"style=womens,color=red",0.1,0.1,0.9,0.1,0.9,0.9,0.1,0.9\n'
    b'gs://bucket/a/2.jpg,,set,p1,apparel-v2,,"color=red,color=blue",\ngs://bucket/3.jpg,,set,p2,apparel-v2\n'
)
ALIBABA = (
    b'{"OperationType": "ADD", "ProductId": "1000", "PicName": "1.jpg", "CategoryId": 0, "IntAttr": 1, "StrAttr": "a",'
    b' "CustomContent": "{\\"brand\\": \\"Acme\\"}", "Region": "20,40,60,80"}\n'
    b'{"operator": "DELETE", "item_id": 1000, "pic_list": ["1.jpg"]}\n{"OperationType": "DELETE", "ProductId": "7"}\n'
)
SEEDS = {
    "catalogue.csv": CSV,
    "catalogue.tsv": CSV.replace(b",", b"\t"),
    "catalogue.jsonl": JSONL,
    "catalogue.parquet": parquet(),
    "google.csv": GOOGLE,
    "increment.meta": ALIBABA,
    "catalogue.csv.gz": gzip.compress(CSV, mtime=0),
}
OTHERS = list(SEEDS.values())


def damaged(name: str, rng: random.Random) -> bytes:
    """A file of that name with some damage: packed text is damaged inside, binary files mostly a little."""
    if name.endswith(".gz") and rng.random() < 0.5:
        return gzip.compress(mutated(CSV, OTHERS, rng), mtime=0)
    if name.endswith((".gz", ".parquet")) and rng.random() < 0.8:
        return flipped(SEEDS[name], rng)
    return mutated(SEEDS[name], OTHERS, rng)


@contextmanager
def guarded() -> Iterator[None]:
    """Fail for what takes too long, be it for ever, or takes too much memory."""

    def give_up(signum: int, frame: FrameType | None) -> None:
        pytest.fail(f"still reading after {MAX_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MAX_SECONDS)
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
    finally:
        tracemalloc.stop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def assert_sound(entry: Entry) -> None:
    """An entry says why it cannot be used, or is one that ingestion can take or refuse."""
    assert entry.line >= 1
    if entry.problem is not None:
        assert entry.problem.code in ("schema", "invalid_product")
        assert 0 < len(entry.problem.detail) < 1000
        return
    assert len(entry.images) <= MAX_IMAGES
    assert len({image.name for image in entry.images}) == len(entry.images)
    for image in entry.images:
        assert image.name
        assert [bool(image.file), bool(image.url), bool(image.data)].count(True) == 1
    with suppress(InvalidProduct):
        checked_id(entry.product_id)
    with suppress(InvalidProduct):
        checked_attributes(entry.attributes, {})
    for image in entry.images:
        with suppress(InvalidProduct):
            checked_image_name(image.name)


@pytest.mark.parametrize("name", SEEDS)
def test_the_files_to_be_damaged_are_sound(name: str) -> None:
    entries = list(open_catalogue(io.BytesIO(SEEDS[name]), name, Columns()))
    assert entries
    assert all(entry.problem is None for entry in entries if name != "catalogue.parquet")


@pytest.mark.parametrize("seed", range(FILES))
def test_a_damaged_file_gives_entries_or_one_clear_error(seed: int) -> None:
    rng = random.Random(seed)
    name = list(SEEDS)[seed % len(SEEDS)]
    kind = rng.choice(KINDS) if rng.random() < 0.1 else None
    file = io.BytesIO(damaged(name, rng))
    with guarded(), suppress(InvalidCatalogue):
        for entry in open_catalogue(file, name, Columns(), kind):
            assert_sound(entry)
    assert not file.closed


def test_the_guard_notices_time_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "MAX_SECONDS", 1)
    monkeypatch.setitem(globals(), "MAX_BYTES", 1000)
    with pytest.raises(pytest.fail.Exception), guarded():
        time.sleep(5)
    with pytest.raises(AssertionError), guarded():
        bytes(10_000)
