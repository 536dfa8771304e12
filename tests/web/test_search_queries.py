"""Everything that a search may be asked with, over HTTP: what each part of a body does to the hits."""

import base64
import io
import json

import pytest
from fakes import COLOURS, CalibratedEncoder, InlineQueue, VisionOnlyEncoder, platform_of_fakes
from flask.testing import FlaskClient
from PIL import Image

from services.errors import HostAway, LookalikeError, UnreachableUrl
from web.app import create_app

PLAIN = {"interpret": False, "limit": 12}


def ids(response) -> list[str]:
    assert response.status_code == 200, response.text
    return [hit["product_id"] for hit in response.json["hits"]]


def colours(response) -> list[str]:
    """The colours of the hits, in their order, each once."""
    return list(dict.fromkeys(name.split("-")[1] for name in ids(response)))


def encoded(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture
def halves() -> str:
    """A photo in base64: its left half green, its right half blue."""
    image = Image.new("RGB", (100, 50), COLOURS["green"])
    image.paste(COLOURS["blue"], (50, 0, 100, 50))
    return encoded(image)


def ask(shop: FlaskClient, **body: object):
    return shop.post("/v1/search", json={**PLAIN, **body})


def test_parts_count_by_their_weight(shop) -> None:
    red, blue = ({"product_id": f"Tops-{colour}"} for colour in ("red", "blue"))
    mostly_red = ask(shop, image=[{**red, "weight": 3}, blue], limit=2)
    mostly_blue = ask(shop, image=[red, {**blue, "weight": 3}], limit=2)
    assert (ids(mostly_red)[0], ids(mostly_blue)[0]) == ("Dresses-red", "Dresses-blue")
    words = ask(shop, text=[{"text": "red", "weight": 0.2}, {"text": "blue", "weight": 5}])
    assert colours(words)[0] == "blue"


def test_what_hits_should_not_be_like_leads_away(shop) -> None:
    plain = ask(shop, image={"product_id": "Tops-yellow"})
    without_red = ask(shop, image={"product_id": "Tops-yellow"}, **{"not": {"image": {"product_id": "Tops-red"}}})
    assert colours(plain).index("red") < colours(without_red).index("red")
    assert "Tops-red" not in ids(without_red), "what is known already is no hit, whichever way it led"
    by_words = ask(shop, image={"product_id": "Tops-yellow"}, **{"not": "red"})
    assert colours(plain).index("red") < colours(by_words).index("red")
    negative = ask(shop, image=[{"product_id": "Tops-yellow"}, {"product_id": "Tops-red", "weight": -0.5}])
    assert ids(negative) == ids(without_red), "a weight below 0 is another way to say it"


def test_a_box_is_what_is_looked_for(shop, halves) -> None:
    left = ask(shop, image={"data": halves, "box": [0, 0, 0.5, 1]})
    right = ask(shop, image={"data": halves, "box": [0.5, 0, 1, 1]})
    assert (colours(left)[0], colours(right)[0]) == ("green", "blue")
    file = {"image": (io.BytesIO(base64.b64decode(halves)), "q.png"), "box": "[0.5, 0, 1, 1]"}
    assert ids(shop.post("/v1/search", data={**file, "interpret": "false", "limit": "12"})) == ids(right)
    stored = ask(shop, image={"product_id": "Tops-green", "box": [0, 0, 0.5, 0.5]})
    assert colours(stored)[0] == "green"
    assert "Tops-green" not in ids(stored)


@pytest.mark.parametrize(
    "box", [[0, 0, 1], [0, 0, 1, 2], [1, 0, 0, 1], [0, 0, 0.001, 1], ["0", 0, 1, 1], "0,0,1,1", {}, [None] * 4]
)
def test_a_box_that_is_none_is_refused(shop, halves, box) -> None:
    answer = ask(shop, image={"data": halves, "box": box})
    assert (answer.status_code, "box" in answer.json["detail"]) == (400, True)
    file = {"image": (io.BytesIO(base64.b64decode(halves)), "q.png"), "box": json.dumps(box)}
    assert shop.post("/v1/search", data=file).status_code == 400


class Host:
    """Photos by URL, as the fetcher has them."""

    def __init__(self, answers: dict[str, bytes | LookalikeError]) -> None:
        self._answers = answers

    def fetch(self, url: str, timeout_s: float | None = None) -> bytes:
        assert timeout_s is not None
        assert 0 < timeout_s <= 5, "no longer than the search itself"
        answer = self._answers[url]
        if isinstance(answer, LookalikeError):
            raise answer
        return answer

    def check(self, url: str) -> None: ...

    def close(self) -> None: ...


def test_a_photo_by_url(shop, platform, halves) -> None:
    platform.__dict__["fetcher"] = Host(
        {
            "https://cdn/photo": base64.b64decode(halves),
            "https://cdn/page": UnreachableUrl("https://cdn/page: not a photo"),
            "https://cdn/slow": HostAway("https://cdn/slow: no photo came within 5 s"),
        }
    )
    assert colours(ask(shop, image={"url": "https://cdn/photo", "box": [0, 0, 0.5, 1]}))[0] == "green"
    refused, slow = (ask(shop, image={"url": f"https://cdn/{name}"}) for name in ("page", "slow"))
    assert (refused.status_code, refused.json["code"]) == (400, "unreachable_url")
    assert (slow.status_code, slow.json["code"]) == (503, "unreachable_url")


def test_a_url_of_a_host_that_is_not_allowed_is_refused(shop) -> None:
    answer = ask(shop, image={"url": "http://169.254.169.254/latest/meta-data"})
    assert (answer.status_code, answer.json["code"]) == (400, "blocked_address")


def test_one_of_several_images_of_a_product(client, photo) -> None:
    images = [{"name": name, "data": base64.b64encode(photo(name)).decode()} for name in ("red", "blue")]
    for key in ("pair", "other"):
        assert client.put(f"/v1/products/{key}?wait=5", json={"title": "Socks", "images": images}).status_code == 200
    found = ask(client, image={"product_id": "pair", "image": "blue"}).json["hits"]
    assert [(hit["product_id"], hit["image"]) for hit in found] == [("other", "blue")]
    assert ask(client, image={"product_id": "pair"}).json["hits"][0]["image"] == "red"
    assert ask(client, image={"product_id": "pair", "image": "green"}).status_code == 404
    assert ask(client, image={"data": "AAAA", "image": "blue"}).status_code == 400


def test_a_product_is_among_its_own_hits_only_if_asked_for(shop) -> None:
    assert "Tops-red" not in ids(ask(shop, image={"product_id": "Tops-red"}))
    itself = ask(shop, image={"product_id": "Tops-red"}, include_self=True)
    assert set(ids(itself)[:2]) == {"Tops-red", "Dresses-red"}
    assert itself.json["hits"][0]["score"] == pytest.approx(1, abs=1e-5)
    excluded = ask(shop, image={"product_id": "Tops-red"}, include_self=True, exclude=["Tops-red", "no such"])
    assert "Tops-red" not in ids(excluded)


def test_words_by_the_letter(shop) -> None:
    exact = ask(shop, text="tops green", mode="lexical")
    assert exact.json["mode"] == "lexical"
    assert ids(exact)[0] == "Tops-green"
    assert all(hit["score"] is not None for hit in exact.json["hits"]), "the model can still tell how near they are"
    assert ask(shop, text="zebra", mode="lexical").json["hits"] == []
    assert ask(shop, text="zebra", mode="semantic").json["mode"] == "semantic"


def test_both_is_what_words_get_and_a_name_typed_exactly_wins(shop, client, body) -> None:
    assert client.put("/v1/products/odd?wait=5", json=body("white", brand="Zebra & Co")).status_code == 200
    for text in ("zebra & co", "ZEBRA CO", "Odd"):
        answer = ask(shop, text=text, explain=True)
        assert answer.json["mode"] == "hybrid"
        assert ids(answer)[0] == "odd"
    assert answer.json["hits"][0]["explain"]["exact"] == "id"


def test_a_model_without_words_answers_by_the_letter_and_says_so(tmp_path, body) -> None:
    platform = platform_of_fakes(tmp_path, VisionOnlyEncoder())
    client = create_app(platform, InlineQueue(platform)).test_client()  # type: ignore[arg-type]
    for colour in ("red", "blue"):
        assert client.put(f"/v1/products/{colour}?wait=5", json=body(colour)).status_code == 200
    answer = client.post("/v1/search", json={"text": "blue thing"})
    assert (answer.json["mode"], ids(answer)[0]) == ("lexical", "blue")
    assert answer.json["hits"][0]["score"] is None
    both = client.post("/v1/search", json={"text": "blue", "image": {"product_id": "red"}})
    assert (both.json["mode"], ids(both)) == ("hybrid", ["blue"])
    refused = client.post("/v1/search", json={"text": "blue", "mode": "semantic"})
    assert (refused.status_code, refused.json["code"]) == (422, "unsupported")
    assert client.post("/v1/search", json={"text": "blue", "min_score": 0.5}).status_code == 422
    platform.close()


@pytest.mark.parametrize("method", ["rrf", "weighted"])
def test_the_weights_of_a_fusion_decide_between_meaning_and_letters(shop, client, body, method) -> None:
    # Blue to the letter, yet yellow to look at.
    assert (
        client.put("/v1/products/liar?wait=5", json=body("yellow", note="x", title="Blue blue thing")).status_code
        == 200
    )
    letters = ask(shop, text="blue", fusion={"method": method, "semantic": 0, "lexical": 1}, limit=13)
    meaning = ask(shop, text="blue", fusion={"method": method, "semantic": 1, "lexical": 0}, limit=13)
    assert ids(letters).index("liar") < ids(meaning).index("liar")


def test_sorting_is_within_what_is_relevant(shop, platform) -> None:
    platform.search._encoder = CalibratedEncoder()
    cheap_first = ask(shop, text="red", mode="semantic", sort={"by": "price"})
    assert ids(cheap_first) == ["Tops-red", "Dresses-red"], "yellow is not close to red, however cheap"
    dear_first = ask(shop, text="red", mode="semantic", sort={"by": "price", "order": "desc"})
    assert ids(dear_first) == ["Dresses-red", "Tops-red"]
    few = ask(shop, text="red", mode="semantic", sort={"by": "price", "within": 1})
    assert len(ids(few)) == 1


def test_diversity_changes_the_order_and_not_the_hits(shop) -> None:
    plain, varied = ask(shop, text="red", mode="semantic"), ask(shop, text="red", mode="semantic", diversity=0.7)
    assert sorted(ids(plain)) == sorted(ids(varied))
    assert ids(plain)[0] == ids(varied)[0]
    assert len(colours_of_first(plain, 3)) < len(colours_of_first(varied, 3))


def colours_of_first(answer, number: int) -> set[str]:
    return {name.split("-")[1] for name in ids(answer)[:number]}


def test_pages_hold_each_product_once_whatever_the_order(shop) -> None:
    for extra in ({}, {"mode": "semantic"}, {"diversity": 0.5}, {"sort": {"by": "price"}}, {"mode": "lexical"}):
        whole = ids(ask(shop, text="red thing", limit=12, **extra))
        pages = [ids(ask(shop, text="red thing", limit=5, offset=start, **extra)) for start in (0, 5, 10)]
        assert [name for page in pages for name in page] == whole, extra
        assert ids(ask(shop, text="red thing", limit=1, **extra)) == whole[:1], extra


def test_an_explanation_adds_up(shop) -> None:
    hit = ask(shop, image=[{"product_id": "Tops-red", "weight": 2}], text="yellow", explain=True).json["hits"][0]
    parts = hit["explain"]["parts"]
    assert [part["part"] for part in parts] == ["product 'Tops-red'", "text 'yellow'"]
    assert [part["weight"] for part in parts] == [2, 1]
    assert sum(part["share"] for part in parts) == pytest.approx(hit["score"], abs=1e-4)
    assert hit["explain"]["semantic_rank"] == 1
    agrees = {**hit["explain"]["agrees"], **{name: pair["hit"] for name, pair in hit["explain"]["differs"].items()}}
    assert agrees == {name: hit["product"]["attributes"][name] for name in ("category", "base_colour")}
    assert "explain" not in ask(shop, text="red").json["hits"][0]


def test_total_and_facets_speak_of_what_passes_the_filter(shop) -> None:
    answer = ask(
        shop,
        text="red",
        limit=1,
        filter={"category": "Tops"},
        total=True,
        facets=["base_colour", {"field": "price", "ranges": [{"lt": 30}, {"gte": 30}]}],
    ).json
    assert (len(answer["hits"]), answer["total"]) == (1, 6)
    by_colour, by_price = answer["facets"]
    assert by_colour == {
        "field": "base_colour",
        "products": 6,
        "values": [{"value": colour, "products": 1} for colour in sorted(COLOURS)],
    }
    assert by_price["ranges"] == [{"gte": None, "lt": 30, "products": 6}, {"gte": 30, "lt": None, "products": 0}]


def test_a_batch_answers_each_query_or_says_what_is_wrong_with_it(shop) -> None:
    queries = [
        {**PLAIN, "text": "red"},
        {**PLAIN, "image": {"product_id": "none"}},
        {**PLAIN, "image": {"data": "AAAA"}},
        {**PLAIN, "image": {"product_id": "Tops-blue"}, "limit": 1},
    ]
    answers = shop.post("/v1/search/batch", json={"queries": queries}).json["answers"]
    assert answers[0]["hits"] == ask(shop, text="red").json["hits"]
    assert [answers[i]["problem"]["status"] for i in (1, 2)] == [404, 400]
    assert [hit["product_id"] for hit in answers[3]["hits"]] == ["Dresses-blue"]


@pytest.mark.parametrize("number", [0, 101])
def test_a_batch_has_1_to_100_queries(shop, number) -> None:
    answer = shop.post("/v1/search/batch", json={"queries": [{"text": "red"}] * number})
    assert answer.status_code == 400
    assert "queries" in answer.json["detail"]


def test_a_hundred_at_once_are_answered_as_one_by_one(shop) -> None:
    names = list(COLOURS)
    queries = [{**PLAIN, "text": names[i % 6], "limit": 1 + i % 12, "offset": i % 5} for i in range(100)]
    answers = shop.post("/v1/search/batch", json={"queries": queries}).json["answers"]
    for query, answer in zip(queries[::9], answers[::9], strict=True):
        alone = shop.post("/v1/search", json=query).json
        assert [hit["product_id"] for hit in answer["hits"]] == [hit["product_id"] for hit in alone["hits"]]


def test_look_alikes_take_what_searches_take(shop) -> None:
    answer = shop.get('/v1/products/Tops-red/similar?limit=3&explain=true&total=1&facets=["category"]&diversity=0.2')
    assert len(ids(answer)) == 3
    assert answer.json["total"] == 12
    assert answer.json["facets"][0]["field"] == "category"
    assert answer.json["hits"][0]["explain"]["parts"][0]["part"] == "product 'Tops-red'"
    sorted_too = shop.get('/v1/products/Tops-red/similar?sort={"by":"price"}&exclude=["Dresses-red"]')
    assert "Dresses-red" not in ids(sorted_too)
    for wrong in (
        "text=red",
        "image={}",
        "explain=perhaps",
        "facets=category",
        "limit=1&limit=x",
        "filter=[]",
        "who=me",
    ):
        assert shop.get(f"/v1/products/Tops-red/similar?{wrong}").status_code in (400, 200 if "limit" in wrong else 400)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"text": "red", "mode": "fuzzy"}, "mode"),
        ({"text": "red", "fusion": {"method": "sum"}}, "fusion"),
        ({"text": "red", "fusion": {"semantic": 0, "lexical": 0}}, "fusion"),
        ({"text": "red", "sort": "price"}, "sort"),
        ({"text": "red", "sort": {"by": "price"}, "diversity": 0.5}, "two orders"),
        ({"text": "red", "facets": ["category"] * 21}, "facets"),
        ({"text": "red", "exclude": "a"}, "exclude"),
        ({"text": "red", "exclude": ["a"] * 1001}, "exclude"),
        ({"text": [{"text": "red", "weight": 0}]}, "weight 0"),
        ({"text": "red", "not": {"words": "blue"}}, "words"),
        ({"not": "red"}, "nothing to look for"),
        ({"image": {"product_id": "Tops-red"}, "mode": "hybrid"}, "needs words"),
        ({"image": {"product_id": "Tops-red", "data": "AAAA"}}, "one of"),
        ({"image": [{"product_id": "Tops-red"}] * 21}, "image"),
        ({"image": [{"product_id": "Tops-red"}, {"product_id": "Tops-red", "weight": -1}]}, "cancel"),
    ],
)
def test_bad_queries_are_refused_with_a_reason(shop, sent, says) -> None:
    answer = shop.post("/v1/search", json=sent)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), answer.text
    assert says in answer.json["detail"]


