"""Every runtime gives what torch gives: features, and the unit rows above them."""

import numpy as np
import pytest
import torch

from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.runtime import (
    OpenVinoRuntime,
    PixelTower,
    Seen,
    TorchRuntime,
    best_precision,
    image_runtime,
)

SIZE = Preprocessing(64, 48)


@pytest.fixture(scope="module")
def tower() -> PixelTower:
    torch.manual_seed(3)
    return PixelTower(JointNetwork(Architecture(dimensions=32)), SIZE).eval()


def alike(one: Seen, other: Seen) -> bool:
    """Features and rows are the same but for rounding, and in the same order."""
    return all(np.allclose(part, same, atol=1e-6) for part, same in zip(one, other, strict=True))


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_openvino_agrees_with_torch(tower: PixelTower, batch: int) -> None:
    pixels = np.random.default_rng(batch).integers(0, 256, (batch, 64, 48, 3), dtype=np.uint8)
    features, rows = TorchRuntime(tower, torch.device("cpu"))(pixels)
    found_features, found_rows = OpenVinoRuntime(tower, SIZE)(pixels)
    assert (found_features.shape, found_rows.shape) == ((batch, 1280), (batch, 32))
    assert (found_rows * rows).sum(axis=1).min() > 0.999
    assert found_features == pytest.approx(features, abs=1e-3 * float(np.abs(features).max()))


def test_a_result_outlives_the_next_call(tower: PixelTower) -> None:
    run = OpenVinoRuntime(tower, SIZE)
    white = run(np.full((1, 64, 48, 3), 255, np.uint8))
    kept = [part.copy() for part in white]
    black = run(np.zeros((1, 64, 48, 3), np.uint8))
    assert all((part == before).all() for part, before in zip(white, kept, strict=True))
    assert not any((part == other).all() for part, other in zip(white, black, strict=True))


def test_without_openvino_torch_takes_over(tower: PixelTower, monkeypatch, caplog) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    run = image_runtime(tower.network, SIZE, torch.device("cpu"))
    assert isinstance(run, TorchRuntime)
    assert "openvino is not installed" in caplog.text


def test_a_converted_network_is_kept_and_a_damaged_one_replaced(tower: PixelTower, tmp_path, monkeypatch) -> None:
    import openvino

    pixels = np.random.default_rng(1).integers(0, 256, (2, 64, 48, 3), dtype=np.uint8)
    first = OpenVinoRuntime(tower, SIZE, tmp_path / "kept")(pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]

    convert = openvino.convert_model
    monkeypatch.delattr(openvino, "convert_model")
    assert alike(OpenVinoRuntime(tower, SIZE, tmp_path / "kept")(pixels), first)

    (tmp_path / "kept" / "image_tower.xml").write_text("<half of a")
    monkeypatch.setattr(openvino, "convert_model", convert, raising=False)
    assert alike(OpenVinoRuntime(tower, SIZE, tmp_path / "kept")(pixels), first)
    assert (tmp_path / "kept" / "image_tower.xml").read_text().startswith("<?xml")


def test_a_cache_that_cannot_be_written_is_done_without(tower: PixelTower, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    pixels = np.zeros((1, 64, 48, 3), np.uint8)
    assert OpenVinoRuntime(tower, SIZE, tmp_path / "file" / "kept")(pixels)[1].shape == (1, 32)


def no_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.encoders.runtime._has_bf16", lambda _: False)


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_half_precision_gives_nearly_the_same_in_single_precision_arrays(tower: PixelTower, runtime: str) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (4, 64, 48, 3), dtype=np.uint8)
    exact = TorchRuntime(tower, torch.device("cpu"))(pixels)
    half = (
        TorchRuntime(tower, torch.device("cpu"), "bf16")
        if runtime == "torch"
        else OpenVinoRuntime(tower, SIZE, precision="bf16")
    )(pixels)
    assert all(part.dtype == np.float32 for part in half)
    assert (half[1] * exact[1]).sum(axis=1).min() > 0.99
    if runtime == "torch" or best_precision(torch.device("cpu")) == "bf16":
        assert not np.array_equal(half[0], exact[0])


def test_a_cpu_without_bf16_goes_on_in_single_precision(tower: PixelTower, monkeypatch, caplog) -> None:
    no_bf16(monkeypatch)
    pixels = np.random.default_rng(8).integers(0, 256, (1, 64, 48, 3), dtype=np.uint8)
    assert alike(OpenVinoRuntime(tower, SIZE, precision="bf16")(pixels), OpenVinoRuntime(tower, SIZE)(pixels))
    assert "no bf16" in caplog.text


def test_the_best_precision_is_what_the_hardware_has(monkeypatch) -> None:
    assert best_precision(torch.device("cuda")) == "f32"
    monkeypatch.setattr("services.encoders.runtime._has_bf16", lambda _: True)
    assert best_precision(torch.device("cpu")) == "bf16"
    no_bf16(monkeypatch)
    assert best_precision(torch.device("cpu")) == "f32"
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    assert best_precision(torch.device("cpu")) == "f32"
