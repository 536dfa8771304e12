"""What narrows products down, and puts them in order: filters, what was understood of the words, and the order."""

import pytest
from page_seen import asked, chips, titles
from page_shop import PHONE

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
expect = sync_api.expect


def counts(page, field: str) -> list[str]:
    """The values that are offered of a field, with their numbers."""
    group = page.get_by_role("group", name=field, exact=True)
    return [" ".join(text.split()) for text in group.locator("label.tick:visible").all_inner_texts()]


def count(page, text: str) -> None:
    expect(page.locator("#count")).to_have_text(text)


def test_filters_say_how_many_products_each_value_brings(page, small_shop) -> None:
    page.goto(small_shop)
    count(page, "36 products")
    expect(page.get_by_role("group", name="Colour")).to_be_visible()
    assert counts(page, "Brand") == ["Halden 24", "Luma 12"]
    assert counts(page, "Colour") == ["Blue 12", "Green 12", "Red 12"]
    assert counts(page, "Gender") == ["Women 24", "Men 12"]
    assert counts(page, "Pattern") == ["Solid 24", "Striped 12"]
    expect(page.get_by_role("group", name="Season")).to_have_count(0)  # no product has one
    expect(page.get_by_role("checkbox", name="In stock 33")).to_be_visible()
    expect(page.get_by_role("button", name="From 10 to 25 15")).to_be_visible()


def test_ticks_stand_in_the_address_and_leave_other_values_to_choose(page, small_shop) -> None:
    page.goto(f"{small_shop}/?q=red")
    count(page, "12 products, best match first")
    page.get_by_text("Men 4", exact=True).click()
    count(page, "4 products, best match first")
    assert asked(page) == {"q": ["red"], "in.gender": ["Men"]}
    assert set(titles(page)) == {f"red shirt {number}" for number in range(4)}
    assert counts(page, "Gender") == ["Women 8", "Men 4"]  # what ticking it as well would bring
    page.get_by_text("Women 8", exact=True).click()
    count(page, "12 products, best match first")
    page.get_by_role("checkbox", name="In stock").check(force=True)
    count(page, "11 products, best match first")
    assert asked(page) == {"q": ["red"], "in.gender": ["Women", "Men"], "is": ["in_stock"]}
    page.reload()
    count(page, "11 products, best match first")
    expect(page.get_by_role("checkbox", name="Women 7")).to_be_checked()
    page.go_back()
    count(page, "12 products, best match first")
    expect(page.get_by_role("checkbox", name="In stock")).not_to_be_checked()
    page.go_back()
    expect(page.get_by_role("checkbox", name="Women")).not_to_be_checked()
    page.go_forward()
    expect(page.get_by_role("checkbox", name="Women")).to_be_checked()
    page.get_by_role("button", name="Clear all filters").click()
    assert asked(page) == {"q": ["red"]}
    count(page, "12 products, best match first")


def test_numbers_fit_the_reading_that_is_shown(page, small_shop) -> None:
    page.goto(f"{small_shop}/?q=red+dress&in.gender=Men")  # there is none: the words become preferences
    count(page, "12 products, best match first")
    assert chips(page) == ["preferring Colour: Red", "preferring Category: Dresses"]
    expect(page.get_by_role("checkbox", name="Men 12")).to_be_checked()
    assert counts(page, "Gender") == ["Women 24", "Men 12"]
    page.goto(f"{small_shop}/?q=red+dress&in.gender=Women")
    count(page, "8 products, best match first")
    expect(page.get_by_role("checkbox", name="Women 8")).to_be_checked()
    assert counts(page, "Gender") == ["Women 8"]


def test_browsing_is_filtered_as_a_search_is(page, small_shop) -> None:
    page.goto(small_shop)
    page.get_by_text("Luma 12", exact=True).click()
    expect(page.get_by_role("heading", name="Luma")).to_be_visible()
    count(page, "12 products")
    assert len(titles(page)) == 12
    expect(page.get_by_role("checkbox", name="Dresses 12")).to_be_visible()
    assert counts(page, "Colour") == ["Blue 4", "Green 4", "Red 4"]
    assert counts(page, "Brand") == ["Halden 24", "Luma 12"]
    page.get_by_text("Green 4", exact=True).click()
    count(page, "4 products")
    assert set(titles(page)) == {f"green dress {number}" for number in range(4)}
    assert asked(page) == {"in.brand": ["Luma"], "in.base_colour": ["Green"]}


def test_prices_are_chosen_or_typed(page, small_shop) -> None:
    page.goto(f"{small_shop}/?q=blue")
    page.get_by_role("button", name="From 25 to 50 2").click()
    count(page, "2 products, best match first")
    assert asked(page) == {"q": ["blue"], "from.price": ["25"], "below.price": ["50"]}
    expect(page.get_by_role("button", name="From 25 to 50 2")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="From 25 to 50 2").click()
    count(page, "12 products, best match first")
    page.get_by_label("From", exact=True).fill("60")
    page.get_by_label("From", exact=True).press("Tab")
    count(page, "4 products, best match first")
    page.get_by_label("To", exact=True).fill("80")
    page.get_by_label("To", exact=True).press("Enter")
    count(page, "3 products, best match first")
    assert asked(page) == {"q": ["blue"], "from.price": ["60"], "to.price": ["80"]}
    page.get_by_label("From", exact=True).fill("")
    page.get_by_label("From", exact=True).press("Tab")
    count(page, "11 products, best match first")