def test_several_photos_in_a_form_each_with_its_box(shop, halves, photo) -> None:
    data = {
        "image": [(io.BytesIO(base64.b64decode(halves)), "a.png"), (io.BytesIO(photo("white")), "b.png")],
        "box": ["[0.5, 0, 1, 1]", ""],
        "limit": "2",
        "explain": "true",
    }
    hit = shop.post("/v1/search", data=data).json["hits"][0]
    assert [part["part"] for part in hit["explain"]["parts"]] == ["photo 1", "photo 2"]
    too_many = {**data, "image": (io.BytesIO(photo("white")), "b.png"), "box": ["[0,0,1,1]", "[0,0,1,1]"]}
    assert shop.post("/v1/search", data=too_many).status_code == 400


def test_labels_of_several_photos_and_of_parts_of_them(shop, halves) -> None:
    images = [
        {"data": halves, "box": [0, 0, 0.5, 1]},
        {"data": halves, "box": [0.5, 0, 1, 1]},
        {"product_id": "Tops-red"},
    ]
    answer = shop.post("/v1/classify", json={"image": images, "top": 2}).json
    assert [result["labels"]["colour"][0]["label"] for result in answer["results"]] == ["green", "blue", "red"]
    assert {len(result["labels"]["colour"]) for result in answer["results"]} == {2}
    file = {"image": (io.BytesIO(base64.b64decode(halves)), "q.png"), "box": "[0.5, 0, 1, 1]", "top": "1"}
    labels = shop.post("/v1/classify", data=file).json["labels"]
    assert [ranked["label"] for ranked in labels["colour"]] == ["blue"]
    for wrong in (
        {"top": 0},
        {"top": 51},
        {"image": []},
        {"image": [images[0]] * 101},
        {"image": {"product_id": "none"}},
    ):
        status = shop.post("/v1/classify", json={"image": images[0], **wrong}).status_code
        assert status == (404 if wrong == {"image": {"product_id": "none"}} else 400), wrong


