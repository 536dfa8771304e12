"""Search, look-alikes and labels over HTTP; health."""

import base64
import io

import pytest
from fakes import CalibratedEncoder, InlineQueue, VisionOnlyEncoder, platform_of_fakes

from services.errors import Unavailable
from web.app import create_app


def ids(response) -> list[str]:
    assert response.status_code == 200, response.text
    return [hit["product_id"] for hit in response.json["hits"]]


def as_image(data: bytes) -> dict:
    return {"data": base64.b64encode(data).decode()}


def test_search_by_words(shop) -> None:
    answer = shop.post("/v1/search", json={"text": "red", "limit": 2})
    assert sorted(ids(answer)) == ["Dresses-red", "Tops-red"]
    hit = answer.json["hits"][0]
    assert hit["score"] == pytest.approx(1, abs=1e-5)
    assert hit["product"]["attributes"]["base_colour"] == "red"
    assert shop.get(hit["image_url"]).status_code == 200
    assert answer.json["index"] == {"model": "colours@1+00000000", "generation": 1}


def test_search_by_photo_as_a_file_and_as_json(shop, photo) -> None:
    file = shop.post("/v1/search", data={"image": (io.BytesIO(photo("blue")), "q.png"), "limit": "2"})
    inline = shop.post("/v1/search", json={"image": as_image(photo("blue")), "limit": 2})
    assert sorted(ids(file)) == sorted(ids(inline)) == ["Dresses-blue", "Tops-blue"]


def test_search_by_stored_product_leaves_it_out(shop) -> None:
    assert ids(shop.post("/v1/search", json={"image": {"product_id": "Tops-red"}, "limit": 1})) == ["Dresses-red"]
    assert ids(shop.get("/v1/products/Tops-red/similar?limit=1")) == ["Dresses-red"]


def test_a_photo_and_words_together(shop, photo) -> None:
    mixed = shop.post(
        "/v1/search",
        data={"image": (io.BytesIO(photo("red")), "q.png"), "text": "yellow", "limit": "4", "interpret": "no"},
    )
    assert sorted(ids(mixed)) == ["Dresses-red", "Dresses-yellow", "Tops-red", "Tops-yellow"]
    first, last = mixed.json["hits"][0]["score"], mixed.json["hits"][3]["score"]
    assert first == pytest.approx(last, abs=1e-5), "as near to the one as to the other"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"category": "Tops"}, {"Tops-red"}),
        ({"category": ["Tops", "Dresses"]}, {"Tops-red", "Dresses-red"}),
        ({"price": {"gte": 30}}, {"Dresses-red"}),
        ({"price": {"lt": 30}, "tag": "r"}, {"Tops-red"}),
        ({"not": {"category": "Tops"}}, {"Dresses-red"}),
        ({"any": [{"category": "Tops"}, {"price": 50}]}, {"Tops-red", "Dresses-red"}),
        ({"in_stock": True}, set()),
        ({"not": {"in_stock": True}}, {"Tops-red", "Dresses-red"}),
    ],
)
def test_filters(shop, where, expected) -> None:
    found = ids(shop.post("/v1/search", json={"text": "red", "limit": 2, "filter": {"all": [where, {"tag": "r"}]}}))
    assert set(found) == expected


def test_offset_continues_where_limit_ended(shop) -> None:
    whole = ids(shop.post("/v1/search", json={"text": "red", "limit": 9}))
    parts = [ids(shop.post("/v1/search", json={"text": "red", "limit": 3, "offset": start})) for start in (0, 3, 6)]
    assert [hit for part in parts for hit in part] == whole


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "nothing to look for"),
        ({"text": "  "}, "nothing to look for"),
        ({"text": "red", "limit": 0}, "limit"),
        ({"text": "red", "limit": 1001}, "limit"),
        ({"text": "red", "limit": "ten"}, "limit"),
        ({"text": "red", "offset": -1}, "offset"),
        ({"text": "red", "min_score": 1.5}, "min_score 1.5: must lie between -1 and 1"),
        ({"text": "red", "min_score": "0.5"}, "min_score"),
        ({"text": "red", "min_score": True}, "min_score"),
        ({"text": "red", "min_probability": -0.1}, "min_probability -0.1: must lie between 0 and 1"),
        ({"text": "red", "min_probability": [0.5]}, "min_probability"),
        ({"text": "red", "colour": "x"}, "colour"),
        ({"text": "red", "filter": {"price": "cheap"}}, "price"),
        ({"text": "red", "filter": {"price": {"above": 3}}}, "above"),
        ({"image": {"data": "AAAA"}}, "not a readable"),
        ({"image": {}}, "product_id"),
    ],
)
def test_bad_searches_are_refused_with_a_reason(shop, sent, says) -> None:
    answer = shop.post("/v1/search", json=sent)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert says in answer.json["detail"]


