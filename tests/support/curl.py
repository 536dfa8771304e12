"""Curl lines, sent by Flask's test client: what a shell and curl would make of them, for the options that docs use."""

import io
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HOST = re.compile(r"^(?:https?://)?(?:(?:localhost|127\.0\.0\.1):8000|search\.example\.com)(?=/)")
FENCE = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass
class Request:
    """What a curl line sends. `form` is (name, value), a value beginning with @ being a file."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    form: list[tuple[str, str]] = field(default_factory=list)
    upload: str = ""
    as_query: bool = False


def curl_lines(text: str) -> Iterator[str]:
    """The curl commands in the `sh` blocks of a page, those over several lines as one."""
    for block in FENCE.findall(text):
        whole = ""
        for line in block.replace("\\\n", " ").splitlines():
            whole = f"{whole}\n{line}" if whole else line.strip()
            if _is_open(whole):
                continue
            if whole.startswith("curl "):
                yield whole
            whole = ""


def _is_open(line: str) -> bool:
    """A quotation goes on in the next line."""
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return True
    return False


def parse(line: str, variables: Mapping[str, str] | None = None) -> Request:
    """The request of a curl line; `variables` are those of the shell. Fails on an option that it does not know."""
    for name, value in (variables or {}).items():
        line = line.replace(f"${name}", value)
    words = iter(shlex.split(line, comments=True))
    assert next(words) == "curl", line
    request = Request()
    for word in words:
        if word in OPTIONS:
            OPTIONS[word](request, next(words))
        elif word in ("-G", "--get"):
            request.as_query = True
        elif not word.startswith("-") and not request.url:
            request.url = word
        else:
            assert word in ("-s", "-i", "-f"), f"{word} is nothing that this understands: {line}"
    return request


def _method(request: Request, value: str) -> None:
    request.method = value


def _header(request: Request, value: str) -> None:
    name, _, text = value.partition(":")
    request.headers[name.strip().lower()] = text.strip()


def _data(request: Request, value: str) -> None:
    request.data.append(value)


def _encoded(request: Request, value: str) -> None:
    name, _, text = value.partition("=")
    request.data.append(f"{name}={quote(text)}")


def _upload(request: Request, value: str) -> None:
    request.upload = value.removeprefix("@")


def _form(request: Request, value: str) -> None:
    name, _, text = value.partition("=")
    request.form.append((name, text))


OPTIONS: dict[str, Callable[[Request, str], None]] = {
    "-X": _method,
    "-H": _header,
    "-d": _data,
    "--data-urlencode": _encoded,
    "--data-binary": _upload,
    "-F": _form,
    "-o": lambda _request, _value: None,
}


def send(client: FlaskClient, request: Request, files: Mapping[str, bytes]) -> TestResponse:
    """Send it; `files` are those that a reader would have in the folder."""
    assert HOST.match(request.url), f"{request.url}: not of localhost:8000"
    url = HOST.sub("", request.url)
    if request.as_query:
        url += ("&" if "?" in url else "?") + "&".join(request.data)
        return client.open(url, method=request.method or "GET", headers=request.headers)
    if request.form:
        data: dict[str, list[object]] = {}
        for name, value in request.form:
            file = value.removeprefix("@")
            data.setdefault(name, []).append((io.BytesIO(files[file]), Path(file).name) if value != file else value)
        return client.open(url, method=request.method or "POST", headers=request.headers, data=data)
    if request.upload or request.data:
        body = files[request.upload] if request.upload else "&".join(request.data).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", **request.headers}
        if headers["content-type"] == "application/json":
            json.loads(body)  # a typing error in a page would otherwise look like a refusal
        return client.open(url, method=request.method or "POST", headers=headers, data=body)
    return client.open(url, method=request.method or "GET", headers=request.headers)