def test_a_product_that_resembles_only_itself_has_no_good_match(shop, platform) -> None:
    platform.search._encoder = CalibratedEncoder()
    answer = ask(shop, image={"product_id": "Tops-blue"}, filter={"category": "Tops"}).json
    assert len(answer["hits"]) == 5
    assert answer["no_good_match"] is True
    assert ask(shop, image={"product_id": "Tops-blue"}).json["no_good_match"] is False, "there is a dress of its colour"


def test_an_unknown_field_is_named_with_the_nearest_known_one(shop) -> None:
    for body in ({"filter": {"colour": "red"}}, {"facets": ["categry"]}, {"sort": {"by": "prise"}}):
        answer = ask(shop, text="red", **body)
        assert answer.status_code == 400
    assert "'price'" in answer.json["detail"]
    assert ask(shop, text="red", filter={"tag": "r"}).status_code == 200, "not declared, but products have it"


def test_what_is_not_labelled_comes_behind_what_is_and_what_is_labelled_otherwise_not_at_all(shop, body) -> None:
    assert shop.put("/v1/products/plain?wait=5", json=body("red", title="Red red thing")).status_code == 200
    answer = shop.post("/v1/search", json={"text": "red", "total": True, "explain": True})
    assert ids(answer)[2:] == ["plain"], "nearest of all to the letter, but the shop does not say that it is red"
    assert set(ids(answer)[:2]) == {"Tops-red", "Dresses-red"}
    assert answer.json["total"] == 3
    assert answer.json["interpretation"]["terms"][0]["filter"] == {"base_colour": "red"}
    assert ids(shop.post("/v1/search", json={"text": "red", "limit": 1, "offset": 2})) == ["plain"]


