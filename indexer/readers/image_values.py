"""What a cell or value says about a product's photos: names, URLs, objects, or the bytes themselves."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from indexer.readers.entry import ImageSpec
from indexer.readers.image_names import Names, is_url, is_web_url, last_segment
from services.errors import InvalidProduct
from services.products import MAX_IMAGES

SEPARATOR = "|"
_DATA_URL = re.compile(r"data:image/[\w.+-]+(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_SPACES = str.maketrans("", "", " \t\r\n")


@dataclass(frozen=True)
class _Draft:
    """A photo whose name may still be missing; `wanted` is what to call it then."""

    spec: ImageSpec
    wanted: str = ""


def image_specs(value: object) -> tuple[ImageSpec, ...]:
    """The photos that `value` names, each once; None and empty text name none.

    Text holds names or URLs, separated by `|`. A list holds such text, objects with one of `url`, `file` and `data`
    (base64) and perhaps a `name`, bytes, or pairs of `bytes` and `path` as Hugging Face data sets have them.
    Raises InvalidProduct for anything else, for two photos of one name, and for more than MAX_IMAGES.
    """
    parts = [part for part in _parts(value) if part is not None and part != ""]
    if len(parts) > MAX_IMAGES:
        raise InvalidProduct(f"{len(parts)} images; a product has at most {MAX_IMAGES}")
    return _named(list(dict.fromkeys(_draft(part, number) for number, part in enumerate(parts, 1))))


def image_source(text: str, number: int = 1) -> ImageSpec:
    """Where a photo comes from that is given as text; only the name of a plain file is set.

    Raises InvalidProduct for a `data:` URL that is no image in base64.
    """
    if is_web_url(text):
        return ImageSpec("", url=text)
    if text[:5].lower() == "data:":
        return ImageSpec("", data=_decoded(text, number))
    return ImageSpec("", file=text) if is_url(text) else ImageSpec(text, file=text)


def _parts(value: object) -> list[object]:
    if isinstance(value, str):
        return list(dict.fromkeys(part.strip() for part in value.split(SEPARATOR)))
    parts = value if isinstance(value, list) else [value]
    return [part.strip() if isinstance(part, str) else part for part in parts]


def _draft(part: object, number: int) -> _Draft:
    if isinstance(part, str):
        return _Draft(image_source(part, number), last_segment(part) if is_url(part) else "")
    if isinstance(part, bytes):
        return _Draft(ImageSpec("", data=_not_empty(part, number)))
    if isinstance(part, Mapping):
        return _from_pair(part, number) if "bytes" in part else _from_object(part, number)
    raise InvalidProduct(f"image {number}: a {type(part).__name__} is not allowed; use text or an object")


def _from_object(part: Mapping[str, object], number: int) -> _Draft:
    given = {key: part[key] for key in ("url", "file", "data") if part.get(key) not in (None, "")}
    if len(given) != 1:
        raise InvalidProduct(f"image {number}: give exactly one of url, file and data, not {len(given)}")
    [(key, value)] = given.items()
    name = part.get("name")
    if not isinstance(value, str) or not isinstance(name, str | None):
        raise InvalidProduct(f"image {number}: {key} and name must be text")
    if key == "url" and not is_web_url(value):
        raise InvalidProduct(f"image {number}: url must begin with http:// or https://, not {value[:80]!r}")
    if key == "data":
        return _Draft(ImageSpec(name or "", data=_decoded(value, number)))
    if key == "url":
        return _Draft(ImageSpec(name or "", url=value), last_segment(value))
    return _Draft(ImageSpec(name or ("" if is_url(value) else value), file=value), last_segment(value))


def _from_pair(part: Mapping[str, object], number: int) -> _Draft:
    data, path = part.get("bytes"), part.get("path")
    if not isinstance(path, str | None) or not isinstance(data, bytes | None):
        raise InvalidProduct(f"image {number}: bytes must be binary, and path text")
    path = (path or "").strip()
    if data:
        return _Draft(ImageSpec("", data=data), last_segment(path))
    if path:
        return _draft(path, number)
    raise InvalidProduct(f"image {number}: neither bytes nor a path")


def _decoded(text: str, number: int) -> bytes:
    if text[:5].lower() == "data:":
        match = _DATA_URL.match(text)
        if match is None:
            raise InvalidProduct(f"image {number}: {text[:40]!r} is no image in base64 (data:image/...;base64,...)")
        text = text[match.end() :]
    try:
        return _not_empty(base64.b64decode(text.translate(_SPACES), validate=True), number)
    except (binascii.Error, ValueError) as exc:
        raise InvalidProduct(f"image {number}: not base64 ({exc})") from exc


def _not_empty(data: bytes, number: int) -> bytes:
    if not data:
        raise InvalidProduct(f"image {number}: has no bytes")
    return data


def _named(drafts: list[_Draft]) -> tuple[ImageSpec, ...]:
    own = [draft.spec.name for draft in drafts if draft.spec.name]
    doubled = next((name for index, name in enumerate(own) if name in own[:index]), None)
    if doubled is not None:
        raise InvalidProduct(f"two images are named {doubled[:80]!r}")
    names = Names(own)
    return tuple(
        draft.spec if draft.spec.name else replace(draft.spec, name=names.give(draft.wanted, number))
        for number, draft in enumerate(drafts, 1)
    )
