"""The house keeps its shape: imports point one way, heavy libraries stay in their rooms, importing does nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("services", "indexer", "workers", "web")
ROOMS = {
    "torch": ("services/encoders/", "indexer/training/", "indexer/evaluation/"),
    "torchvision": ("services/encoders/", "indexer/training/", "indexer/datasets/fashion_mnist.py"),
    "pytorch_lightning": ("indexer/training/",),
    "pytorch_metric_learning": ("indexer/training/", "indexer/evaluation/"),
    "torchmetrics": ("indexer/evaluation/", "indexer/calibration/"),
    "sklearn": ("indexer/",),
    "scipy": ("indexer/",),
    "matplotlib": ("indexer/evaluation/",),
    "open_clip": ("services/encoders/", "indexer/training/"),
    "openvino": ("services/encoders/",),
    "safetensors": ("services/encoders/", "indexer/training/"),
    "pymilvus": ("services/stores/milvus",),
    "pyarrow": ("indexer/readers/parquet.py",),
    "httpcore2": ("services/images/",),
    "sqlalchemy": ("services/catalogue/",),
    "alembic": ("services/catalogue/",),
    "celery": ("workers/",),
    "kombu": ("workers/",),
    "flask": ("web/",),
    "click": ("web/",),
    "rich": ("web/",),
    "honcho": ("web/",),
}


def sources() -> Iterator[Path]:
    """Every Python file of the four packages."""
    for layer in LAYERS:
        yield from sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    own = LAYERS.index(name.split("/")[0])
    for module in imported(path):
        top = module.split(".")[0]
        assert top not in LAYERS[own + 1 :], f"{name} imports {module}, which is above it"
        assert top not in ROOMS or name.startswith(ROOMS[top]), f"{name} imports {module} outside {ROOMS[top]}"


def test_the_walk_sees_every_package() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in sources()} == set(LAYERS)


def test_importing_the_web_loads_no_model_library_and_no_database_driver() -> None:
    code = (
        "import sys, web.app, web.cli.main; print([m for m in ('torch', 'pymilvus', 'open_clip') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
