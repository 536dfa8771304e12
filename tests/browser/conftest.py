"""A browser, a page that notes its complaints, and shops to visit."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_shop import DESKTOP, boutique, served, shop_of_colours

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Of one module: its loop of events must be gone when other tests want one of their own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not Path(found).is_file():
            pytest.skip("no Chromium on PATH: install it to test the page in a browser")
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop of 91 products with little said about each, in which words are no filters."""
    with served(tmp_path_factory.mktemp("shop"), shop_of_colours) as (address, _, _):
        yield address


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop of 36 products that are labelled in full, so that words are read as filters."""
    with served(tmp_path_factory.mktemp("boutique"), boutique) as (address, _, _):
        yield address


def watched(context: Any, complaints: list[str]) -> Any:
    """A new page whose complaints, violations of its content security policy included, are noted."""
    context.set_default_timeout(5000)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    opened.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return opened


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[tuple[Any, list[str]]]:
    """One page for most tests, with its complaints: a new one costs half a second of work."""
    noted: list[str] = []
    with browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context:
        yield watched(context, noted), noted


@pytest.fixture
def complaints(tab: tuple[Any, list[str]]) -> list[str]:
    """What the page complained about. A test that provokes something clears it; nothing may be left at the end."""
    return tab[1]


@pytest.fixture
def page(tab: tuple[Any, list[str]], complaints: list[str]) -> Iterator[Any]:
    opened = tab[0]
    opened.set_viewport_size(DESKTOP)
    complaints.clear()
    yield opened
    opened.unroute_all(behavior="ignoreErrors")
    opened.goto("about:blank")
    assert complaints == []


@pytest.fixture
def touched_page(browser: Any) -> Iterator[Any]:
    """A page on a screen that is touched."""
    noted: list[str] = []
    with browser.new_context(viewport=DESKTOP, reduced_motion="reduce", has_touch=True) as context:
        yield watched(context, noted)
    assert noted == []


@pytest.fixture
def page_with_clock(browser: Any) -> Iterator[Any]:
    """A page whose time the test moves by hand."""
    noted: list[str] = []
    with browser.new_context(viewport=DESKTOP) as context:
        opened = watched(context, noted)
        opened.clock.install()
        yield opened
    assert noted == []


@pytest.fixture
def sent(page: Any) -> Iterator[list[dict[str, Any]]]:
    """The bodies of the searches that the page asks for hits, oldest first; those that only count ask for one."""
    bodies: list[dict[str, Any]] = []

    def note(request: Any) -> None:
        if request.url.endswith("/v1/search") and request.post_data_json.get("limit") != 1:
            bodies.append(request.post_data_json)

    page.on("request", note)
    yield bodies
    page.remove_listener("request", note)
