"""Servers that photos come from and go to: an HTTP server, and one that speaks S3."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from photo_server import PhotoServer

from services.images import FetchLimits, ImageFetcher, ImageStore
from services.images.addresses import Resolver, resolve

Make = Callable[..., ImageFetcher]
FETCH_LIMITS = FetchLimits(max_bytes=100_000, timeout_s=20)


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    opened = PhotoServer()
    yield opened
    opened.close()


@pytest.fixture
def make(server: PhotoServer) -> Iterator[Make]:
    """Makes fetchers that may ask the server by its address and as photos.test, and public hosts."""
    made: list[ImageFetcher] = []

    def fetcher(limits: FetchLimits = FETCH_LIMITS, resolve: Resolver = resolve, private: bool = True) -> ImageFetcher:
        ours = [server.host, f"photos.test:{server.port}"]
        made.append(ImageFetcher(["*", f"*:{server.port}", *ours], ours if private else [], limits, resolve))
        return made[-1]

    yield fetcher
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of an S3 server that all tests share; each uses a bucket of its own."""
    from moto.server import ThreadedMotoServer  # it takes a second, and only these tests need it

    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def s3_settings(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator would write into the environment."""
    for name, value in {
        "FSSPEC_S3_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    # fsspec reads its variables when it is imported, which is long past here.
    monkeypatch.setattr(fsspec.config, "conf", {})
    fsspec.config.set_conf_env(fsspec.config.conf, os.environ)


@pytest.fixture
def bucket(s3_settings: None, request: pytest.FixtureRequest) -> str:
    """The name of an empty bucket."""
    name = f"test-{abs(hash(request.node.nodeid))}"
    fsspec.filesystem("s3").mkdir(name)
    return name


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    """A folder, an fsspec file system that is none, and S3 over HTTP."""
    if request.param == "s3":
        return ImageStore(f"s3://{request.getfixturevalue('bucket')}/images")
    return ImageStore(f"file://{tmp_path}/images" if request.param == "folder" else f"memory://{tmp_path}")
