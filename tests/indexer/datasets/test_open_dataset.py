"""One function opens every kind, and says what is allowed where the command line is wrong."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.datasets import KINDS, open_dataset, parse_spec
from services.errors import InvalidCatalogue, InvalidRequest


def test_a_spec_is_a_kind_and_a_path_which_may_hold_colons() -> None:
    assert parse_spec("folder:a/b:c") == ("folder", Path("a/b:c"))
    assert parse_spec("deepfashion-inshop:~/x") == ("deepfashion-inshop", Path.home() / "x")


@pytest.mark.parametrize("spec", ["", "data", "fashion", "Folder:x", "cifar:x", ":x", " folder:x"])
def test_an_unknown_kind_lists_the_known_ones(spec: str) -> None:
    with pytest.raises(
        InvalidRequest, match="table, folder, fashion-mnist, deepfashion-inshop, deepfashion-attributes"
    ):
        parse_spec(spec)


@pytest.mark.parametrize("spec", ["folder:", "folder", "folder: "])
def test_a_spec_without_a_path_is_refused(spec: str) -> None:
    with pytest.raises(InvalidRequest, match="write folder:PATH"):
        parse_spec(spec)


def test_a_table_needs_its_photos(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="needs its photos"):
        open_dataset("table", tmp_path / "shop.csv")


@pytest.mark.parametrize("kind", ["folder", "fashion-mnist"])
def test_a_kind_with_photos_of_its_own_refuses_others(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InvalidRequest, match="leave the images out"):
        open_dataset(kind, tmp_path, images=tmp_path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "fashion-mnist"])
def test_only_fashion_mnist_downloads(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be downloaded"):
        open_dataset(kind, tmp_path, download=True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "drawn"])  # drawings lie nowhere
def test_every_kind_opens_and_names_what_is_not_there(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InvalidCatalogue, match="nowhere"):
        open_dataset(kind, tmp_path / "nowhere", images=tmp_path if kind == "table" else None)


def test_a_table_s_columns_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "shop.tsv").write_text("photo\tname\tkind\tpart\n1.jpg\tRed belt\tBelts\ttest\n")
    dataset = open_dataset("table", tmp_path / "shop.tsv", ["kind"], tmp_path, "name", "photo", "part")
    (row,) = dataset.rows("test")
    assert (row.image, row.title, row.cells["kind"], dataset.label_fields) == ("1.jpg", "Red belt", "Belts", ("kind",))


def test_a_folder_opens_with_its_label(tmp_path: Path, picture: Callable[..., None]) -> None:
    picture(tmp_path / "Belts" / "1.png")
    assert open_dataset(*parse_spec(f"folder:{tmp_path}")).label_fields == ("category",)


def test_opening_a_table_does_not_load_torchvision() -> None:
    code = "import sys, indexer.datasets; print([m for m in ('torch', 'torchvision') if m in sys.modules])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