def test_an_unknown_product_cannot_be_searched_by(shop) -> None:
    assert shop.get("/v1/products/none/similar").status_code == 404


def test_classify(shop, photo) -> None:
    labels = shop.post("/v1/classify", data={"image": (io.BytesIO(photo("green")), "q.png")}).json["labels"]
    assert labels["colour"][0]["label"] == "green"
    assert (
        shop.post("/v1/classify", json={"image": as_image(photo("red"))}).json["labels"]["colour"][0]["label"] == "red"
    )
    assert shop.post("/v1/classify", data={}, content_type="multipart/form-data").status_code == 400


def test_a_model_without_words_and_labels_says_so(tmp_path, photo) -> None:
    platform = platform_of_fakes(tmp_path, VisionOnlyEncoder())
    client = create_app(platform, InlineQueue(platform)).test_client()  # type: ignore[arg-type]
    assert client.post("/v1/search", json={"image": as_image(photo("red"))}).status_code == 200
    words = client.post("/v1/search", json={"text": "red", "mode": "semantic"})
    assert (words.status_code, words.json["code"]) == (422, "unsupported")
    assert client.post("/v1/classify", json={"image": as_image(photo("red"))}).status_code == 422
    assert client.get("/readyz").json["text"] is False
    platform.close()


def test_ready_and_not(client, platform, monkeypatch) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json["status"] == "ready"

    def away(deadline: object = None) -> None:
        raise Unavailable("Milvus does not answer")

    monkeypatch.setattr(platform.index, "store", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert "Retry-After" in answer.headers
    assert client.post("/v1/search", json={"text": "red"}).status_code == 503
    assert client.get("/healthz").status_code == 200


def test_an_index_of_another_model_is_refused(client, platform, shop) -> None:
    platform.index._model = VisionOnlyEncoder.model
    platform.index.forget()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "index_mismatch")
    assert "lookalike rebuild" in answer.json["detail"]


@pytest.fixture
def calibrated(platform, shop):
    """The shop's client, whose model now knows what its scores are worth; its vectors are the same."""
    platform.search._encoder = CalibratedEncoder()
    return shop


def test_a_calibrated_model_gives_probabilities(calibrated) -> None:
    answer = calibrated.post("/v1/search", json={"text": "red"}).json
    assert [hit["probability"] for hit in answer["hits"]] == pytest.approx(
        [max(0, round(hit["score"], 4)) for hit in answer["hits"]], abs=2e-4
    )
    assert answer["hits"][0]["probability"] == pytest.approx(1, abs=1e-4)
    assert answer["no_good_match"] is False


def test_a_model_without_calibration_has_none_and_refuses_to_filter_by_them(shop) -> None:
    answer = shop.post("/v1/search", json={"text": "zebra"}).json
    assert {hit["probability"] for hit in answer["hits"]} == {None}
    assert answer["no_good_match"] is False, "it cannot tell"
    for asked in (
        shop.post("/v1/search", json={"text": "red", "min_probability": 0.5}),
        shop.get("/v1/products/Tops-red/similar?min_probability=0.5"),
    ):
        assert (asked.status_code, asked.json["code"]) == (422, "unsupported")
        assert "not calibrated" in asked.json["detail"]