def test_what_the_shop_does_not_have_is_given_up_bounds_first(shop) -> None:
    def sure(text: str) -> tuple[list[str], dict[str, bool]]:
        answer = shop.post("/v1/search", json={"text": text})
        return ids(answer), {term["field"]: term["sure"] for term in answer.json["interpretation"]["terms"]}

    assert sure("red dresses under 60") == (["Dresses-red"], {"base_colour": True, "category": True, "price": True})
    found, terms = sure("red dresses under 10")
    assert (found, terms) == (["Dresses-red"], {"base_colour": True, "category": True, "price": False})
    answer = shop.post(
        "/v1/search", json={"text": "red dresses", "filter": {"category": "Tops", "base_colour": "blue"}}
    )
    assert ids(answer) == ["Tops-blue"], "the filter that was given stands"
    assert not any(term["sure"] for term in answer.json["interpretation"]["terms"])


def test_what_was_taken_away_leaves_no_probabilities(shop, platform) -> None:
    platform.search._encoder = CalibratedEncoder()
    answer = ask(shop, image={"product_id": "Tops-yellow"}, **{"not": "red"}).json
    assert {hit["probability"] for hit in answer["hits"]} == {None}
    assert answer["no_good_match"] is False, "it cannot tell"
    refused = ask(shop, image={"product_id": "Tops-yellow"}, min_probability=0.5, **{"not": "red"})
    assert (refused.status_code, "lead away" in refused.json["detail"]) == (422, True)
    by_filter = ask(shop, image={"product_id": "Tops-yellow"}, interpret=True, **{"not": "red"}).json
    assert by_filter["hits"][0]["probability"] > 0.9, "a filter takes nothing away"


