"""A bundle on disk gives what its network gives, in every runtime, whatever its label heads read."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from services.encoders.bundle import Bundle, read_bundle, write_bundle
from services.encoders.bundle_encoder import BundleEncoder, TextBundleEncoder, load_bundle
from services.encoders.network import EMBEDDING, FEATURES, Architecture, JointNetwork
from services.encoders.preprocess import IMAGENET_MEAN, IMAGENET_SCALE, Preprocessing
from services.encoders.protocol import ModelInfo
from services.encoders.runtime import OpenVinoRuntime, TorchRuntime
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError

SEES = Preprocessing(64, 48, IMAGENET_MEAN, IMAGENET_SCALE)
LABELS = {"kind": ["belt", "dress", "shoe"], "colour": ["red", "blue"]}
TOKENIZER = Tokenizer(("red", "belt"), buckets=16)
PHOTOS = [
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8 + seed, 6, 3), dtype=np.uint8)) for seed in range(6)
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small spend longer sharing work among threads than doing it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=[FEATURES, EMBEDDING])
def network(request: pytest.FixtureRequest) -> JointNetwork:
    """Random weights whose batch norms have seen the photos, so that these differ, and heads that take sides."""
    torch.manual_seed(1)
    heads = {field: len(names) for field, names in LABELS.items()}
    network = JointNetwork(Architecture("resnet18", 16, TOKENIZER.rows, 8, heads, request.param))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the plain average of what it sees
    pixels = torch.from_numpy(SEES.batch(PHOTOS)).permute(0, 3, 1, 2).float()
    mean, scale = (torch.tensor(part).view(1, 3, 1, 1) for part in (SEES.mean, SEES.scale))
    with torch.no_grad():
        network.train()((pixels - mean) / scale)
    for head in network.heads.values():
        torch.nn.init.normal_(head.weight, std=0.2)
    return network.eval()


@pytest.fixture(scope="module")
def bundle(network: JointNetwork) -> Bundle:
    return Bundle(ModelInfo("tiny", "1", "", 16), network.architecture, SEES, LABELS, TOKENIZER)


@pytest.fixture(scope="module")
def folder(bundle: Bundle, network: JointNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder, bundle, network.state_dict(), lambda written: "# card\n")
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> BundleEncoder:
    """The bundle, its runtime made already: it is made at the first photo, from what is installed then."""
    encoder = load_bundle(folder)
    encoder.encode_images(PHOTOS[:1])
    return encoder


@pytest.fixture
def by_torch(encoder: BundleEncoder, folder: Path, monkeypatch: pytest.MonkeyPatch) -> BundleEncoder:
    """The same bundle where OpenVINO is not installed."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    return load_bundle(folder)


def chances(encoder: BundleEncoder, field: str) -> np.ndarray:
    """Probabilities of the labels of `field`, in the order of the head: (N, classes)."""
    found = [dict(prediction[field]) for prediction in encoder.classify(PHOTOS)]
    return np.array([[row[label] for label in LABELS[field]] for row in found])


def test_runtimes_agree_on_vectors_and_on_labels(encoder: BundleEncoder, by_torch: BundleEncoder) -> None:
    one, other = encoder.encode_images(PHOTOS), by_torch.encode_images(PHOTOS)
    assert isinstance(encoder._see._runtime, OpenVinoRuntime)
    assert isinstance(by_torch._see._runtime, TorchRuntime)
    assert (one * other).sum(axis=1).min() > 0.9999
    assert (one[0] * one[1]).sum() < 0.99, "photos differ, or the line above would prove nothing"
    for field in LABELS:
        found = chances(encoder, field)
        assert found == pytest.approx(chances(by_torch, field), abs=2e-3)
        assert np.ptp(found, axis=0).max() > 0.02, "probabilities differ from photo to photo"


def test_labels_are_what_the_heads_read(network: JointNetwork, encoder: BundleEncoder) -> None:
    pixels = torch.from_numpy(SEES.batch(PHOTOS)).permute(0, 3, 1, 2).float()
    mean, scale = (torch.tensor(part).view(1, 3, 1, 1) for part in (SEES.mean, SEES.scale))
    with torch.inference_mode():
        features, rows = network((pixels - mean) / scale)
        reads = features if network.architecture.heads_read == FEATURES else 16 * rows
        expected = {field: network.heads[field](reads).softmax(1).numpy() for field in LABELS}
    assert features.shape == (6, 512)
    for field in LABELS:
        assert chances(encoder, field) == pytest.approx(expected[field], abs=0.02)  # half precision


def test_one_pass_gives_what_two_give(encoder: BundleEncoder) -> None:
    rows, predictions = encoder.embed_and_classify(PHOTOS)
    assert rows == pytest.approx(encoder.encode_images(PHOTOS), abs=1e-6)
    assert predictions == encoder.classify(PHOTOS)


def test_half_precision_on_disk_leaves_the_vectors_as_they_were(
    network: JointNetwork, bundle: Bundle, encoder: BundleEncoder
) -> None:
    assert network.text is not None
    assert isinstance(encoder, TextBundleEncoder)
    in_memory = TextBundleEncoder(bundle, network, network.text, TOKENIZER)
    for one, other in (
        (in_memory.encode_images(PHOTOS), encoder.encode_images(PHOTOS)),
        (in_memory.encode_texts(["red belt", "dress"]), encoder.encode_texts(["red belt", "dress"])),
    ):
        assert (one * other).sum(axis=1).min() > 0.9999


def test_what_heads_read_and_how_photos_are_seen_come_back_from_disk(folder: Path, bundle: Bundle) -> None:
    again, state = read_bundle(folder)
    assert again.architecture == bundle.architecture
    assert again.preprocessing == SEES
    read = 512 if bundle.architecture.heads_read == FEATURES else 16
    assert state["heads.kind.weight"].shape == (3, read)


def test_heads_of_another_reading_do_not_load(folder: Path, tmp_path: Path) -> None:
    """Whatever `model.json` says, the weights know how long a row the heads read."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "model.json").read_text("utf-8")
    swapped = {FEATURES: EMBEDDING, EMBEDDING: FEATURES}
    for before, after in swapped.items():
        if f'"heads_read": "{before}"' in text:
            changed = text.replace(f'"heads_read": "{before}"', f'"heads_read": "{after}"')
    (tmp_path / "model.json").write_text(changed, "utf-8")
    with pytest.raises(ModelError, match="do not fit the architecture"):
        load_bundle(tmp_path)


def test_heads_that_read_something_else_are_no_architecture() -> None:
    with pytest.raises(ValueError, match="heads read embedding or features, not 'pixels'"):
        Architecture(heads_read="pixels")
