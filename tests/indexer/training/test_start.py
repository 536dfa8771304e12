"""Where training starts from: a file of weights, or another model's bundle with what it knows of the same labels."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import Tensor
from training import silent

from indexer.datasets import Dataset
from indexer.training.build import build_network
from indexer.training.recipes import PRETRAINED, SCRATCH, Classify, Joint
from indexer.training.run import train
from indexer.training.start import preprocessing_for, read_weights
from indexer.training.start_bundle import start_from_bundle
from services.encoders.bundle import WEIGHTS, Bundle, read_bundle, write_bundle
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import IMAGENET_MEAN, IMAGENET_SCALE, Preprocessing
from services.encoders.protocol import ModelInfo
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError

BACKBONE = "shufflenet_v2_x0_5"
THEIR_LABELS = {"kind": ["belt", "dress", "shoe"], "season": ["summer"]}
THEIR_WORDS = Tokenizer(("blue", "dress", "red"), buckets=8)
OUR_LABELS = {"kind": ["dress", "hat"], "colour": ["red", "blue"]}
OUR_WORDS = Tokenizer(("dress", "green", "red"), buckets=8)


def joint_network(
    seed: int, labels: dict[str, list[str]], tokenizer: Tokenizer | None, backbone: str = BACKBONE, dimensions: int = 8
) -> JointNetwork:
    torch.manual_seed(seed)
    heads = {field: len(names) for field, names in labels.items()}
    return JointNetwork(Architecture(backbone, dimensions, tokenizer.rows if tokenizer else 0, 8, heads, "features"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("theirs")
    network = joint_network(1, THEIR_LABELS, THEIR_WORDS)
    sees = Preprocessing(64, 48, IMAGENET_MEAN, IMAGENET_SCALE)
    bundle = Bundle(ModelInfo("theirs", "1", "", 8), network.architecture, sees, THEIR_LABELS, THEIR_WORDS)
    write_bundle(folder, bundle, network.state_dict(), lambda written: "# theirs\n")
    return folder


def started(
    folder: Path, tokenizer: Tokenizer | None = OUR_WORDS, labels: dict[str, list[str]] = OUR_LABELS, **shape: int
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """The weights of a network before and after it was started from the bundle in `folder`, and the bundle's."""
    network = joint_network(2, labels, tokenizer, **shape)  # type: ignore[arg-type]
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    start_from_bundle(network, labels, tokenizer, folder)
    return before, network.state_dict(), read_bundle(folder)[1]


def test_weights_of_the_whole_network_start_the_backbone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    state = torchvision.models.get_model(BACKBONE, weights=None).state_dict()
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    save_file(half, tmp_path / "start.safetensors")
    torch.save(state, tmp_path / "start.pth")
    for name, wanted in (("start.safetensors", half), ("start.pth", state)):
        network = build_network({}, None, Classify(backbone=BACKBONE, start=str(tmp_path / name), dimensions=8))
        found = network.backbone.state_dict()
        assert found.keys() < wanted.keys()  # all but the last layer
        assert all(torch.equal(tensor.float(), wanted[key].float()) for key, tensor in found.items()), name


def evil(path: Path) -> None:
    path.write_bytes(pickle.dumps(Path("/never/made")))


@pytest.mark.parametrize(
    ("name", "make", "told"),
    [
        ("unfit.safetensors", lambda path: save_file({"features.0.0.weight": torch.zeros(2, 2)}, path), "resnet18"),
        ("damaged.safetensors", lambda path: path.write_bytes(b"damaged"), "not a readable file of weights"),
        ("damaged.pth", lambda path: path.write_bytes(b"PK\3\4damaged"), "not a readable file|plain tensors"),
        ("code.pth", evil, "plain tensors"),
        ("list.pth", lambda path: torch.save([torch.zeros(1)], path), "not a file of weights by name"),
        ("missing.safetensors", lambda path: None, "no such file; `imagenet` downloads them"),
    ],
)
def test_start_weights_that_do_not_fit_are_refused(
    name: str, make: Callable[[Path], object], told: str, dataset: Dataset, joint_recipe: Joint, tmp_path: Path
) -> None:
    make(tmp_path / name)
    with pytest.raises(ModelError, match=told):
        train(dataset, replace(joint_recipe, start=str(tmp_path / name)), tmp_path / "out", silent)
    assert not (tmp_path / "out").exists()


def test_a_safetensors_file_is_read_as_it_is(tmp_path: Path) -> None:
    save_file({"a": torch.arange(3)}, tmp_path / "a.safetensors")
    assert read_weights(tmp_path / "a.safetensors")["a"].tolist() == [0, 1, 2]


