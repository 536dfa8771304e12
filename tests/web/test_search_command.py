"""`lookalike search` over fakes: what it finds is the search's own; what it says, and refuses, is looked at here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from PIL import Image
from rich.console import Console

from services.bootstrap import Platform
from services.errors import InvalidFilter, InvalidRequest, LookalikeError, NotFound, Unavailable
from services.search import Query, TextPart
from web.cli.found import print_answer, printable
from web.cli.main import cli


@pytest.fixture
def run(shop: FlaskClient, platform: Platform, monkeypatch):
    """Runs the command on the shop's own platform."""
    monkeypatch.setattr("services.bootstrap.build", lambda settings: platform)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return lambda *words: CliRunner().invoke(cli, ["search", *words])


@pytest.fixture
def red(tmp_path: Path, photo) -> str:
    """A photo, red at the left and blue at the right."""
    picture = Image.new("RGB", (40, 40), (255, 0, 0))
    picture.paste((0, 0, 255), (20, 0, 40, 40))
    picture.save(tmp_path / "half.png")
    return str(tmp_path / "half.png")


def ids(told: Result) -> list[str]:
    assert told.exit_code == 0, told.exception
    return [line.split("\t")[1] for line in told.stdout.splitlines()]


def test_a_pipe_gets_a_plain_line_for_each_hit(run) -> None:
    told = run("red", "--limit", "2")
    assert sorted(ids(told)) == ["Dresses-red", "Tops-red"]
    cells = told.stdout.splitlines()[0].split("\t")
    assert cells[0] == "A red thing"
    assert float(cells[2]) == pytest.approx(1, abs=1e-3)
    assert cells[4].startswith("/v1/products/")


def test_json_is_what_the_api_answers(run, shop: FlaskClient) -> None:
    asked = {"text": "red", "limit": 3, "total": True, "facets": ["category"], "filter": {"price": {"lt": 30}}}
    answer = shop.post("/v1/search", json=asked).json
    answer.pop("took_ms")
    told = run("red", "--limit", "3", "--facet", "category", "--filter", '{"price": {"lt": 30}}', "--json")
    assert json.loads(told.stdout) == answer


def test_filters_by_value(run) -> None:
    assert ids(run("red", "--limit", "1", "--where", "category=Tops", "--no-interpret")) == ["Tops-red"]
    both = run("red", "--no-interpret", "--where", "tag=r", "--where", "tag=g", "--filter", '{"category": "Dresses"}')
    assert sorted(ids(both)) == ["Dresses-green", "Dresses-red"]


def test_a_box_cuts_the_photo_in_its_place(run, red: str) -> None:
    left = run("--image", red, "--box", "0,0,0.5,1", "--limit", "2")
    right = run("--image", red, "--box", "0.5,0,1,1", "--limit", "2")
    assert sorted(ids(left)) == ["Dresses-red", "Tops-red"]
    assert sorted(ids(right)) == ["Dresses-blue", "Tops-blue"]


def test_stored_products_and_what_hits_should_not_be(run) -> None:
    assert ids(run("--product", "Tops-red", "--limit", "1")) == ["Dresses-red"]
    away = ids(run("--product", "Tops-red", "--not", "red", "--limit", "12"))
    assert "Dresses-red" not in away[:1]


def test_order(run) -> None:
    first = run("red", "--sort", "price", "--desc", "--limit", "1", "--no-interpret")
    last = run("red", "--sort", "price", "--limit", "1", "--no-interpret")
    assert (ids(first)[0].split("-")[0], ids(last)[0].split("-")[0]) == ("Dresses", "Tops")


def test_notes_do_not_mix_with_hits(run) -> None:
    told = run("red", "--facet", "category", "--explain", "--limit", "2")
    assert len(told.stdout.splitlines()) == 2
    assert "category: " in told.stderr
    assert "products that pass the filter: 2" in told.stderr
    assert "understood 'red'" in told.stderr


def test_a_terminal_gets_a_table_and_no_title_steers_it(shop: FlaskClient, platform: Platform, body, capsys) -> None:
    evil = {**body("red", tag="evil"), "title": "[bold]\x1b[2Jclear\nline"}
    assert shop.put("/v1/products/evil?wait=5", json=evil).status_code == 200
    where = platform.search.run(Query(texts=[TextPart("red")], limit=20, interpret=False))
    print_answer(where, Console(force_terminal=True, width=160, no_color=True))
    shown = capsys.readouterr().out
    assert "probability" in shown
    assert "\x1b[2J" not in shown
    assert "[bold]" in shown, "markup in a title is text"


def test_printable_leaves_words_alone() -> None:
    assert printable("Rød kjole\t\x07\ud800") == "Rød kjole   "


