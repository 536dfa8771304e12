"""Searching by a photo, and by a part of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from page_seen import asked, titles
from page_shop import PHONE, photo

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
expect = sync_api.expect

HAND_OVER = """async ([kind, address]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([await (await fetch(address)).blob()], "mine.png", { type: "image/png" }));
    const init = { bubbles: true, cancelable: true };
    const event = kind === "drop" ? new DragEvent(kind, { ...init, dataTransfer: transfer })
                                  : new ClipboardEvent(kind, { ...init, clipboardData: transfer });
    document.querySelector("footer").dispatchEvent(event);
}"""


def test_a_chosen_photo_searches_and_goes_with_words_and_categories(page, shop) -> None:
    page.goto(shop)
    blue = {"name": "mine.png", "mimeType": "image/png", "buffer": photo((0, 0, 250))}
    page.get_by_label("Photo", exact=True).set_input_files(blue)
    expect(page.get_by_role("heading", name="Looks like your photo")).to_be_visible()
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    assert all(title.startswith("blue") for title in titles(page))
    page.get_by_text("Tops 30").click()
    expect(page.locator("#grid .title").first).to_contain_text("blue top")
    page.get_by_label("Search by words").fill("green")
    expect(page.get_by_role("heading", name="Looks like your photo, with “green”")).to_be_visible()
    page.get_by_role("button", name="Remove your photo").click()
    expect(page.get_by_role("heading", name="“green”")).to_be_visible()
    expect(page.locator("#grid .title").first).to_contain_text("green top")
    page.go_back()
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
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


def give(page, two_colours: bytes) -> None:
    """Search by this photo, and wait for the answer: what was on the page before has titles too."""
    mine = {"name": "mine.png", "mimeType": "image/png", "buffer": two_colours}
    with page.expect_response("**/v1/search"):
        page.get_by_label("Photo", exact=True).set_input_files(mine)
    expect(page.get_by_role("heading", name="Looks like your photo")).to_be_visible()
    expect(page.get_by_role("img", name="Your photo, large")).to_be_visible()
    expect(page.locator("#grid .title").first).to_be_visible()


def points(page, *fractions: tuple[float, float]) -> list[tuple[float, float]]:
    """Where on the screen these fractions of the photo are."""
    page.locator("#stage .easel").scroll_into_view_if_needed()
    box = page.locator("#stage .easel").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in fractions]


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    (from_x, from_y), (to_x, to_y) = points(page, start, end)
    page.mouse.move(from_x, from_y)
    page.mouse.down()
    page.mouse.move((from_x + to_x) / 2, (from_y + to_y) / 2)
    page.mouse.move(to_x, to_y)
    page.mouse.up()


def searching_by(box: list[float]) -> Callable[[Any], bool]:
    """Whether a request is a search by about this part of a photo."""

    def is_it(request: Any) -> bool:
        if not request.url.endswith("/v1/search"):
            return False
        images = request.post_data_json["image"] or [{}]
        return images[0].get("box") == pytest.approx(box, abs=0.03)

    return is_it


def test_a_box_drawn_by_mouse_searches_by_that_part(page, small_shop, sent) -> None:
    page.goto(small_shop)
    give(page, photo((0, 0, 250), (250, 0, 0)))
    with page.expect_request(searching_by([0.1, 0.55, 0.9, 0.95])):
        drag(page, (0.1, 0.55), (0.9, 0.95))
    expect(page.get_by_role("img", name="The part of your photo")).to_be_visible()
    expect(page.locator("#grid .title").first).to_contain_text("red")
    with page.expect_request(searching_by([0.1, 0.05, 0.9, 0.45])):
        drag(page, (0.5, 0.75), (0.5, 0.25))  # takes hold of it, and moves it up
    expect(page.locator("#grid .title").first).to_contain_text("blue")
    with page.expect_request(searching_by([0.1, 0.05, 0.5, 0.3])):
        drag(page, (0.9, 0.45), (0.5, 0.3))  # takes hold of a corner
    expect(page.locator("#chips canvas")).to_be_visible()
    drawn = page.locator("#chips canvas").evaluate("c => [...c.getContext('2d').getImageData(9, 9, 1, 1).data]")
    assert drawn == pytest.approx([0, 0, 250, 255], abs=12)  # the chip shows what is searched by
    page.go_back()
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    expect(page.locator("#stage .mark")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#stage .mark")).to_be_visible()
    page.get_by_role("button", name="Search by the whole photo").click()
    expect(page.locator("#stage .mark")).to_be_hidden()
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    assert "box" not in sent[-1]["image"][0]


def test_a_click_on_the_photo_draws_no_box(page, small_shop, sent) -> None:
    page.goto(small_shop)
    give(page, photo((0, 0, 250)))
    asked_before = len(sent)
    drag(page, (0.5, 0.5), (0.51, 0.51))
    expect(page.locator("#stage .mark")).to_be_hidden()
    assert len(sent) == asked_before


def test_a_box_is_made_moved_sized_and_cleared_by_keyboard(page, small_shop) -> None:
    page.goto(small_shop)
    give(page, photo((0, 0, 250), (250, 0, 0)))
    page.get_by_role("button", name="Mark the part that matters").focus()
    page.keyboard.press("Enter")
    mark = page.locator("#stage .mark")
    expect(mark).to_be_focused()
    expect(page.get_by_role("img", name="The part of your photo")).to_be_visible()
    with page.expect_request(searching_by([0.2, 0.25, 0.8, 0.95])):
        for _ in range(5):
            page.keyboard.press("ArrowDown")
    with page.expect_request(searching_by([0.2, 0.25, 0.6, 0.95])) as asking:
        for _ in range(10):
            page.keyboard.press("Shift+ArrowLeft")
    asking.value.response()
    expect(mark).to_be_focused()  # an answer leads nobody away who still draws
    expect(mark).to_have_attribute("aria-label", re.compile("20 to 60 percent across, 25 to 95 percent down"))
    page.keyboard.press("Escape")
    expect(mark).to_be_hidden()
    expect(page.get_by_role("button", name="Mark the part that matters")).to_be_focused()
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()


def test_a_finger_scrolls_past_the_photo_and_sizes_a_box_that_is_there(touched_page, small_shop) -> None:
    page = touched_page
    page.set_viewport_size(PHONE)
    page.goto(small_shop)
    give(page, photo((0, 0, 250), (250, 0, 0)))
    hand = page.context.new_cdp_session(page)

    def swipe(start: tuple[float, float], end: tuple[float, float]) -> None:
        (from_x, from_y), (to_x, to_y) = points(page, start, end)
        steps = [(from_x, from_y), ((from_x + to_x) / 2, (from_y + to_y) / 2), (to_x, to_y)]
        for kind, place in zip(("touchStart", "touchMove", "touchMove"), steps, strict=True):
            touch = [{"x": place[0], "y": place[1]}]
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch})
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe((0.5, 0.8), (0.5, 0.4))
    expect(page.locator("#stage .mark")).to_be_hidden()
    page.get_by_role("button", name="Mark the part that matters").tap()
    expect(page.get_by_role("img", name="The part of your photo")).to_be_visible()
    with page.expect_request(searching_by([0.2, 0.15, 0.6, 0.6])):
        swipe((0.8, 0.85), (0.6, 0.6))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_part_of_an_opened_products_photo_stands_in_the_address(page, shop, sent) -> None:
    page.goto(f"{shop}/?product=dress-red-3")
    expect(page.locator("#product img.loaded").first).to_be_visible()
    page.get_by_role("button", name="Photo 2 of 2").click()
    page.locator("#product").get_by_role("button", name="Mark the part that matters").click()
    expect(page.get_by_role("img", name="The part of red dress 3")).to_be_visible()
    wanted = {"product_id": "dress-red-3", "image": "photo 1", "box": [0.2, 0.15, 0.8, 0.85]}
    assert sent[-1]["image"] == [wanted]
    assert asked(page) == {"product": ["dress-red-3"], "image": ["photo 1"], "box": ["0.2,0.15,0.8,0.85"]}
    page.reload()
    expect(page.locator("#product .mark")).to_be_visible()
    expect(page.get_by_role("img", name="red dress 3, photo 2 of 2")).to_be_visible()
    assert sent[-1]["image"] == [wanted]
    page.get_by_role("button", name="Photo 1 of 2").click()
    expect(page.locator("#product .mark")).to_be_hidden()
    assert asked(page) == {"product": ["dress-red-3"]}
