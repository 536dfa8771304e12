"""The page in a real browser: words, browsing, products, and the way back."""

import re
from pathlib import Path

import pytest
from fakes import CalibratedEncoder
from flask import Flask
from page_seen import asked, card, titles
from page_shop import PHONE, put, served, shade

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
expect = sync_api.expect


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
    expect(page.locator("#count")).to_have_text("91 products, best match first")
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
    expect(panel.locator("dl").first).to_contain_text("In stock")
    expect(panel.locator("dl").first).to_contain_text("top-red-3")
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


def test_what_the_model_suggests_is_told_apart_from_what_the_shop_says(page, shop) -> None:
    predicted = {"base_colour": {"label": "Red", "probability": 0.934}, "<i>": {"label": "<b>x", "probability": 1}}

    def suggest(route) -> None:
        route.fulfill(json={**route.fetch().json(), "predicted": predicted})

    page.route("**/v1/products/top-red-3", suggest)
    page.goto(f"{shop}/?product=top-red-3")
    suggested = page.get_by_role("region", name="Suggested by the photo")
    expect(suggested.locator("dt")).to_have_text(["Colour", "<i>"])
    expect(suggested.locator("dd")).to_have_text(["Red, 93%", "<b>x, 99%"])


def test_nothing_found_offers_all_categories(page, shop) -> None:
    page.goto(f"{shop}/?q=red&category=Hats")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Search all categories").click()
    expect(page.locator("#grid a")).to_have_count(24)


def test_an_empty_catalogue_says_how_to_fill_it_and_notices_when_it_is(page_with_clock, tmp_path: Path) -> None:
    page = page_with_clock
    with served(tmp_path, lambda app: None) as (address, app, _):
        page.goto(address)
        expect(page.get_by_role("heading", name="No products yet")).to_be_visible()
        expect(page.locator("#blank code")).to_contain_text("lookalike ingest")
        put(app, "first", shade("red", 0), title="The first", category="Hats")
        page.clock.fast_forward(5000)
        expect(page.locator("#grid .title")).to_have_text("The first")
        page.goto("about:blank")  # lets go of the server


def test_the_keyboard_reaches_everything_in_order(page, shop) -> None:
    page.goto(shop)
    expect(page.locator("#grid a")).to_have_count(33)
    order = []
    expect(page.get_by_role("checkbox", name="In stock 30")).to_be_visible()
    for _ in range(13):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.type || 'link'"))
    bar, categories = ["skip", "home", "submit", "words", "photo"], ["checkbox"] * 3
    filters, first_card = ["number", "number", "checkbox"], ["link", "button"]
    assert order == [*bar, *categories, *filters, *first_card]
    page.locator("#grid a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#product h2")).to_be_focused()


def test_a_calibrated_model_says_how_likely_a_hit_is_right_and_when_none_is(page, tmp_path: Path) -> None:
    def fill(app: Flask) -> None:
        for number in range(3):
            put(app, f"red-{number}", shade("red", number), title=f"Red {number}", category="Tops", price=19.5)
        put(app, "blue", shade("blue", 0), title="Blue", category="Hats")

    with served(tmp_path, fill, CalibratedEncoder()) as (address, _, _):
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
