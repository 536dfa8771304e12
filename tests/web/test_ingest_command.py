"""The commands around ingestion: a dry run, imports, failures. The queue is away throughout: nothing needs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes import platform_of_fakes
from PIL import Image

from services.bootstrap import Platform
from services.catalogue import Line, Outcome, Put
from services.products import ImageRef, Problem, Product
from web.cli.main import cli

BAD = Problem("bad_image", "truncated")


@pytest.fixture
def platform(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LOOKALIKE_REDIS_URL", "redis://127.0.0.1:1/0")
    opened = platform_of_fakes(tmp_path / "var")
    yield opened
    opened.close()


def run(*words: str, **given: object) -> Result:
    return CliRunner().invoke(cli, list(words), **given)  # type: ignore[arg-type]


@pytest.fixture
def failed(platform: Platform) -> Platform:
    """Two products that failed and one that is indexed, of one import; and a message that was refused."""
    products = [Product(key, {}, (ImageRef("front", "d" * 64),)) for key in ("bad", "good", "worse")]
    import_id = platform.imports.begin("shop.csv")

    def note(transaction, accepted) -> None:
        lines = [Line(number, done.product_id, done.revision) for number, done in enumerate(accepted, 2)]
        platform.imports.add(transaction, import_id, [*lines, Line(9, "refused", problem=BAD)])

    platform.catalogue.write([Put(product) for product in products], then=note)
    platform.claims.take(["bad", "good", "worse"], "w")
    outcomes = [Outcome(key, 1, key == "good", None if key == "good" else BAD) for key in ("bad", "good", "worse")]
    platform.claims.finish("w", outcomes)
    platform.imports.complete(import_id)
    platform.refused.keep("lookalike.v2.upsert", None, Problem("schema", "version 2 is not known"), "{}")
    return platform


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """The words that name a file of three rows and its photos, one of them broken, one absent."""
    Image.new("RGB", (30, 40)).save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"no photo")
    table = tmp_path / "shop.csv"
    table.write_text("id,image\n1,good.png\n2,broken.png\n3,absent.png\n")
    return ["ingest", str(table), "--images", str(tmp_path), "--dry-run"]


def test_a_dry_run_says_what_would_be_refused(shop: list[str], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LOOKALIKE_DATA_DIR", str(tmp_path / "var"))
    told = run(*shop)
    assert told.exit_code == 2
    assert "3 rows: 1 can be used, 2 cannot. Nothing was written." in told.output
    assert "line 3: bad_image" in told.output
    found = json.loads(run(*shop, "--json").stdout)
    assert (found["rows"], found["usable"], found["codes"]) == (3, 1, {"bad_image": 1, "not_found": 1})
    assert run(*shop, "--limit", "1").exit_code == 0
    assert not (tmp_path / "var").exists()


def test_failures_are_listed(failed: Platform) -> None:
    table = run("failures", "list").output
    assert "bad_image" in table
    assert "Products by reason: 2 bad_image. Messages: 1." in table
    lines = [json.loads(line) for line in run("failures", "list", "--json").stdout.splitlines()]
    assert [line["id"] for line in lines[:2]] == ["bad", "worse"]
    assert lines[2]["task"] == "lookalike.v2.upsert"
    assert run("failures", "list", "--json", "--code", "too_large").stdout == ""


def test_failures_are_retried_and_dropped(failed: Platform) -> None:
    assert "1 products wait again" in run("failures", "retry", "bad", "good", "unknown").output
    assert failed.catalogue.get("bad").state == "queued"
    assert "1 products wait again; 0 messages were accepted" in run("failures", "retry", "--all").output
    assert failed.catalogue.get("worse").state == "queued"
    assert run("failures", "retry").exit_code == 2
    declined = run("failures", "drop", "--all", input="n\n")
    assert declined.exit_code == 1
    assert failed.refused.count() == 1
    assert "0 products were deleted; 1 messages were forgotten" in run("failures", "drop", "--all", "--yes").output
    assert failed.refused.count() == 0


def test_dropping_a_product_deletes_it(failed: Platform) -> None:
    assert "1 products were deleted" in run("failures", "drop", "bad", "good", "--yes").output
    assert failed.catalogue.counts()["deleted"] == 1
    assert failed.catalogue.get("good").state == "indexed"


def test_imports(failed: Platform) -> None:
    (import_id,) = failed.imports.recent()
    assert "shop.csv" in run("imports", "list").output
    shown = json.loads(run("imports", "show", import_id).stdout)
    assert (shown["indexed"], shown["failed"], shown["refused"], shown["state"]) == (1, 2, 1, "done")
    errors = [json.loads(line) for line in run("imports", "errors", import_id).stdout.splitlines()]
    assert [(error["line"], error["product_id"]) for error in errors] == [(2, "bad"), (4, "worse"), (9, "refused")]
    assert "4 rows: 1 indexed, 2 failed, 1 refused" in run("imports", "watch", import_id).output
    assert "is cancelled" in run("imports", "cancel", import_id).output
    assert json.loads(run("imports", "show", import_id).stdout)["state"] == "done", "it was read to the end before"
