"""What the clients of a load ask for: words, look-alikes of stored products and photos, half of them filtered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import quote, urlencode

from load.shop import Goods

MIX = {"words": 0.4, "look-alikes": 0.3, "photo": 0.3}
FILTERED = 0.5
LIMIT = 20
BOUNDARY = "----lookalike-load"


@dataclass(frozen=True)
class Call:
    """An HTTP request, ready to be sent."""

    kind: str
    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]


class Mix:
    """Draws calls about `goods`: each client from a seed of its own."""

    def __init__(self, goods: Goods) -> None:
        self._goods = goods
        types, colours = goods.types, goods.colours
        self.filters: list[dict[str, object]] = [
            {"category": types[0]},
            {"category": types[1]},
            {"base_colour": colours[0]},
            {"base_colour": colours[:2], "price": {"lt": 60}},
            {"price": {"gte": 20, "lt": 100}},
        ]

    def calls(self, seed: int) -> Iterator[Call]:
        """Without end."""
        rng = Random(seed)
        while True:
            (kind,) = rng.choices(list(MIX), list(MIX.values()))
            yield self.one(kind, rng.random() < FILTERED, rng)

    def one(self, kind: str, filtered: bool, rng: Random) -> Call:
        """A call of one kind."""
        where = rng.choice(self.filters) if filtered else None
        if kind == "words":
            body = {"text": rng.choice(self._goods.titles), "limit": LIMIT, **({"filter": where} if where else {})}
            return Call(kind, "POST", "/v1/search", json.dumps(body).encode(), {"Content-Type": "application/json"})
        if kind == "look-alikes":
            asked = {"limit": LIMIT, **({"filter": json.dumps(where)} if where else {})}
            path = f"/v1/products/{quote(rng.choice(self._goods.ids), safe='')}/similar?{urlencode(asked)}"
            return Call(kind, "GET", path, None, {})
        return _upload(rng.choice(self._goods.photos), where)


def _upload(photo: bytes, where: dict[str, object] | None) -> Call:
    fields = {"limit": str(LIMIT), **({"filter": json.dumps(where)} if where else {})}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = "".join([*parts, head]).encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Call("photo", "POST", "/v1/search", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