@pytest.mark.parametrize("name", ["sheet.html", "sheet.png"])
def test_a_contact_sheet_is_written_and_said_to_be_there(run, red: str, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    told = run("red", "--image", red, "--limit", "7", "--sheet", str(target), "--open", "--no-interpret")
    assert told.exit_code == 0, told.exception
    assert str(target) in told.stderr
    if name.endswith("png"):
        with Image.open(target) as sheet:
            assert sheet.width > sheet.height > 300, "two lines of hits"
    else:
        page = target.read_text("utf-8")
        assert page.count('<img src="data:image/jpeg;base64,') == 8
        assert "http" not in page.replace("http-equiv", ""), "nothing is loaded from elsewhere"


def test_a_contact_sheet_escapes_what_strangers_wrote(run, shop: FlaskClient, body, tmp_path: Path) -> None:
    evil = {**body("red", tag="evil"), "title": "<script>alert(1)</script>"}
    assert shop.put("/v1/products/evil?wait=5", json=evil).status_code == 200
    target = tmp_path / "sheet.html"
    assert run("red", "--where", "tag=evil", "--no-interpret", "--sheet", str(target)).exit_code == 0
    assert "<script>" not in target.read_text("utf-8")
    assert "&lt;script&gt;" in target.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], InvalidRequest),
        (["--not", "red"], InvalidRequest),
        (["red", "--limit", "0"], InvalidRequest),
        (["red", "--limit", "9" * 30], InvalidRequest),
        (["red", "--offset", "-1"], InvalidRequest),
        (["red", "--filter", "{"], InvalidRequest),
        (["red", "--filter", ""], InvalidRequest),
        (["red", "--filter", "[" * 100_000], InvalidRequest),
        (["red", "--filter", '{"nothing_has_this": 1}'], InvalidFilter),
        (["red", "--where", "nothing_has_this=1"], InvalidFilter),
        (["red", "--where", "category"], InvalidRequest),
        (["red", "--where", "price=cheap"], LookalikeError),
        (["red", "--facet", "nothing_has_this"], InvalidFilter),
        (["red", "--sort", "nothing_has_this"], InvalidFilter),
        (["red", "--sort", "price", "--diversity", "0.5"], InvalidRequest),
        (["red", "--diversity", "nan"], InvalidRequest),
        (["red", "--min-score", "nan"], InvalidRequest),
        (["red", "--box", "0,0,1,1"], InvalidRequest),
        (["--product", "Tops-red", "--box", "0,0,1"], InvalidRequest),
        (["--product", "Tops-red", "--box", "a,b,c,d"], InvalidRequest),
        (["--product", "Tops-red", "--box", "nan,0,1,1"], InvalidRequest),
        (["--product", "Tops-red", "--box", "0.9,0,0.1,1"], InvalidRequest),
        (["--product", "unknown"], NotFound),
        (["--image", "/nowhere/photo.jpg"], NotFound),
        (["--image", "/"], InvalidRequest),
        (["--image", "/dev/zero"], InvalidRequest),
        (["--image", __file__], InvalidRequest),
        (["--image", "http://127.0.0.1/photo.jpg"], InvalidRequest),
        (["--image", "a\0b"], InvalidRequest),
        (["red\ud800"], InvalidRequest),
        (["red", "--sheet", "/nowhere/sheet.html"], InvalidRequest),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(run, words: list[str], error: type[LookalikeError]) -> None:
    told = run(*words)
    assert told.exit_code == 1
    assert isinstance(told.exception, error), repr(told.exception)
    assert "\n" not in str(told.exception)


def test_an_order_without_a_field_is_a_wrong_use(run) -> None:
    assert run("red", "--desc").exit_code == 2


def test_an_index_that_is_away_is_said_to_be(run, platform: Platform, monkeypatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("Milvus at 127.0.0.1:1 does not answer")

    monkeypatch.setattr(platform.indexes, "open", away, raising=False)
    monkeypatch.setattr(platform.index, "store", away)
    told = run("red", "--no-interpret")
    assert isinstance(told.exception, Unavailable), repr(told.exception)


@pytest.mark.parametrize("command", ["search", "classify"])
def test_help_loads_neither_the_model_nor_the_index(command: str) -> None:
    code = (
        "import sys\nfrom web.cli.main import cli\n"
        f"cli(['{command}', '--help'], standalone_mode=False)\n"
        "print(*{'torch', 'pymilvus', 'flask', 'numpy'} & set(sys.modules), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not told.stderr.strip(), told.stderr
    assert "--top" in told.stdout or "--limit" in told.stdout