def flat_png(side: int) -> bytes:
    """A photo of very many pixels in few bytes."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), COLOURS["blue"]).save(buffer, "PNG")
    return buffer.getvalue()


def test_large_photos_are_held_small(shop, platform, monkeypatch) -> None:
    seen = []
    encode = platform.encoder.encode_images
    monkeypatch.setattr(
        type(platform.encoder), "encode_images", lambda self, images: seen.extend(images) or encode(images)
    )
    large = base64.b64encode(flat_png(3000)).decode()
    found = ask(shop, image=[{"data": large}, {"data": large, "box": [0, 0, 0.9, 0.9]}])
    assert colours(found)[0] == "blue"
    assert len(seen) == 2
    assert all(image.width * image.height <= 1_000_000 for image in seen)
    assert all(min(image.size) >= 500 for image in seen)


def test_a_batch_may_bring_so_many_images(shop) -> None:
    queries = [{"image": [{"product_id": "Tops-red"}] * 20}] * 11
    answer = shop.post("/v1/search/batch", json={"queries": queries})
    assert (answer.status_code, "220 images" in answer.json["detail"]) == (400, True)


def test_photos_are_decoded_as_long_as_there_is_time(tmp_path, photo) -> None:
    platform = platform_of_fakes(tmp_path, search_timeout_s=1e-6)
    client = create_app(platform, InlineQueue(platform)).test_client()  # type: ignore[arg-type]
    data = base64.b64encode(photo("red")).decode()
    for answer in (
        client.post("/v1/search", json={"image": {"data": data}}),
        client.post("/v1/search", data={"image": (io.BytesIO(photo("red")), "q.png")}),
        client.post("/v1/classify", json={"image": {"data": data}}),
    ):
        assert (answer.status_code, answer.json["code"]) == (504, "deadline_exceeded")
    platform.close()


def test_what_is_below_the_minima_gives_up_no_filter(shop) -> None:
    answer = shop.post("/v1/search", json={"text": "red", "not": "unicorns", "min_score": 1, "total": True}).json
    assert (answer["hits"], answer["no_good_match"], answer["total"]) == ([], True, 2)
    assert answer["interpretation"]["terms"][0]["sure"], "there are red ones, if none so near"


def test_a_product_without_a_label_is_found_as_soon_as_it_is_there(shop, body) -> None:
    assert len(ids(shop.post("/v1/search", json={"text": "red"}))) == 2, "until now every product has a colour"
    assert shop.put("/v1/products/new?wait=5", json=body("red", title="Red thing")).status_code == 200
    assert ids(shop.post("/v1/search", json={"text": "red"}))[2:] == ["new"]
