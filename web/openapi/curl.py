"""Examples as lines for a shell."""

import json
import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from web.openapi.examples.example import Example

HOST = "localhost:8000"
WIDTH = 100
"""A command that is longer is broken into lines."""


def curl(method: str, path: str, example: Example) -> str:
    """The command that sends `example`, by a method, to a path such as `/v1/products/{product_id}`.

    >>> curl("GET", "/v1/products/{product_id}", Example("A record", path={"product_id": "a/b"}))
    'curl localhost:8000/v1/products/a%2Fb'
    """
    body = list(_body(example))
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    options, query = _query(example.query)
    words = [f"-X {method}"] if method != ("POST" if body else "GET") else []
    headers = [part for part in body if part.startswith("-H")]
    words = ["curl", *words, shlex.quote(f"{HOST}{path}{query}"), *options[:1], *headers]
    parts = [" ".join(words), *options[1:], *(part for part in body if part not in headers)]
    if example.save:
        parts.append(f"-o {example.save}")
    line = " ".join(parts)
    return line if len(line) <= WIDTH else " \\\n  ".join(parts)


def _query(query: Mapping[str, str]) -> tuple[list[str], str]:
    """As options, where a value would not be readable in an address, and as the end of an address."""
    if all(quote(value, safe="") == value for value in query.values()):
        return [], "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
    return ["-G", *(f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in query.items())], ""


def _body(example: Example) -> Iterator[str]:
    if example.json is not None:
        yield "-H 'content-type: application/json'"
        yield f"-d {shlex.quote(_text(example.json))}"
    if example.upload:
        yield from [f"-H {shlex.quote(f'content-type: {example.media_type}')}"] if example.media_type else []
        yield f"--data-binary @{example.upload}"
    for name, value in example.form.items():
        yield f"-F {shlex.quote(f'{name}={_text(value)}')}"
    for name, files in example.files.items():
        yield from (f"-F {name}=@{file}" for file in ((files,) if isinstance(files, str) else files))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