def test_filters_are_behind_a_button_on_the_phone(page, small_shop) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{small_shop}/?q=red")
    button = page.get_by_role("button", name="Filters", exact=True)
    expect(button).to_be_visible()
    expect(page.get_by_text("Men 4", exact=True)).to_be_hidden()
    button.click()
    page.get_by_text("Men 4", exact=True).click()
    expect(page.get_by_role("button", name="Filters (1)")).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Show 4 products").click()
    expect(page.get_by_text("Men 4", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="Filters (1)")).to_be_focused()


def test_what_was_understood_can_be_taken_away_or_switched_off(page, small_shop, sent) -> None:
    page.goto(f"{small_shop}/?q=red+dress+under+50+not+striped")
    count(page, "2 products, best match first")
    assert chips(page) == ["Colour: Red", "Category: Dresses", "Price under 50", "not Striped"]
    assert set(titles(page)) == {"red dress 0", "red dress 2"}
    page.get_by_role("button", name="Take away: not Striped").click()
    count(page, "3 products, best match first")
    expect(page.locator("#words")).to_have_value("red dress under 50")
    page.get_by_role("button", name="Take away: Colour: Red").click()
    count(page, "9 products, best match first")
    page.go_back()
    assert chips(page) == ["Colour: Red", "Category: Dresses", "Price under 50"]
    page.get_by_role("button", name="Search for the words as they are").click()
    count(page, "36 products, best match first")
    assert chips(page) == []
    assert sent[-1]["interpret"] is False
    assert asked(page) == {"q": ["red dress under 50"], "words": ["plain"]}
    page.reload()
    count(page, "36 products, best match first")
    page.get_by_role("button", name="Read them as filters").click()
    count(page, "3 products, best match first")
    assert asked(page) == {"q": ["red dress under 50"]}


def test_a_preference_is_said_to_be_one_and_no_words_are_told_of_twice(page, small_shop) -> None:
    def uncertain(route) -> None:
        answer = route.fetch().json()
        either = {"base_colour": ["Red", "Green"]}
        terms = [
            {"words": "red", "field": "base_colour", "kind": "value", "filter": either, "sure": True},
            {"words": "red", "field": "base_colour", "kind": "value", "filter": {"base_colour": "Red"}, "sure": False},
            {"words": "summer", "field": "season", "kind": "value", "filter": {"season": "Summer"}, "sure": False},
            {"words": "summer", "field": "season", "kind": "value", "filter": {"season": "Warm"}, "sure": False},
        ]
        read = {"text": "red summer", "terms": terms, "rest": [], "unknown_unwanted": ["unicorns"]}
        route.fulfill(json={**answer, "interpretation": read})

    page.route("**/v1/search", uncertain)
    page.goto(f"{small_shop}/?q=red+summer+without+unicorns")
    expect(page.locator("#read")).to_be_visible()
    assert chips(page) == ["Colour: Red or Green", "preferring Season: Summer", "less like “unicorns”"]
    page.get_by_role("button", name="Take away: less like “unicorns”").click()
    expect(page.locator("#words")).to_have_value("red summer")


def test_products_are_put_in_order(page, small_shop, sent) -> None:
    page.goto(f"{small_shop}/?q=blue+dress")
    count(page, "8 products, best match first")
    order = page.get_by_label("Order")
    order.select_option("Price: high to low")
    count(page, "8 products, highest price first")
    assert titles(page) == [f"blue dress {number}" for number in range(7, -1, -1)]
    assert asked(page) == {"q": ["blue dress"], "order": ["-price"]}
    order.select_option("Price: low to high")
    count(page, "8 products, lowest price first")
    assert titles(page) == [f"blue dress {number}" for number in range(8)]
    order.select_option("More varied")
    count(page, "8 products, best match first, more varied")
    assert sent[-1]["diversity"] == 0.3
    assert "sort" not in sent[-1]
    page.reload()
    expect(order).to_have_value("varied")
    page.go_back()
    expect(order).to_have_value("price")
    page.go_back()
    page.go_back()
    expect(order).to_have_value("")
    count(page, "8 products, best match first")


def test_a_card_offers_more_less_and_why(page, small_shop, sent) -> None:
    page.goto(f"{small_shop}/?q=blue+dress")
    count(page, "8 products, best match first")
    page.get_by_role("button", name="What to do with blue dress 3").click()
    page.get_by_role("button", name="Why this?").click()
    told = page.locator("#menu")
    expect(told).to_contain_text("Blue")
    expect(told).to_contain_text("Dresses")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="What to do with blue dress 3").click()
    page.get_by_role("button", name="Leave this out").click()
    expect(page.get_by_text("1 left out")).to_be_visible()
    assert "blue dress 3" not in titles(page)
    page.get_by_role("button", name="What to do with blue dress 0").click()
    page.get_by_role("button", name="Less like this").click()
    expect(page.get_by_role("button", name="Remove blue dress 0")).to_be_visible()
    assert sent[-1]["not"] == {"image": [{"product_id": "dress-blue-0"}]}
    page.get_by_role("button", name="What to do with blue dress 7").click()
    page.get_by_role("button", name="More like this, too").click()
    expect(page.get_by_role("heading", name="Looks like 1 chosen product, with “blue dress”")).to_be_visible()
    assert sent[-1]["image"] == [{"product_id": "dress-blue-7"}]
    page.reload()
    expect(page.get_by_role("button", name="Remove blue dress 7")).to_be_visible()
