"""What the page says when something goes wrong, and what it does with what means harm."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
from keyed_service import NO_REDIS
from page_seen import asked, card, forgive
from page_shop import HOSTILE_ATTRIBUTES, HOSTILE_ID, HOSTILE_TITLE, PHONE, key_of, put, served, shade

from services.api_keys import Scope
from web.context import EXTENSION

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
expect = sync_api.expect

PROBLEM = {"title": "Service Unavailable", "status": 503, "code": "unavailable", "detail": "milvus is away"}


def problem(route: "sync_api.Route") -> None:
    route.fulfill(status=503, json=PROBLEM, content_type="application/problem+json")


def test_hostile_titles_and_ids_are_text(page, shop) -> None:
    page.goto(f"{shop}/?q=yellow")
    hostile = card(page, HOSTILE_TITLE)
    expect(hostile).to_be_visible()
    hostile.click()
    expect(page.locator("#product h2")).to_have_text(HOSTILE_TITLE)
    expect(page.locator("#product dd").last).to_have_text(HOSTILE_ID)
    assert asked(page) == {"product": [HOSTILE_ID]}
    expect(page.locator("#product .gallery img").first).to_have_js_property("naturalWidth", 30)
    page.reload()
    expect(page.locator("#product h2")).to_have_text(HOSTILE_TITLE)
    expect(page.locator("img[onerror], #product b, main i")).to_have_count(0)


def test_a_problem_is_shown_and_can_be_retried(page, shop, complaints) -> None:
    page.route("**/v1/search", problem)
    page.goto(f"{shop}/?q=red")
    expect(page.get_by_role("alert")).to_contain_text("Milvus is away")
    expect(page.locator("#grid a")).to_have_count(0)
    page.unroute("**/v1/search")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#grid a")).to_have_count(24)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.goto(f"{shop}/?product=nobody")
    expect(page.get_by_role("alert")).to_contain_text("There is no product 'nobody'")
    forgive(page, complaints)


def test_a_server_that_is_gone_is_said_to_be(page, shop, complaints) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    page.route("**/v1/**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(page.locator("#grid a")).to_have_count(33)  # what is there stays
    page.get_by_label("Search by words").fill("red")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#grid a")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    page.unroute("**/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#grid a")).to_have_count(24)
    forgive(page, complaints, "ERR_CONNECTION_REFUSED")


def test_a_phone_never_scrolls_sideways(page, shop, complaints) -> None:
    page.set_viewport_size(PHONE)
    hostile = f"/?{urlencode({'product': HOSTILE_ID})}"
    for address in ("/", "/?q=yellow", hostile, "/?product=dress-red-3", "/?product=nobody", "/?q=red&category=Hats"):
        page.goto(f"{shop}{address}")
        expect(page.locator("#grid .title, #blank h2, #strip p").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    assert len(complaints) == 2  # the product and the search for its look-alikes, 404 both
    forgive(page, complaints)


@pytest.mark.parametrize(
    ("status", "code", "headers", "said"),
    [
        (429, "too_many_requests", {"Retry-After": "30"}, "Too many requests for now: try again in 30 seconds"),
        (429, "too_many_requests", {"Retry-After": "600"}, "try again in 10 minutes"),
        (504, "deadline_exceeded", {}, "The search took too long"),
        (500, "", {}, "The search took too long"),
    ],
)
def test_every_refusal_is_put_into_words(page, small_shop, complaints, status, code, headers, said) -> None:
    told = {"title": "No", "status": status, "code": code, "detail": "the search took too long"}
    page.route("**/v1/search", lambda route: route.fulfill(status=status, json=told, headers=headers))
    page.goto(f"{small_shop}/?q=red")
    expect(page.get_by_role("alert")).to_contain_text(said)
    page.unroute("**/v1/search")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#grid a")).to_have_count(12)
    forgive(page, complaints, f"status of {status}")


def test_an_answer_that_is_no_json_is_a_failure(page, small_shop, complaints) -> None:
    page.route("**/v1/search", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    page.goto(f"{small_shop}/?q=red")
    expect(page.get_by_role("alert")).to_contain_text("The server answered 502")
    forgive(page, complaints)


def test_products_come_even_where_nothing_can_be_counted(page, small_shop, complaints) -> None:
    page.route("**/v1/fields", problem)
    page.route("**/v1/search", problem)
    page.goto(small_shop)
    expect(page.locator("#grid a")).to_have_count(36)
    expect(page.locator("#count")).to_have_text("36 products")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_be_hidden()
    forgive(page, complaints)


def test_a_key_is_asked_for_where_one_is_needed(browser, tmp_path: Path) -> None:
    keys = []

    def fill(app) -> None:
        context = app.extensions[EXTENSION]
        # Both before the first call: all keys are read at once, and anew after some seconds only.
        keys.append(key_of(context.platform, Scope.READ))
        headers = {"Authorization": f"Bearer {key_of(context.platform, Scope.WRITE)}"}
        put(app, "first", shade("red", 0), headers=headers, title="The first", category="Hats")

    with (
        served(tmp_path, fill, auth="required", redis_url=NO_REDIS) as (address, _, _),
        browser.new_context() as context,
    ):
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/?q=red")
        dialog = page.get_by_role("dialog", name="An API key, please")
        expect(dialog).to_be_visible()
        expect(page.get_by_label("API key", exact=True)).to_be_focused()
        dialog.get_by_role("button", name="Not now").click()
        expect(page.get_by_role("alert").first).to_contain_text("This shop asks for an API key")
        page.get_by_role("button", name="Try again").click()
        page.get_by_label("API key", exact=True).fill("lk_wrong")
        page.get_by_label("API key", exact=True).press("Enter")
        expect(dialog).to_contain_text("This key is not accepted")
        page.get_by_label("API key", exact=True).fill(keys[0])
        page.get_by_label("API key", exact=True).press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.locator("#grid .title")).to_have_text("The first")  # the call was made again by itself
        expect(page.locator("#grid img")).to_have_js_property("naturalWidth", 30)
        assert keys[0] not in page.content()
        page.reload()
        expect(page.locator("#grid .title")).to_have_text("The first")
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Sign out").click()
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name="Not now").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        expect(page.locator("#grid .title")).to_have_count(0)
        assert context.cookies() == []
        assert errors == []
        page.goto("about:blank")  # lets go of the server


def test_where_no_key_was_shown_there_is_nothing_to_sign_out_of(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid .title").first).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_names_and_values_of_attributes_are_text(page, shop) -> None:
    page.goto(f"{shop}/?{urlencode({'product': HOSTILE_ID})}")
    panel = page.locator("#product")
    for value in HOSTILE_ATTRIBUTES.values():
        expect(panel.locator("dd").get_by_text(str(value), exact=True)).to_be_visible()
    expect(panel.locator("dt").get_by_text("<b onclick=alert(2)>field")).to_be_visible()
    expect(panel.locator("dt").get_by_text("Constructor")).to_be_visible()
    expect(page.locator("[onerror], [onclick]")).to_have_count(0)


@pytest.mark.parametrize(
    "query",
    [
        "in.__proto__=x&from.__proto__=1&is=__proto__",
        "in.constructor=x&from.constructor=1&to.toString=5",
        "constructor.price=4&q=red&__proto__=1&in.=1&from.price=NaN&to.price=1e999&box=1,2,3",
        "in.%3Cb%3E=%3Cimg+src%3Dx+onerror%3Dalert(4)%3E&q=%3Cscript%3E&order=%3Cb%3E&like=%3Cb%3E&unlike=x",
    ],
)
def test_hostile_addresses_are_text_as_well(page, shop, complaints, query) -> None:
    page.goto(f"{shop}/?{query}")
    expect(page.locator("#grid .title, #blank h2, #strip p").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("stumbled")).to_have_count(0)
    expect(page.locator("[onerror], main b")).to_have_count(0)
    assert page.evaluate("Object.keys(Object.prototype).length") == 0
    forgive(page, complaints)