def test_nothing_close_is_said_and_the_nearest_come_all_the_same(calibrated) -> None:
    answer = calibrated.post("/v1/search", json={"text": "zebra", "limit": 3}).json
    assert answer["no_good_match"] is True
    assert len(answer["hits"]) == 3
    assert all(hit["probability"] < 0.6 for hit in answer["hits"])


def test_nothing_close_is_the_same_on_every_page(calibrated) -> None:
    pages = [
        calibrated.post("/v1/search", json={"text": "red", "limit": 4, "offset": o, "interpret": False}).json
        for o in (0, 4, 8, 40)
    ]
    assert [page["no_good_match"] for page in pages] == [False] * 4
    assert pages[2]["hits"][0]["probability"] < 0.6
    assert pages[3]["hits"] == []


def test_an_empty_answer_is_no_good_match_whatever_the_model(shop) -> None:
    answer = shop.post("/v1/search", json={"text": "red", "filter": {"category": "Hats"}}).json
    assert (answer["hits"], answer["no_good_match"]) == ([], True)


def test_hits_below_the_least_score_are_left_out(shop, photo) -> None:
    words = {"text": "red", "mode": "semantic", "interpret": False}
    whole = shop.post("/v1/search", json=words).json["hits"]
    least = whole[3]["score"]
    expected = [hit["product_id"] for hit in whole if hit["score"] >= least]
    assert 0 < len(expected) < len(whole)
    assert ids(shop.post("/v1/search", json={**words, "min_score": least})) == expected
    form = {"image": (io.BytesIO(photo("red")), "q.png"), "min_score": str(least)}
    assert ids(shop.post("/v1/search", data=form)) == expected
    similar = [name for name in expected if name != "Tops-red"]
    assert ids(shop.get(f"/v1/products/Tops-red/similar?min_score={least}")) == similar
    none = shop.get('/v1/products/Tops-red/similar?min_score=1&filter={"tag":"b"}').json
    assert (none["hits"], none["no_good_match"]) == ([], True)


def test_hits_below_the_least_probability_are_left_out_of_every_kind_of_query(calibrated, photo) -> None:
    by_words = calibrated.post("/v1/search", json={"text": "red", "min_probability": 0.6})
    assert sorted(ids(by_words)) == ["Dresses-red", "Tops-red"]
    mixed = calibrated.post(
        "/v1/search",
        data={"image": (io.BytesIO(photo("red")), "q.png"), "text": "red", "min_probability": "0.6"},
    )
    assert sorted(ids(mixed)) == ["Dresses-red", "Tops-red"]
    assert ids(calibrated.get("/v1/products/Tops-red/similar?min_probability=0.6")) == ["Dresses-red"]
    beyond = calibrated.post("/v1/search", json={"text": "red", "min_probability": 0.6, "offset": 1}).json
    assert len(beyond["hits"]) == 1
    assert beyond["no_good_match"] is False


@pytest.mark.parametrize("value", ["nan", "inf", "-1.1", "2", "half", ""])
@pytest.mark.parametrize("name", ["min_score", "min_probability"])
def test_minima_that_are_none_are_refused_in_addresses_and_forms(shop, photo, name, value) -> None:
    file = {"image": (io.BytesIO(photo("red")), "q.png"), name: value}
    for answer in (
        shop.get(f"/v1/products/Tops-red/similar?{name}={value}"),
        shop.post("/v1/search", data=file),
    ):
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_request"), answer.text
        assert name in answer.json["detail"]


def test_a_match_that_was_deleted_a_moment_ago_is_not_promised(calibrated, queue) -> None:
    queue.paused = True  # the index still has it
    for name in ("Dresses-red", "Tops-red"):
        assert calibrated.delete(f"/v1/products/{name}").status_code == 204
    answer = calibrated.post("/v1/search", json={"text": "red", "limit": 4, "interpret": False}).json
    assert len(answer["hits"]) == 4, "others take their places"
    assert not {hit["product_id"] for hit in answer["hits"]} & {"Dresses-red", "Tops-red"}
    assert answer["no_good_match"] is True
