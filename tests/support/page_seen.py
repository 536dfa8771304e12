"""What stands on the page."""

from typing import Any
from urllib.parse import parse_qs, urlsplit


def titles(page: Any) -> list[str]:
    """The titles of the products that are shown."""
    return list(page.locator("#grid .title").all_inner_texts())


def asked(page: Any) -> dict[str, list[str]]:
    """What the page's address asks for."""
    return parse_qs(urlsplit(page.url).query)


def card(page: Any, title: str) -> Any:
    """The card of the product with just this title."""
    return page.locator("#grid a").filter(has=page.get_by_text(title, exact=True))


def chips(page: Any) -> list[str]:
    """What was understood."""
    return list(page.locator("#read .term > span").all_inner_texts())


def forgive(page: Any, complaints: list[str], said: str = "Failed to load resource") -> None:
    """Wait until the page has loaded, and forget its complaints, all of which must say `said`."""
    page.wait_for_load_state("networkidle")
    assert [complaint for complaint in complaints if said not in complaint] == []
    complaints.clear()
