"""Settings: where they come from, what is refused and how clearly, and that the documentation lists them all."""

import subprocess
from pathlib import Path

import pytest
from components import LOOKALIKE

from services.bootstrap import Platform
from services.errors import InvalidSettings
from services.fields import FieldType
from services.settings import load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("LOOKALIKE_"):
            monkeypatch.delenv(name)


def test_photos_are_encoded_in_the_precision_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("services.bootstrap.load_encoder", lambda *given: asked.append(given[-1]))
    _ = Platform(load_settings()).encoder
    monkeypatch.setenv("LOOKALIKE_PRECISION", "bf16")
    _ = Platform(load_settings()).encoder
    assert asked == ["f32", "bf16"]
    monkeypatch.setenv("LOOKALIKE_PRECISION", "fp8")
    with pytest.raises(InvalidSettings, match="LOOKALIKE_PRECISION='fp8'"):
        load_settings()


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.database.startswith("sqlite:////")
    assert settings.redis == "redis://127.0.0.1:6390/0"
    assert settings.milvus == "http://127.0.0.1:19590"


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path: Path) -> None:
    file = tmp_path / "lookalike.toml"
    file.write_text('port = 9000\nchunk_size = 10\n[fields]\ncolour = "keyword"\n')
    monkeypatch.setenv("LOOKALIKE_CONFIG", str(file))
    monkeypatch.setenv("LOOKALIKE_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.chunk_size, settings.fields) == (9001, 10, {"colour": FieldType.KEYWORD})


def test_external_services_take_the_place_of_our_own(monkeypatch) -> None:
    monkeypatch.setenv("LOOKALIKE_MILVUS_URI", "http://milvus:19530")
    monkeypatch.setenv("LOOKALIKE_DATABASE_URL", "postgresql+psycopg://shop@db/shop")
    settings = load_settings()
    assert (settings.milvus, settings.database) == ("http://milvus:19530", "postgresql+psycopg://shop@db/shop")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "LOOKALIKE_PORT='eighty'"),
        ("PORT", "70000", "65535"),
        ("CHUNK_SIZE", "0", "LOOKALIKE_CHUNK_SIZE"),
        ("FIELDS", "{", "fields"),
        ("FIELDS", '{"price": "money"}', "'keyword', 'number', 'boolean' or 'date'"),
        ("FIELDS", '{"Base Colour": "keyword"}', "a-z, 0-9 and _"),
        ("INDEX_ALIAS", "a-b", "letters, digits and _"),
        ("LEASE_S", "5", "task_time_limit_s < lease_s"),
        ("PROT", "9000", "LOOKALIKE_PROT: no such setting"),
        ("CONFIG", "/nowhere.toml", "no such file"),
    ],
)
def test_a_bad_value_names_its_key_and_what_is_allowed(monkeypatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(f"LOOKALIKE_{name}", value)
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert says in str(caught.value)


def test_a_malformed_file_and_an_unknown_key_are_refused(monkeypatch, tmp_path: Path) -> None:
    file = tmp_path / "lookalike.toml"
    monkeypatch.setenv("LOOKALIKE_CONFIG", str(file))
    for content, says in (("port = = 1", "Invalid value"), ("prot = 1", "LOOKALIKE_PROT")):
        file.write_text(content)
        with pytest.raises(InvalidSettings, match=says):
            load_settings()


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    table = subprocess.run([LOOKALIKE, "settings"], capture_output=True, text=True, check=True).stdout
    assert table.count("\n") > 20
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert table in documented, "run: lookalike settings, and put its table into docs/settings.md"
