"""Shops for the page in a browser: plain colours, served by waitress over the exact store and a fake encoder."""

import base64
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import waitress
from fakes import COLOURS, InlineQueue, platform_of_fakes
from flask import Flask
from PIL import Image
from waitress import wasyncore

from services.api_keys import Scope
from services.bootstrap import Platform
from web.app import create_app
from web.rate_limits import quotas_of

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HOSTILE_ID = "<b>/..'\"&?#%2F x"
HOSTILE_PATH = "%3Cb%3E%2F..%27%22%26%3F%23%252F%20x"
HOSTILE_TITLE = "<img src=x onerror=alert(1)>"
# Names and values that are markup, or that every object of JavaScript has.
HOSTILE_ATTRIBUTES = {
    "<b onclick=alert(2)>field": "<img src=y onerror=alert(3)>",
    "constructor": "of hats",
    "__proto__": "an attribute like any other",
    "toString": 7,
}
LONG_TITLE = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3

Headers = Mapping[str, str]


def photo(colour: tuple[int, int, int], other: tuple[int, int, int] | None = None) -> bytes:
    """A plain photo of one colour; with `other`, its lower half is of that one."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (30, 40), colour)
    if other:
        image.paste(other, (0, 20, 30, 40))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def put(
    app: Flask, path: str, data: bytes, photos: int = 1, headers: Headers | None = None, **attributes: object
) -> None:
    """Make a product searchable, with the same photo so many times."""
    images = [{"name": f"photo {number}", "data": base64.b64encode(data).decode()} for number in range(photos)]
    body = {**attributes, "images": images}
    answer = app.test_client().put(f"/v1/products/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def shade(colour: str, number: int) -> bytes:
    """Photos of equal colours and different numbers are near, and not the same."""
    red, green, blue = (max(0, part - 4 * number) for part in COLOURS[colour])
    return photo((red, green, blue))


def shop_of_colours(app: Flask) -> None:
    """Twenty dresses and ten tops in each of three colours, and one product that means harm."""
    for colour in ("red", "green", "blue"):
        for number in range(20):
            title = f"{colour} dress {number}"
            put(app, f"dress-{colour}-{number}", shade(colour, number), 2, title=title, category="Dresses")
        for number in range(10):
            given = {"title": f"{colour} top {number}", "category": "Tops", "price": 19.5, "in_stock": True}
            put(app, f"top-{colour}-{number}", shade(colour, number), **given)
    harmful = {"title": HOSTILE_TITLE, "category": "<i>Odd</i>", "brand": LONG_TITLE, **HOSTILE_ATTRIBUTES}
    put(app, HOSTILE_PATH, shade("yellow", 0), **harmful)


def boutique(app: Flask) -> None:
    """Of each of three colours eight dresses for women, from 20 to 90, and four shirts for men, which cost 15.5."""
    for colour in ("red", "green", "blue"):
        labels = {"base_colour": colour.title(), "in_stock": True}
        for number in range(8):
            dress = {"category": "Dresses", "gender": "Women", "brand": "Luma" if number < 4 else "Halden"}
            pattern = "Striped" if number % 2 else "Solid"
            given = {**labels, **dress, "pattern": pattern, "price": 20 + 10 * number, "in_stock": number > 0}
            put(app, f"dress-{colour}-{number}", shade(colour, number), title=f"{colour} dress {number}", **given)
        for number in range(4):
            shirt = {"category": "Shirts", "gender": "Men", "brand": "Halden", "pattern": "Solid", "price": 15.5}
            given = {**labels, **shirt, "title": f"{colour} shirt {number}"}
            put(app, f"shirt-{colour}-{number}", shade(colour, 8 + number), **given)


def key_of(platform: Platform, scope: Scope) -> str:
    """The text of a new API key."""
    return str(platform.api_keys.create("test", [scope])[1])


@contextmanager
def served(
    data_dir: Path, fill: Callable[[Flask], None], encoder: object | None = None, **settings: object
) -> Iterator[tuple[str, Flask, Platform]]:
    """The app on a free port of loopback, as (address, app, platform)."""
    platform = platform_of_fakes(data_dir, encoder, **settings)
    app = create_app(platform, InlineQueue(platform))  # type: ignore[arg-type]
    fill(app)
    sockets: dict[int, object] = {}
    server = waitress.create_server(app, map=sockets, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}", app, platform
    finally:
        # In the server's own thread, which would stumble over sockets that vanish while it waits on them.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join(10)
        server.task_dispatcher.shutdown()
        platform.close()
        quotas_of(app).close()
