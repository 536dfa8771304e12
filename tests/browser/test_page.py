"""The page in a real browser: a shop of plain colours, served by waitress over the exact store and a fake encoder."""

import base64
import io
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import waitress
from fakes import COLOURS, CalibratedEncoder, InlineQueue, platform_of_fakes
from flask import Flask
from PIL import Image
from waitress import wasyncore

from web.app import create_app

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
expect = sync_api.expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
HOSTILE_ID = "<b>/..'\"&?#%2F x"
HOSTILE_TITLE = "<img src=x onerror=alert(1)>"
LONG_TITLE = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
# Drops or pastes the photo at an address, as a person's hand would from another window.
HAND_OVER = """async ([kind, address]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([await (await fetch(address)).blob()], "mine.png", { type: "image/png" }));
    const init = { bubbles: true, cancelable: true };
    const event = kind === "drop" ? new DragEvent(kind, { ...init, dataTransfer: transfer })
                                  : new ClipboardEvent(kind, { ...init, clipboardData: transfer });
    document.querySelector("footer").dispatchEvent(event);
}"""
PROBLEM = {"title": "Service Unavailable", "status": 503, "code": "unavailable", "detail": "milvus is away"}


def photo(colour: tuple[int, int, int]) -> bytes:
    """A plain photo of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), colour).save(buffer, "PNG")
    return buffer.getvalue()


def put(app: Flask, path: str, colour: str, shade: int = 0, photos: int = 1, **attributes: object) -> None:
    """Make a product searchable; equal colours of different `shade` are near, and not the same."""
    parts = [max(0, part - 4 * shade) for part in COLOURS[colour]]
    data = base64.b64encode(photo((parts[0], parts[1], parts[2]))).decode()
    images = [{"name": f"photo {number}", "data": data} for number in range(photos)]
    answer = app.test_client().put(f"/v1/products/{path}", json={**attributes, "images": images})
    assert answer.status_code == 200, answer.text


def stock(app: Flask) -> None:
    """Twenty dresses and ten tops in each of three colours, and one product that means harm."""
    for colour in ("red", "green", "blue"):
        for number in range(20):
            put(
                app, f"dress-{colour}-{number}", colour, number, 2, title=f"{colour} dress {number}", category="Dresses"
            )
        for number in range(10):
            title = f"{colour} top {number}"
            put(app, f"top-{colour}-{number}", colour, number, title=title, category="Tops", price=19.5, in_stock=True)
    path = "%3Cb%3E%2F..%27%22%26%3F%23%252F%20x"  # HOSTILE_ID, as a path
    put(app, path, "yellow", title=HOSTILE_TITLE, category="<i>Odd</i>", brand=LONG_TITLE)


@contextmanager
def served(data_dir: Path, fill: Callable[[Flask], None], encoder: object | None = None) -> Iterator[tuple[str, Flask]]:
    """The app on a free port of loopback, as (address, app)."""
    platform = platform_of_fakes(data_dir, encoder)
    app = create_app(platform, InlineQueue(platform))  # type: ignore[arg-type]
    fill(app)
    sockets: dict[int, object] = {}
    server = waitress.create_server(app, map=sockets, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}", app
    finally:
        # In the server's own thread, which would stumble over sockets that vanish while it waits on them.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join(10)
        server.task_dispatcher.shutdown()
        platform.close()


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not Path(found).is_file():
            pytest.skip("no Chromium on PATH: install it to test the page in a browser")
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("shop"), stock) as (address, _):
        yield address


def watched(context: "sync_api.BrowserContext", complaints: list[str]) -> "sync_api.Page":
    """A new page whose complaints, violations of its content security policy included, are noted."""
    context.set_default_timeout(5000)
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    opened.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return opened


@pytest.fixture(scope="module")
def tab(browser: "sync_api.Browser") -> Iterator[tuple["sync_api.Page", list[str]]]:
    """One page for most tests, with its complaints: a new one costs half a second of work."""
    noted: list[str] = []
    with browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context:
        yield watched(context, noted), noted


@pytest.fixture
def complaints(tab: tuple["sync_api.Page", list[str]]) -> list[str]:
    """What the page complained about. A test that provokes something clears it; nothing may be left at the end."""
    return tab[1]


@pytest.fixture
def page(tab: tuple["sync_api.Page", list[str]], complaints: list[str]) -> Iterator["sync_api.Page"]:
    opened = tab[0]
    opened.set_viewport_size(DESKTOP)
    complaints.clear()
    yield opened
    opened.unroute_all(behavior="ignoreErrors")
    opened.goto("about:blank")
    assert complaints == []


@pytest.fixture
def page_with_clock(browser: "sync_api.Browser") -> Iterator["sync_api.Page"]:
    """A page whose time the test moves by hand."""
    noted: list[str] = []
    with browser.new_context(viewport=DESKTOP) as context:
        opened = watched(context, noted)
        opened.clock.install()
        yield opened
    assert noted == []


def titles(page: "sync_api.Page") -> list[str]:
    return page.locator("#grid .title").all_inner_texts()


def asked(page: "sync_api.Page") -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def card(page: "sync_api.Page", title: str) -> "sync_api.Locator":
    return page.locator("#grid a").filter(has=page.get_by_text(title, exact=True))


def problem(route: "sync_api.Route") -> None:
    route.fulfill(status=503, json=PROBLEM, content_type="application/problem+json")


def test_the_start_shows_products_of_every_category_with_their_photos(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)  # 16 of each large category, and the odd one
    assert [title.split()[1] for title in titles(page)[3:7]] == ["dress", "top", "dress", "top"]
    expect(page.locator("#grid img").first).to_have_js_property("naturalWidth", 30)
    expect(page.locator("#stock")).to_have_text("91 products")
    expect(page.get_by_role("checkbox", name="Dresses 60")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid a")).to_have_count(33 + 38)  # the odd one and the tops are through
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    expect(page).to_have_title("Lookalike")


def test_typing_searches_and_stands_in_the_address(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    page.get_by_label("Search by words").press_sequentially("blue ", delay=10)
    expect(page.get_by_role("heading", name="“blue”")).to_be_visible()
    expect(page.locator("#grid a")).to_have_count(24)
    assert all(title.startswith("blue") for title in titles(page))
    assert asked(page) == {"q": ["blue"]}
    expect(page.locator("#words")).to_have_value("blue ")  # what is being typed is left alone
    expect(page.locator("#count")).to_have_text("First 24 products, best match first")
    expect(page.locator("#answered")).to_contain_text("colours@1+00000000, generation 1, ")
    expect(page.locator("#grid .score").first).to_have_text("similarity 1.00")
    page.reload()
    expect(page.locator("#words")).to_have_value("blue")
    expect(page.locator("#grid .title").first).to_contain_text("blue")


def test_enter_searches_at_once(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    page.evaluate("window.setTimeout = () => 0")  # typing alone never searches now
    page.get_by_label("Search by words").fill("green")
    page.get_by_label("Search by words").press("Enter")
    expect(page.locator("#grid .title").first).to_contain_text("green")


def test_typing_on_changes_one_step_of_the_history(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    for text in ("red", "red or", "red or blue"):
        page.get_by_label("Search by words").fill(text)
        expect(page.locator("#heading")).to_have_text(f"“{text}”")
    page.go_back()
    expect(page.locator("#words")).to_have_value("")
    expect(page.locator("#grid a")).to_have_count(33)


def test_a_late_answer_to_an_older_question_is_dropped(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    held = []
    page.route(
        "**/v1/search", lambda route: held.append(route) if "red" in route.request.post_data else route.continue_()
    )
    page.get_by_label("Search by words").fill("red")
    page.wait_for_timeout(400)
    assert held
    page.get_by_label("Search by words").fill("blue")
    expect(page.locator("#heading")).to_have_text("“blue”")
    held[0].continue_()
    page.wait_for_timeout(150)
    assert titles(page)
    assert all(title.startswith("blue") for title in titles(page))


def test_more_results_come_until_there_are_none(page, shop) -> None:
    page.goto(f"{shop}/?q=red&category=Tops")
    expect(page.locator("#grid a")).to_have_count(24)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid a")).to_have_count(30)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert len(set(titles(page))) == 30
    expect(page.locator("#grid a").nth(24)).to_be_focused()


def test_ticked_categories_filter_searches_and_the_browse(page, shop) -> None:
    page.goto(f"{shop}/?q=red")
    expect(page.locator("#grid a")).to_have_count(24)
    page.get_by_text("Tops 30").click()
    expect(page).to_have_url(f"{shop}/?q=red&category=Tops")
    expect(page.locator("#grid .category").first).to_have_text("Tops")
    assert set(page.locator("#grid .category").all_inner_texts()) == {"Tops"}
    page.get_by_text("<i>Odd</i> 1").click()
    expect(page).to_have_url(f"{shop}/?q=red&category=Tops&category=%3Ci%3EOdd%3C%2Fi%3E")
    page.get_by_label("Search by words").fill("")
    expect(page.get_by_role("heading", name="Tops, <i>Odd</i>")).to_be_visible()
    assert set(page.locator("#grid .category").all_inner_texts()) == {"Tops", "<i>Odd</i>"}
    page.get_by_text("Tops 30").click()
    expect(page.locator("#grid a")).to_have_count(1)


def test_a_chosen_photo_searches_and_goes_with_words_and_categories(page, shop) -> None:
    page.goto(shop)
    blue = {"name": "mine.png", "mimeType": "image/png", "buffer": photo((0, 0, 250))}
    page.get_by_label("Photo", exact=True).set_input_files(blue)
    expect(page.get_by_role("heading", name="Looks like your photo")).to_be_visible()
    expect(page.get_by_role("img", name="Your photo")).to_be_visible()
    assert all(title.startswith("blue") for title in titles(page))
    page.get_by_text("Tops 30").click()
    expect(page.locator("#grid .title").first).to_contain_text("blue top")
    page.get_by_label("Search by words").fill("green")
    expect(page.get_by_role("heading", name="Looks like your photo, with “green”")).to_be_visible()
    page.get_by_role("button", name="Remove your photo").click()
    expect(page.get_by_role("heading", name="“green”")).to_be_visible()
    expect(page.locator("#grid .title").first).to_contain_text("green top")
    page.go_back()
    expect(page.get_by_role("img", name="Your photo")).to_be_visible()
    page.reload()
    expect(page.get_by_text("A photo is not kept")).to_be_visible()


def test_photos_may_be_dropped_and_pasted_anywhere(page, shop) -> None:
    page.goto(shop)
    for kind, colour in (("drop", "green"), ("paste", "red")):
        page.evaluate(HAND_OVER, [kind, f"{shop}/v1/products/dress-{colour}-0/images/photo%200"])
        expect(page.locator("#grid .title").first).to_contain_text(colour)
        expect(page.get_by_role("heading", name="Looks like your photo")).to_be_visible()


def test_a_file_that_is_no_photo_is_refused_in_words(page, shop, complaints) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    chooser = page.get_by_label("Photo", exact=True)
    chooser.set_input_files({"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    expect(page.get_by_role("alert")).to_contain_text("“notes.pdf” is not a photo")
    chooser.set_input_files({"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG broken"})
    expect(page.get_by_role("alert")).to_contain_text("Not a readable JPEG")
    assert complaints.pop().startswith("error: Failed to load resource")  # the 400, which the browser notes


def test_a_card_leads_to_its_look_alikes_and_back(page, shop) -> None:
    page.goto(f"{shop}/?q=green")
    expect(page.locator("#grid a")).to_have_count(24)
    before = titles(page)
    card(page, before[20]).scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 100
    card(page, before[20]).click()
    expect(page.locator("#product h2")).to_have_text(before[20])
    expect(page.locator("#product h2")).to_be_focused()
    expect(page.get_by_role("heading", name="Looks like this")).to_be_visible()
    assert before[20] not in titles(page)
    assert page.evaluate("scrollY") == 0
    colour, kind, number = before[20].split()
    assert asked(page) == {"product": [f"{kind}-{colour}-{number}"]}
    page.go_back()
    expect(page.locator("#heading")).to_have_text("“green”")
    assert titles(page) == before
    assert page.evaluate("scrollY") == scrolled
    page.go_forward()
    expect(page.locator("#product h2")).to_have_text(before[20])
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid a")).to_have_count(48)
    page.reload()
    expect(page.locator("#product h2")).to_have_text(before[20])


def test_a_product_shows_its_attributes_and_every_photo_and_takes_words(page, shop) -> None:
    page.goto(f"{shop}/?product=top-red-3")
    panel = page.locator("#product")
    expect(panel.locator("h2")).to_have_text("red top 3")
    expect(panel.locator(".price")).to_have_text("19.50")
    expect(panel.locator("dl")).to_contain_text("In stock")
    expect(panel.locator("dl")).to_contain_text("top-red-3")
    page.goto(f"{shop}/?product=dress-red-3")
    expect(page.get_by_role("img", name="red dress 3, photo 1 of 2")).to_be_visible()
    page.get_by_role("button", name="Photo 2 of 2").click()
    expect(page.get_by_role("img", name="red dress 3, photo 2 of 2")).to_be_visible()
    expect(page.locator("#grid .title").first).to_contain_text("red")
    page.get_by_label("Search by words").fill("blue")
    expect(page.get_by_role("heading", name="Looks like this, with “blue”")).to_be_visible()
    page.get_by_role("button", name="Remove red dress 3").click()
    expect(page.get_by_role("heading", name="“blue”")).to_be_visible()
    expect(panel).to_be_hidden()


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
    assert all("Failed to load resource" in complaint for complaint in complaints)
    complaints.clear()


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
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in complaints)
    complaints.clear()


def test_nothing_found_offers_all_categories(page, shop) -> None:
    page.goto(f"{shop}/?q=red&category=Hats")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Search all categories").click()
    expect(page.locator("#grid a")).to_have_count(24)


def test_an_empty_catalogue_says_how_to_fill_it_and_notices_when_it_is(page_with_clock, tmp_path: Path) -> None:
    page = page_with_clock
    with served(tmp_path, lambda app: None) as (address, app):
        page.goto(address)
        expect(page.get_by_role("heading", name="No products yet")).to_be_visible()
        expect(page.locator("#blank code")).to_contain_text("lookalike ingest")
        put(app, "first", "red", title="The first", category="Hats")
        page.clock.fast_forward(5000)
        expect(page.locator("#grid .title")).to_have_text("The first")
        page.goto("about:blank")  # lets go of the server


def test_the_keyboard_reaches_everything_in_order(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.type || 'link'"))
    assert order == ["skip", "home", "submit", "words", "photo", "checkbox", "checkbox", "checkbox", "link"]
    page.locator("#grid a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#product h2")).to_be_focused()


def test_a_calibrated_model_says_how_likely_a_hit_is_right_and_when_none_is(page, tmp_path: Path) -> None:
    def fill(app: Flask) -> None:
        for number in range(3):
            put(app, f"red-{number}", "red", number, title=f"Red {number}", category="Tops", price=19.5)
        put(app, "blue", "blue", title="Blue", category="Hats")

    with served(tmp_path, fill, CalibratedEncoder()) as (address, _):
        page.goto(f"{address}/?q=red")
        expect(page.locator("#grid .score").first).to_have_text("99% match")  # 1, but nothing measured is certain
        expect(page.locator("#grid .score").last).to_have_text("1% match")
        expect(page.locator("#grid .score").first).to_have_attribute("title", re.compile(r"about 99 .*: 1\.00$"))
        expect(page.locator("#doubt")).to_be_hidden()
        expect(page.locator("#count")).to_have_text("4 products, best match first")
        page.get_by_label("Search by words").fill("zebra")
        expect(page.locator("#doubt")).to_have_text(
            "Nothing close to this in the catalogue. Here is the nearest there is."
        )
        expect(page.locator("#count")).to_have_text("The nearest 4 products")
        expect(page.locator("#grid a")).to_have_count(4)
        page.goto(f"{address}/?q=red&category=Hats")
        expect(page.locator("#doubt")).to_contain_text("Nothing close to this in Hats.")
        page.get_by_label("Search by words").fill("")
        expect(page.locator("#heading")).to_have_text("Hats")
        expect(page.locator("#doubt")).to_be_hidden()
        page.go_back()
        expect(page.locator("#doubt")).to_be_visible()
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.goto("about:blank")  # lets go of the server


def test_a_phone_never_scrolls_sideways(page, shop, complaints) -> None:
    page.set_viewport_size(PHONE)
    hostile = f"/?{urlencode({'product': HOSTILE_ID})}"
    for address in ("/", "/?q=yellow", hostile, "/?product=dress-red-3", "/?product=nobody", "/?q=red&category=Hats"):
        page.goto(f"{shop}{address}")
        expect(page.locator("#grid .title, #blank h2, #strip p").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    assert len(complaints) == 2  # the product and the search for its look-alikes, 404 both
    complaints.clear()
