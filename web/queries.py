"""From what was sent to what the search is asked: photos are read and decoded on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request
from PIL import Image

from services.bootstrap import Platform
from services.confidence import Minima
from services.deadline import Deadline
from services.errors import InvalidRequest
from services.facets import FacetRequest
from services.filters import Filter, parse_filter
from services.search import Box, Fusion, ImagePart, Query, Sort, TextPart
from services.search.away import PHOTO, words_weight
from services.search.photos import decode_part
from web.bodies import decimal_number, decode_base64, parse_object, validate, whole_number
from web.search_bodies import AwayBody, FacetBody, Images, QueryImageBody, SearchBody, Texts

TEXTS = ("text", "not", "mode")
FLAGS = ("interpret", "include_self", "explain", "total")
YES, NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


class Queries:
    """Makes queries for one request. `deadline` is that of the request: photos by URL are fetched within it."""

    def __init__(self, platform: Platform, deadline: Deadline) -> None:
        self._platform, self._deadline = platform, deadline

    def query(self, body: SearchBody, uploads: Sequence[ImagePart] = ()) -> Query:
        """The query that a body asks for, with photos that came beside it. Raises InvalidRequest and its kinds."""
        away = AwayBody(text=body.away) if isinstance(body.away, str) else body.away or AwayBody()
        images = [*uploads, *self._images(body.image, 1.0), *self._images(away.image, -PHOTO)]
        return Query(
            images=images,
            texts=[*_texts(body.text, 1.0), *_texts(away.text, -words_weight(images))],
            where=self.filter(body.filter),
            limit=body.limit,
            offset=body.offset,
            mode=body.mode,
            fusion=Fusion(body.fusion.method, body.fusion.semantic, body.fusion.lexical),
            interpret=body.interpret,
            exclude=body.exclude,
            include_self=body.include_self,
            minima=Minima(body.min_score, body.min_probability),
            sort=Sort(self._field(body.sort.by), body.sort.order == "desc", body.sort.within) if body.sort else None,
            diversity=body.diversity,
            explain=body.explain,
            total=body.total,
            facets=[self._facet(facet) for facet in body.facets],
        )

    def filter(self, data: object) -> Filter | None:
        """The filter that `data` describes. Raises InvalidFilter, also for a field that no product has ever had."""
        return parse_filter(data, self._platform.settings.fields, self._platform.known_fields())

    def photo(self, image: QueryImageBody) -> Image.Image | None:
        """The photo that came with the body, or is behind its URL, cut to its box; None for a stored product's."""
        given = [name for name in ("data", "url", "product_id") if getattr(image, name)]
        if len(given) != 1:
            raise InvalidRequest("image: give one of `data` in base64, `url`, and the `product_id` of a stored product")
        if image.image and not image.product_id:
            raise InvalidRequest("image.image: names a photo of a stored product; give its product_id")
        if image.product_id:
            return None
        left_s = self._deadline.left_s()  # also where nothing is fetched: many large photos take their time
        url = image.url
        data = self._platform.fetcher.fetch(url, left_s) if url else decode_base64(image.data, "image.data")
        return decode_part(data, self._platform.limits, _box(image.box))

    def uploads(self, request: Request) -> list[ImagePart]:
        """The files `image` of a form, each with the box of the same place in `box`, which is JSON, if there is one."""
        files, boxes = request.files.getlist("image"), request.form.getlist("box")
        if len(boxes) > len(files):
            raise InvalidRequest(
                f"{len(boxes)} boxes for {len(files)} images; send a box after each image that has one"
            )
        parts = []
        for place, file in enumerate(files):
            self._deadline.left_s()
            box = _box(_json(boxes[place], "box")) if place < len(boxes) and boxes[place] else None
            parts.append(ImagePart(decode_part(file.read(), self._platform.limits, box)))
        return parts

    def _images(self, images: Images | None, factor: float) -> list[ImagePart]:
        several = images if isinstance(images, list) else [images] if images else []
        return [self._image(one, factor * one.weight) for one in several]

    def _image(self, image: QueryImageBody, weight: float) -> ImagePart:
        photo = self.photo(image)
        # A photo has been cut already; a stored product's is where it is read.
        box = _box(image.box) if photo is None else None
        return ImagePart(photo, image.product_id, image.image, box, weight)

    def _facet(self, facet: str | FacetBody) -> FacetRequest:
        if isinstance(facet, str):
            return FacetRequest(self._field(facet))
        return FacetRequest(self._field(facet.field), facet.top, tuple((each.gte, each.lt) for each in facet.ranges))

    def _field(self, name: str) -> str:
        """A field's name. Raises InvalidFilter for one that no product has."""
        self.filter({name: {"exists": True}})
        return name


def form_fields(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form as the JSON body would have them: what is no text is JSON. Raises InvalidRequest."""
    fields: dict[str, Any] = {}
    for name, raw in form.items():
        if name in TEXTS:
            fields[name] = _json(raw, name) if raw.lstrip().startswith(("{", "[")) else raw
        elif name in ("limit", "offset"):
            fields[name] = whole_number(raw, name)
        elif name in ("min_score", "min_probability", "diversity"):
            fields[name] = decimal_number(raw, name)
        elif name in FLAGS:
            fields[name] = flag(raw, name)
        elif name == "product_id":
            fields["image"] = {"product_id": raw}
        elif name == "filter":
            fields[name] = parse_object(raw, name) if raw else None
        elif name != "box":
            fields[name] = _json(raw, name)
    return {name: value for name, value in fields.items() if value not in (None, "")}


def parsed(fields: Mapping[str, Any]) -> SearchBody:
    """Check a search's body. Raises InvalidRequest, naming each field that is wrong."""
    return validate(SearchBody, dict(fields))


def flag(raw: str, name: str) -> bool:
    """Parse a yes or no of a form or query string. Raises InvalidRequest."""
    if raw.lower() not in YES + NO:
        raise InvalidRequest(f"{name}: {raw[:50]!r} is neither true nor false")
    return raw.lower() in YES


def _texts(texts: Texts | None, factor: float) -> list[TextPart]:
    if isinstance(texts, str):
        return [TextPart(texts, factor)] if texts.strip() else []
    return [TextPart(one.text, factor * one.weight) for one in texts or ()]


def _box(numbers: object) -> Box | None:
    if numbers is None:
        return None
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(_is_number(number) for number in numbers):
        raise InvalidRequest("box: give [x1, y1, x2, y2], each from 0 to 1, from the upper left corner")
    return Box(*numbers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(raw: str, name: str) -> Any:
    return parse_object(f'{{"value": {raw}}}', name)["value"] if raw else None
