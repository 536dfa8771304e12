"""Pages that show calls of the API show calls that work."""

import re
from pathlib import Path

import pytest
from curl import curl_lines, parse, send
from documented_shop import IMPORT_ID, KEY, files, stock
from fakes import InlineQueue, platform_of_fakes

from web.app import create_app
from web.openapi.routes import routes

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINES = [(page.name, line) for page in PAGES for line in dict.fromkeys(curl_lines(page.read_text("utf-8")))]
VARIABLES = {"LOOKALIKE_KEY": KEY, "KEY": KEY}


@pytest.fixture
def app(tmp_path):
    platform = platform_of_fakes(tmp_path)
    made = create_app(platform, InlineQueue(platform))  # type: ignore[arg-type]
    stock(made.test_client(), platform)
    yield made
    platform.close()


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{page}-{place}" for place, (page, _) in enumerate(LINES)])
def test_every_curl_line_of_the_docs_runs(app, page, line) -> None:
    said = re.sub(r"/ID\b", f"/{IMPORT_ID}", line)
    answer = send(app.test_client(), parse(said, VARIABLES), files())
    assert 200 <= answer.status_code < 300, f"{page}: {line}\n{answer.text}"


def test_the_lines_are_found() -> None:
    pages = {page for page, _ in LINES}
    assert {"README.md", "api.md", "ingest.md"} <= pages
    every = sum(text.count("\ncurl ") for text in (page.read_text("utf-8") for page in PAGES))
    assert len(LINES) > 0.9 * every


def test_the_page_on_the_api_has_every_path_and_a_line_for_every_operation(app) -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    sent = [parse(line, VARIABLES) for line in curl_lines(text)]
    for route in routes(app):
        assert route.path in text, f"docs/api.md says nothing of {route.path}"
        pattern = re.compile(r"localhost:8000" + re.sub(r"\\{[a-z_]+\\}", "[^/?]+", re.escape(route.path)) + r"(\?.*)?")
        methods = {_method(request) for request in sent if pattern.fullmatch(request.url)}
        assert route.method in methods, f"docs/api.md has no line with {route.method} {route.path}"


def _method(request) -> str:
    has_body = (request.form or request.upload or request.data) and not request.as_query
    return request.method or ("POST" if has_body else "GET")
