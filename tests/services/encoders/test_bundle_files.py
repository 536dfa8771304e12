"""A bundle that is damaged, half-written or of another format is refused by name; a whole one comes back equal."""

import hashlib
import json
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from services.encoders import load_encoder
from services.encoders.bundle import CARD, MANIFEST, WEIGHTS, Bundle, read_bundle, write_bundle, write_facts
from services.encoders.bundle_encoder import load_bundle
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError

TOKENIZER = Tokenizer(("red", "blue"), buckets=16)
ARCHITECTURE = Architecture(dimensions=8, text_rows=TOKENIZER.rows, text_width=8, heads={"kind": 2})
FACTS = {"trained_on": {"table": "drawn", "rows": 3}, "licence": {"weights": "as you like"}}
PHOTO = Image.new("RGB", (40, 50), "teal")


def card(bundle: Bundle) -> str:
    return f"# {bundle.info.key}\n"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small spend longer sharing work among threads than doing it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network() -> JointNetwork:
    torch.manual_seed(1)
    return JointNetwork(ARCHITECTURE)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    info = ModelInfo("tiny", "2", "", 8)
    return Bundle(info, ARCHITECTURE, Preprocessing(32, 24), {"kind": ["belt", "dress"]}, TOKENIZER, dict(FACTS))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, network: JointNetwork, bundle: Bundle) -> Path:
    folder = tmp_path_factory.mktemp("original")
    write_bundle(folder, bundle, network.state_dict(), card)
    return folder


@pytest.fixture
def written(tmp_path: Path, original: Path) -> Path:
    """A bundle that the test may damage."""
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")


def test_a_bundle_comes_back_equal(tmp_path: Path, network: JointNetwork, bundle: Bundle) -> None:
    written = write_bundle(tmp_path, bundle, network.state_dict(), card)
    again, tensors = read_bundle(tmp_path)
    assert again == written == replace(bundle, info=written.info)
    assert (written.info.name, written.info.version, written.info.dimensions) == ("tiny", "2", 8)
    assert all(tensor.dtype == torch.float32 for tensor in tensors.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([CARD, MANIFEST, WEIGHTS])


def test_the_card_is_made_of_the_finished_bundle(written: Path) -> None:
    assert (written / CARD).read_text("utf-8") == f"# {load_bundle(written).model.key}\n"


def test_everyone_may_read_the_weights(written: Path) -> None:
    assert stat.S_IMODE((written / WEIGHTS).stat().st_mode) == 0o644


def test_writing_what_was_read_gives_the_same_vectors(written: Path, tmp_path: Path) -> None:
    bundle, tensors = read_bundle(written)
    write_bundle(tmp_path / "copy", bundle, tensors, card)
    one, other = load_bundle(written), load_bundle(tmp_path / "copy")
    assert one.model == other.model
    assert (one.encode_images([PHOTO]) == other.encode_images([PHOTO])).all()


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS])
def test_a_missing_file_is_named(written: Path, name: str) -> None:
    (written / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        load_bundle(written)


def test_a_missing_folder_tells_how_to_name_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="open_clip:NAME"):
        load_encoder(str(tmp_path / "none"))


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-9] + b"x" + data[-8:]]
)
def test_damaged_weights_are_refused(written: Path, damage: Callable[[bytes], bytes]) -> None:
    (written / WEIGHTS).write_bytes(damage((written / WEIGHTS).read_bytes()))
    with pytest.raises(ModelError, match="does not match the hash"):
        load_bundle(written)


def test_weights_that_are_no_safetensors_are_refused_even_with_a_fitting_hash(written: Path) -> None:
    (written / WEIGHTS).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    digest = hashlib.sha256((written / WEIGHTS).read_bytes()).hexdigest()
    edit(written, lambda manifest: manifest.update(fingerprint=digest))
    with pytest.raises(ModelError, match="unreadable"):
        load_bundle(written)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"text"', "{}", '{"format": 2}', "\ufeff{}"])
def test_a_manifest_that_is_none_is_refused(written: Path, text: str) -> None:
    (written / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"format|unreadable"):
        load_bundle(written)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.pop("fingerprint"),
        lambda manifest: manifest.pop("architecture"),
        lambda manifest: manifest.update(architecture={"backbone": "resnet_9000"}),
        lambda manifest: manifest.update(architecture={"depth": 3}),
        lambda manifest: manifest.update(preprocessing={"height": 32}),
        lambda manifest: manifest.update(tokenizer={"vocabulary": "red"}),
        lambda manifest: manifest.update(tokenizer="red blue"),
        lambda manifest: manifest.update(tokenizer={"vocabulary": "red", "buckets": 16}),
        lambda manifest: manifest["labels"].update(kind=["belt"]),
        lambda manifest: manifest["labels"].pop("kind"),
        lambda manifest: manifest["architecture"].update(dimensions=16),
        lambda manifest: manifest["architecture"].update(text_rows=0),
        lambda manifest: manifest["architecture"]["heads"].update(colour=3),
    ],
)
def test_facts_that_do_not_fit_are_refused_at_once(written: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit(written, change)
    with pytest.raises(ModelError, match="tiny"):
        load_bundle(written)


def test_a_write_that_is_cut_off_leaves_no_bundle(tmp_path: Path, network: JointNetwork, bundle: Bundle) -> None:
    def cut_off(_: Bundle) -> str:
        assert (tmp_path / WEIGHTS).is_file()
        assert not (tmp_path / MANIFEST).exists()
        raise KeyboardInterrupt

    write_bundle(tmp_path, bundle, network.state_dict(), card)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(tmp_path, bundle, network.state_dict(), cut_off)
    with pytest.raises(ModelError, match=f"{MANIFEST} is missing"):
        load_bundle(tmp_path)


def test_weights_that_diverged_are_refused_before_anything_is_written(
    tmp_path: Path, network: JointNetwork, bundle: Bundle
) -> None:
    state = {**network.state_dict(), "project.bias": torch.full((8,), float("nan"))}
    with pytest.raises(ModelError, match=r"project\.bias.*not finite"):
        write_bundle(tmp_path / "new", bundle, state, card)
    assert not (tmp_path / "new").exists()


def test_facts_are_rewritten_beside_untouched_weights(written: Path) -> None:
    before, (bundle, _) = (written / WEIGHTS).read_bytes(), read_bundle(written)
    write_facts(written, replace(bundle, facts={**bundle.facts, "metrics": {"val": {"rows": 3}}}), "# new card\n")
    again, _ = read_bundle(written)
    assert (written / WEIGHTS).read_bytes() == before
    assert again.facts["metrics"] == {"val": {"rows": 3}}
    assert again.info == bundle.info
    assert (written / CARD).read_text("utf-8") == "# new card\n"
    assert list(written.glob("*.part")) == []


def test_facts_are_not_written_beside_other_weights(written: Path) -> None:
    bundle, _ = read_bundle(written)
    (written / WEIGHTS).write_bytes(b"others")
    with pytest.raises(ModelError, match=r"tiny@2"):
        write_facts(written, bundle, "# card\n")
    assert (written / CARD).read_text("utf-8") != "# card\n"


def test_facts_may_not_shadow_what_the_bundle_is(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="fingerprint, name"):
        replace(bundle, facts={"name": "another", "fingerprint": "0"})
