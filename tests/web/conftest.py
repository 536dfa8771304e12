"""The app over fakes, and HTTP conversations with it."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import COLOURS, InlineQueue, platform_of_fakes
from flask import Flask
from flask.testing import FlaskClient
from keyed_service import Service
from PIL import Image

from services.bootstrap import Platform
from web.app import create_app

Photo = Callable[..., bytes]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = platform_of_fakes(tmp_path, max_image_bytes=200_000, max_request_bytes=1_000_000)
    yield opened
    opened.close()


@pytest.fixture
def queue(platform: Platform) -> InlineQueue:
    return InlineQueue(platform)


@pytest.fixture
def app(platform: Platform, queue: InlineQueue) -> Flask:
    return create_app(platform, queue)  # type: ignore[arg-type]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def photo(colour: str, size: tuple[int, int] = (30, 40), kind: str = "PNG") -> bytes:
    """A plain photo of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(name="photo")
def photo_fixture() -> Photo:
    return photo


@pytest.fixture
def body() -> Callable[..., dict]:
    """A product's JSON body with one photo of `colour`."""

    def make(colour: str, **attributes: object) -> dict:
        data = base64.b64encode(photo(colour)).decode()
        return {"title": f"A {colour} thing", **attributes, "images": [{"name": "front", "data": data}]}

    return make


@pytest.fixture
def shop(client: FlaskClient, body: Callable[..., dict]) -> FlaskClient:
    """A client of a shop with a dress and a top in each colour."""
    for colour in COLOURS:
        for category, price in (("Dresses", 50), ("Tops", 20)):
            product = body(colour, category=category, price=price, base_colour=colour, tag=colour[0])
            assert client.put(f"/v1/products/{category}-{colour}?wait=5", json=product).status_code == 200
    return client


def multipart(**fields: object) -> dict:
    """Form fields, with dicts as JSON."""
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in fields.items()}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes apps with settings of their own, and clients that say who they are."""
    opened: list[Service] = []

    def make(**settings: object) -> Service:
        opened.append(Service(tmp_path / str(len(opened)), **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
