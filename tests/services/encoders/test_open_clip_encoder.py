"""Names that open_clip does not know, weights that cannot be had, files that are not weights: told with a remedy."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from services.encoders import load_encoder
from services.encoders.open_clip_encoder import OpenClipSource, find_source, fingerprint, load_open_clip
from services.errors import ModelError

NAME = "lookalike-minute"
CONFIG = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module", autouse=True)
def _architecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = tmp_path_factory.mktemp("configs") / f"{NAME}.json"
    path.write_text(json.dumps(CONFIG), "utf-8")
    open_clip.add_model_config(path)
    yield
    open_clip.factory._MODEL_CONFIG_PATHS.remove(path)
    open_clip.factory._MODEL_CONFIGS.pop(NAME)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(5)
    network: torch.nn.Module = open_clip.create_model(NAME)
    return network


def no_network(*_: object, **__: object) -> NoReturn:
    raise OSError("Name or service not known")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("ViT-B32", "close to it: ViT-B-32"),
        ("vit-b-32", "close to it: ViT-B-32"),
        ("", "no model ''"),
        ("RN50:opnai", "close to it: openai"),
        ("RN50:/no/such/file.safetensors", "nor a file"),
        (NAME, f"open_clip:{NAME}:FILE"),
        (f"{NAME}:anything", "nor a file"),
        ("hf-hub:marqo", "hf-hub:OWNER/NAME"),
        ("hf-hub:", "hf-hub:OWNER/NAME"),
    ],
)
def test_an_unknown_part_is_told_with_what_is_known(spec: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        load_encoder(f"open_clip:{spec}")


def test_a_name_alone_means_its_first_weights_with_their_own_activation() -> None:
    assert find_source("RN50") == OpenClipSource("RN50", "openai", "openai", quick_gelu=True)
    assert find_source("ViT-B-32:laion2b_s34b_b79k").quick_gelu is False
    assert find_source("hf-hub:Marqo/marqo-fashionSigLIP").name == "Marqo/marqo-fashionSigLIP"


def test_a_failed_download_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("open_clip.factory.download_pretrained", no_network)
    with pytest.raises(ModelError, match=r"check the network, or name a local file.*not known"):
        load_open_clip("RN50:openai")
    monkeypatch.setattr("open_clip.factory.download_pretrained_from_hf", no_network)
    with pytest.raises(ModelError, match=r"check its name and the network.*not known"):
        load_open_clip("hf-hub:lookalike/none")


def test_a_hub_model_whose_weights_do_not_arrive_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """open_clip would go on with random weights, and only log it."""

    def only_the_config(model: str, filename: str = "", cache_dir: str | None = None) -> str:
        if filename != "open_clip_config.json":
            no_network()
        (tmp_path / filename).write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {}}), "utf-8")
        return str(tmp_path / filename)

    monkeypatch.setattr("open_clip.factory.download_pretrained_from_hf", only_the_config)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_open_clip("hf-hub:lookalike/half")


def test_a_file_is_one_model_in_every_format(tmp_path: Path, network: torch.nn.Module) -> None:
    save_file(network.state_dict(), tmp_path / "minute.safetensors")
    torch.save(network.state_dict(), tmp_path / "minute.pt")
    torch.save({"state_dict": network.state_dict()}, tmp_path / "minute.bin")
    models = [load_open_clip(f"{NAME}:{tmp_path}/minute.{suffix}").model for suffix in ("safetensors", "pt", "bin")]
    assert models[0] == models[1] == models[2]
    assert (models[0].name, models[0].version, models[0].dimensions) == (NAME, "minute", 8)
    assert models[0].fingerprint == fingerprint(network)


def test_other_weights_have_another_fingerprint(network: torch.nn.Module) -> None:
    before = fingerprint(network)
    with torch.no_grad():
        network.logit_scale.add_(1)  # type: ignore[operator]
        changed = fingerprint(network)
        network.logit_scale.sub_(1)  # type: ignore[operator]
    assert changed != before


class Attack:
    """What a pickle may hold."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("suffix", ["pt", "pth", "bin"])
def test_a_file_that_would_run_code_is_refused_and_does_not(tmp_path: Path, suffix: str) -> None:
    torch.save({"state_dict": Attack(tmp_path / "ran")}, tmp_path / f"evil.{suffix}")
    with pytest.raises(ModelError, match="plain tensors"):
        load_open_clip(f"{NAME}:{tmp_path}/evil.{suffix}")
    (tmp_path / f"raw.{suffix}").write_bytes(pickle.dumps(Attack(tmp_path / "ran")))
    with pytest.raises(ModelError, match="plain tensors"):
        load_open_clip(f"{NAME}:{tmp_path}/raw.{suffix}")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["weights.npz", "weights.pkl", "weights"])
def test_other_kinds_of_file_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"...")
    with pytest.raises(ModelError, match=r"allowed are \.safetensors"):
        load_open_clip(f"{NAME}:{tmp_path / name}")


def test_damaged_and_unfit_files_are_refused(tmp_path: Path, network: torch.nn.Module) -> None:
    (tmp_path / "damaged.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ...")
    with pytest.raises(ModelError, match=f"is .*damaged.safetensors a file of weights of {NAME}"):
        load_open_clip(f"{NAME}:{tmp_path}/damaged.safetensors")
    save_file({"visual.proj": torch.zeros(3, 3)}, tmp_path / "unfit.safetensors")
    with pytest.raises(ModelError, match=f"is .*unfit.safetensors a file of weights of {NAME}"):
        load_open_clip(f"{NAME}:{tmp_path}/unfit.safetensors")


def test_photos_may_be_seen_in_half_precision_and_words_are_not(network: torch.nn.Module, tmp_path: Path) -> None:
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    exact, half = (
        load_encoder(f"open_clip:{NAME}:{tmp_path / 'weights.safetensors'}", precision=precision)
        for precision in ("f32", "bf16")
    )
    photos = [Image.effect_noise((32, 32), 80).convert("RGB") for _ in range(3)]
    one, other = exact.encode_images(photos), half.encode_images(photos)
    assert other.dtype == np.float32
    assert not np.array_equal(one, other)
    assert (one * other).sum(axis=1).min() > 0.99
    assert np.array_equal(exact.encode_texts(["red belt"]), half.encode_texts(["red belt"]))
