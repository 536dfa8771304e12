"""What S3 does differently: buckets that are missing, servers that are away, keys that are refused."""

import io
import subprocess
import sys
import urllib.request

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from services.errors import NotFound, Unavailable
from services.images import ImageStore
from services.spool import CATALOGUE, IMAGES, Spool


def test_a_missing_bucket_is_no_missing_photo(bucket: str) -> None:
    nowhere = ImageStore(f"s3://{bucket}-misspelt/images")
    with pytest.raises(Unavailable, match="bucket does not exist"):
        nowhere.read("0" * 64)
    with pytest.raises(Unavailable, match="bucket does not exist"):
        nowhere.add(b"photo")
    with pytest.raises(NotFound):
        ImageStore(f"s3://{bucket}/images").read("0" * 64)


def test_a_server_that_is_away_is_unavailable_until_it_is_back(
    s3_settings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": f"http://{host}:{port}"})
    fsspec.filesystem("s3").mkdir("photos")
    store = ImageStore("s3://photos")
    digest = store.add(b"photo")
    server.stop()
    with pytest.raises(Unavailable, match="connect"):
        store.read(digest)
    with pytest.raises(Unavailable, match="connect"):
        store.add(b"another photo")
    with pytest.raises(Unavailable, match="connect"):
        store.read_thumbnail(digest, 128)
    again = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    again.start()
    assert store.read(digest) == b"photo"
    again.stop()


def test_a_key_that_is_refused_is_unavailable(bucket: str, s3_server: str) -> None:
    store = ImageStore(f"s3://{bucket}/images")
    digest = store.add(b"photo")
    check_keys_after(s3_server, 0)
    try:
        for use in (lambda: store.read(digest), lambda: store.add(b"another photo")):
            with pytest.raises(Unavailable, match=r"cannot be (read|written): .*Key"):
                use()
    finally:
        check_keys_after(s3_server, float("inf"))


def check_keys_after(server: str, requests: float) -> None:
    """Have the server refuse unknown keys, of which ours is one, after so many requests."""
    order = urllib.request.Request(f"{server}/moto-api/reset-auth", str(requests).encode())
    order.add_header("Content-Type", "text/plain")
    urllib.request.urlopen(order, timeout=10).close()


def test_the_environment_alone_is_enough(bucket: str) -> None:
    code = f"from services.images import ImageStore; print(ImageStore('s3://{bucket}/images').add(b'photo'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ImageStore(f"s3://{bucket}/images").read(done.stdout.strip()) == b"photo"


def test_uploaded_files_wait_in_a_bucket_too(bucket: str) -> None:
    spool = Spool(f"s3://{bucket}/images/imports")
    assert spool.put("i1", CATALOGUE, io.BytesIO(b"id,image\n" * 1_000_000)) == 9_000_000
    with spool.open("i1", CATALOGUE) as file:
        file.seek(8_999_991)
        assert file.read() == b"id,image\n"
    with pytest.raises(NotFound, match=r"images\.zip"):
        spool.open("i1", IMAGES)
    for _ in range(2):
        spool.remove("i1")
    with pytest.raises(NotFound):
        spool.open("i1", CATALOGUE)
    with pytest.raises(Unavailable, match="cannot be written"):
        Spool(f"s3://{bucket}-misspelt/imports").put("i1", CATALOGUE, io.BytesIO(b"x"))
