"""Changes of products that have just been imported, while the import runs: each is known, and what must come of it."""

import hashlib
import io
import threading
import time
from contextlib import suppress
from random import Random

from chaos.goods import Goods, Wanted
from chaos.watch import Watch
from PIL import Image

from services.bootstrap import Platform
from services.catalogue import Change
from services.errors import Unavailable
from services.intake import IncomingImage
from workers.queue import WorkQueue

POLL_S = 0.02
# Half of the changes concern the products that were accepted last: their first message is still under way.
LATEST = 200


class Traffic(threading.Thread):
    """Makes `number` changes, evenly over the import. `shelf` holds the products by id, None for one that is gone."""

    def __init__(
        self, platform: Platform, queue: WorkQueue, goods: Goods, watch: Watch, number: int, random: Random
    ) -> None:
        super().__init__(name="traffic", daemon=True)
        self._platform, self._queue, self._watch = platform, queue, watch
        self._number, self._random = number, random
        self.shelf: dict[str, Wanted | None] = dict(goods.good)
        # A product's second row would undo what was changed in between, and rightly so.
        self._places = {key: place for key, place in goods.place_of.items() if key not in goods.doubled}
        self.made = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        """Until every change was accepted."""
        try:
            for place in range(self._number):
                while self._watch.settled < place / self._number:
                    time.sleep(POLL_S)
                self._make(self._choose())
                self.made += 1
        except BaseException as exc:
            self.error = exc

    def _choose(self) -> str:
        while not (accepted := [key for key, place in self._places.items() if place <= self._watch.read]):
            time.sleep(POLL_S)
        return self._random.choice(accepted[-LATEST:] if self._random.random() < 0.5 else accepted)

    def _make(self, product_id: str) -> None:
        wanted = self.shelf[product_id]
        change, self.shelf[product_id] = self._put(product_id) if wanted is None else self._drawn(product_id, wanted)
        self._platform.catalogue.write_one(change)
        with suppress(Unavailable):  # accepted is accepted
            self._queue.send([product_id])

    def _drawn(self, product_id: str, wanted: Wanted) -> tuple[Change, Wanted | None]:
        """Any change of a product that is there, and what it comes to."""
        intake = self._platform.intake
        kind = self._random.choice(["label", "label", "add", "remove", "replace", "rewrite", "delete"])
        if kind == "delete":
            return intake.delete(product_id), None
        if kind == "add":
            return self._add(product_id, wanted)
        if kind == "remove" and len(wanted.photos) > 1:
            name, *rest = wanted.photos
            kept = Wanted(wanted.attributes, {name: wanted.photos[name] for name in rest})
            return intake.patch(product_id, {}, without_images=[name]), kept
        if kind == "replace":
            return self._put(product_id)
        if kind == "rewrite":
            # Other labels; the photos stay as they are, and are named only.
            labels = {"title": self._word()}
            names = [IncomingImage(name) for name in wanted.photos]
            return intake.put(product_id, labels, names), Wanted(dict(labels), wanted.photos)
        title = self._word()
        kept = {name: value for name, value in wanted.attributes.items() if name != "season"}
        change = intake.patch(product_id, {"title": title, "season": None})
        return change, Wanted({**kept, "title": title}, wanted.photos)

    def _put(self, product_id: str) -> tuple[Change, Wanted]:
        labels, data = {"title": self._word()}, self._photo()
        change = self._platform.intake.put(product_id, labels, [IncomingImage("new.png", data)])
        return change, Wanted(dict(labels), {"new.png": _digest(data)})

    def _add(self, product_id: str, wanted: Wanted) -> tuple[Change, Wanted]:
        data = self._photo()
        change = self._platform.intake.patch(product_id, {}, [IncomingImage("more.png", data)])
        return change, Wanted(wanted.attributes, {**wanted.photos, "more.png": _digest(data)})

    def _word(self) -> str:
        return f"changed {self._random.randrange(10**6)}"

    def _photo(self) -> bytes:
        """Four coloured fields, that are hardly ever the same twice."""
        small = Image.frombytes("RGB", (2, 2), self._random.randbytes(12))
        buffer = io.BytesIO()
        small.resize((64, 64), Image.Resampling.NEAREST).save(buffer, "PNG")
        return buffer.getvalue()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