def test_the_input_follows_the_start_weights(theirs: Path) -> None:
    def sees(start: str, backbone: str = BACKBONE) -> Preprocessing:
        return preprocessing_for(Joint(backbone=backbone, start=start, height=32, width=24))

    assert sees(PRETRAINED) == Preprocessing(32, 24, IMAGENET_MEAN, IMAGENET_SCALE)
    assert sees(SCRATCH) == Preprocessing(32, 24)
    assert sees(str(theirs)) == Preprocessing(32, 24, IMAGENET_MEAN, IMAGENET_SCALE)
    assert sees("lite.pth", "timm:tf_efficientnet_lite0") == Preprocessing(32, 24)
    assert sees("r18.pth", "timm:resnet18") == Preprocessing(32, 24, IMAGENET_MEAN, IMAGENET_SCALE)


def test_a_bundle_brings_its_backbone_and_its_projection(theirs: Path) -> None:
    before, after, source = started(theirs)
    brought = [name for name in after if name in source and not name.startswith(("heads.", "text.embedding"))]
    assert any(name.startswith("backbone.") for name in brought)
    assert {"project.weight", "text.project.weight", "logit_scale"} <= set(brought)
    assert all(torch.equal(after[name], source[name]) for name in brought)
    assert not torch.equal(before["project.weight"], source["project.weight"])


def test_a_bundle_brings_the_labels_that_both_have(theirs: Path) -> None:
    before, after, source = started(theirs)
    for part in ("weight", "bias"):
        kind, new = f"heads.kind.{part}", f"heads.colour.{part}"
        assert torch.equal(after[kind][0], source[kind][1]), "dress is theirs"
        assert torch.equal(after[kind][1], before[kind][1]), "hat is new"
        assert torch.equal(after[new], before[new])


def test_a_bundle_brings_the_words_that_both_have_and_all_ngrams(theirs: Path) -> None:
    before, after, source = (state["text.embedding.weight"] for state in started(theirs))
    assert torch.equal(after[[0, 2]], source[[1, 2]]), "dress and red"
    assert torch.equal(after[1], before[1]), "green is new"
    assert torch.equal(after[3:], source[3:])
    assert not torch.equal(before[3:], source[3:])


def test_ngrams_of_another_number_of_buckets_stay(theirs: Path) -> None:
    before, after, source = (
        state["text.embedding.weight"] for state in started(theirs, Tokenizer(("dress", "green"), buckets=5))
    )
    assert torch.equal(after[0], source[1])
    assert torch.equal(after[1:], before[1:])


def test_a_bundle_with_which_nothing_is_shared_brings_its_backbone_alone(theirs: Path) -> None:
    before, after, source = started(theirs, Tokenizer(("green",), buckets=5), {"kind": ["hat"]}, dimensions=4)
    for name in ("heads.kind.weight", "text.embedding.weight", "project.weight"):
        assert torch.equal(after[name], before[name]), name
    assert torch.equal(after["backbone.conv1.0.weight"], source["backbone.conv1.0.weight"])


def test_a_network_without_words_starts_from_a_bundle_with_them(theirs: Path) -> None:
    _, after, source = started(theirs, None)
    assert torch.equal(after["project.weight"], source["project.weight"])


def test_a_bundle_of_another_backbone_is_refused(theirs: Path) -> None:
    other = joint_network(2, OUR_LABELS, None, "mobilenet_v3_small")
    with pytest.raises(ModelError, match=f"has the backbone {BACKBONE}, and this recipe mobilenet_v3_small"):
        start_from_bundle(other, OUR_LABELS, None, theirs)


def test_a_folder_that_is_no_bundle_is_refused(dataset: Dataset, joint_recipe: Joint, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a model bundle, model\.json is missing"):
        train(dataset, replace(joint_recipe, start=str(tmp_path)), tmp_path / "out", silent)


def test_a_shop_fine_tunes_a_bundle_on_labels_of_its_own(dataset: Dataset, bundle_folder: Path, tmp_path: Path) -> None:
    examples = {
        split: [replace(row, cells={"tone": row.cells["base_colour"].lower()}) for row in rows]
        for split, rows in dataset.examples.items()
    }
    own = replace(dataset, name="own", label_fields=("tone",), examples=examples)
    recipe = Classify(
        **{"backbone": "resnet18", "start": str(bundle_folder), "height": 32, "width": 32, "dimensions": 16},
        **{"batch_size": 16, "epochs": 0.34, "backbone_lr": 0.0},
    )
    bundle = train(own, recipe, tmp_path, silent)
    assert bundle.labels == {"tone": ["red", "blue", "green"]}
    assert bundle.facts["started_from"] == read_bundle(bundle_folder)[0].info.key
    before, after = (load_file(folder / WEIGHTS) for folder in (bundle_folder, tmp_path))
    weights = [name for name in after if name.startswith("backbone.") and after[name].ndim == 4]
    assert weights
    assert all(torch.equal(after[name], before[name]) for name in weights), "a rate of 0 leaves what it started from"
    assert not torch.equal(after["project.weight"], before["project.weight"])
