"""Teachers are asked what finished bundles say, and a network that learns from them comes to say the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training import losses, silent

from indexer.datasets import Dataset
from indexer.training.batches import Batch
from indexer.training.card import model_card
from indexer.training.distillation import relation_loss, soft_cross_entropy
from indexer.training.objectives import DistilledObjective, JointObjective
from indexer.training.photos import LabelledPhotos, load_photos
from indexer.training.provenance import licence_facts, training_command
from indexer.training.recipes import Joint
from indexer.training.run import train
from indexer.training.score import seen
from indexer.training.taught import Taught
from indexer.training.teachers import Teachers
from services.encoders.bundle import WEIGHTS, read_bundle
from services.encoders.bundle_encoder import load_network
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.runtime import best_precision, image_runtime
from services.encoders.tokenizer import Tokenizer
from services.errors import InvalidRequest, ModelError

LABELS = {"article_type": ["Belts", "Dresses"], "base_colour": ["Red", "Blue", "Green"]}
SEES = Preprocessing(32, 32)
FIELDS = {"article_type": 1.0, "base_colour": 1.0}


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teachers see photos in single precision, so that what they say can be compared to the last digits."""
    monkeypatch.setattr("indexer.training.teachers.best_precision", lambda _: "f32")


@pytest.fixture(scope="module")
def other_folder(dataset: Dataset, joint_recipe: Joint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another bundle for the drawn shop, with another backbone and another input."""
    folder = tmp_path_factory.mktemp("bundles") / "other-model"
    recipe = replace(joint_recipe, backbone="shufflenet_v2_x0_5", height=40, width=30, epochs=2.0, seed=8)
    train(dataset, recipe, folder, silent, name="other-model")
    return folder


@pytest.fixture(scope="module")
def photos(dataset: Dataset) -> LabelledPhotos:
    return load_photos(dataset, dataset.rows("val"), LABELS, SEES, silent)


def pixels(photos: LabelledPhotos) -> torch.Tensor:
    """As a network sees them: (N, 3, 32, 32)."""
    return (torch.from_numpy(photos.pixels.copy()).permute(0, 3, 1, 2).float() - 127.5) / 127.5


def own_words(folder: Path, photos: LabelledPhotos) -> dict[str, torch.Tensor]:
    """Log-probabilities by the bundle's own network."""
    bundle, network = load_network(folder)
    assert bundle.labels == LABELS
    with torch.inference_mode():
        logits = network.label_logits(*seen(network.eval(), photos, SEES))
    return {field: found.log_softmax(1) for field, found in logits.items()}


def test_one_teacher_says_what_its_bundle_says(bundle_folder: Path, photos: LabelledPhotos) -> None:
    taught = Teachers([bundle_folder], LABELS, FIELDS, SEES)(pixels(photos))
    expected = own_words(bundle_folder, photos)
    assert taught.probabilities.keys() == expected.keys()
    for field, found in taught.probabilities.items():
        assert torch.allclose(found, expected[field].exp(), atol=1e-4), field


def test_teachers_see_photos_as_quickly_as_the_hardware_can(
    bundle_folder: Path, photos: LabelledPhotos, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = Teachers([bundle_folder], LABELS, FIELDS, SEES)(pixels(photos))
    asked: list[object] = []

    def runtime(*given: object, precision: str) -> object:
        asked.append(precision)
        return image_runtime(*given, precision=precision)  # type: ignore[arg-type]

    monkeypatch.setattr("indexer.training.teachers.best_precision", best_precision)
    monkeypatch.setattr("indexer.training.teachers.image_runtime", runtime)
    quick = Teachers([bundle_folder], LABELS, FIELDS, SEES)(pixels(photos))
    assert asked == [best_precision(torch.device("cuda" if torch.cuda.is_available() else "cpu"))]
    for field, found in quick.probabilities.items():
        assert torch.allclose(found, exact.probabilities[field], atol=2e-2), field


def test_several_teachers_speak_as_their_geometric_mean(
    bundle_folder: Path, other_folder: Path, photos: LabelledPhotos
) -> None:
    seen_by_student = pixels(photos)
    alone = [Teachers([folder], LABELS, FIELDS, SEES)(seen_by_student) for folder in (bundle_folder, other_folder)]
    both = Teachers([bundle_folder, other_folder], LABELS, FIELDS, SEES)(seen_by_student)
    for field, found in both.probabilities.items():
        mean = torch.stack([taught.probabilities[field].log() for taught in alone]).mean(dim=0)
        assert torch.allclose(found, mean.softmax(dim=1), atol=1e-4), field


def test_labels_are_put_in_the_networks_own_order_and_unknown_ones_get_nothing(
    bundle_folder: Path, photos: LabelledPhotos
) -> None:
    labels = {"base_colour": ["Green", "Mauve", "Red", "Blue"], "season": ["Summer"]}
    taught = Teachers([bundle_folder], labels, {"base_colour": 1.0}, SEES)(pixels(photos))
    assert taught.probabilities.keys() == {"base_colour"}
    expected = own_words(bundle_folder, photos)["base_colour"].exp()
    assert torch.allclose(taught.probabilities["base_colour"][:, [2, 3, 0]], expected, atol=1e-4)
    assert taught.probabilities["base_colour"][:, 1].tolist() == [0.0] * len(photos)


def test_a_field_of_which_no_label_is_known_is_not_taught(bundle_folder: Path, photos: LabelledPhotos) -> None:
    labels = {"article_type": ["Belts", "Dresses"], "base_colour": ["Rot", "Blau"]}
    taught = Teachers([bundle_folder], labels, FIELDS, SEES)(pixels(photos))
    assert taught.probabilities.keys() == {"article_type"}
    assert torch.isfinite(taught.rows).all()


def test_teachers_speak_in_single_precision_in_whatever_the_network_learns(
    bundle_folder: Path, photos: LabelledPhotos
) -> None:
    teachers = Teachers([bundle_folder], LABELS, FIELDS, SEES)
    expected = teachers(pixels(photos))
    with torch.autocast("cpu", torch.bfloat16):
        found = teachers(pixels(photos))
    assert torch.equal(found.rows, expected.rows)
    assert all(torch.equal(found.probabilities[field], expected.probabilities[field]) for field in LABELS)


def test_a_strange_field_among_the_alike_is_told(
    dataset: Dataset, joint_recipe: Joint, bundle_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(joint_recipe, teachers=str(bundle_folder), alike_fields="article_type,colour:0.5")
    with pytest.raises(InvalidRequest, match="colour is no label field"):
        train(dataset, recipe, tmp_path / "out", silent)


def test_teachers_with_one_backbone_look_once(
    dataset: Dataset, joint_recipe: Joint, bundle_folder: Path, photos: LabelledPhotos, tmp_path: Path
) -> None:
    refined = replace(joint_recipe, start=str(bundle_folder), epochs=0.0, refine_epochs=1.0, refine_views=1)
    train(dataset, refined, tmp_path, silent)
    teachers = Teachers([bundle_folder, tmp_path], LABELS, FIELDS, SEES)
    assert len(teachers._teachers) == 1
    means = [own_words(folder, photos)["base_colour"] for folder in (bundle_folder, tmp_path)]
    found = teachers(pixels(photos)).probabilities["base_colour"]
    assert torch.allclose(found, torch.stack(means).mean(dim=0).softmax(dim=1), atol=1e-4)
    assert not torch.allclose(found, means[0].exp(), atol=1e-4)


def test_the_cosine_of_their_rows_is_the_weighed_mean_of_likenesses(
    bundle_folder: Path, photos: LabelledPhotos
) -> None:
    teachers = Teachers([bundle_folder], LABELS, {"article_type": 3.0, "base_colour": 1.0, "season": 9.0}, SEES)
    taught = teachers(pixels(photos))
    _, embeddings = seen(load_network(bundle_folder)[1].eval(), photos, SEES)
    roots = {field: found.sqrt() for field, found in taught.probabilities.items()}
    expected = 0.4 * embeddings @ embeddings.T
    for field, share in (("article_type", 0.45), ("base_colour", 0.15)):
        expected = expected + share * roots[field] @ roots[field].T
    assert torch.allclose(taught.rows @ taught.rows.T, expected, atol=1e-4)


def test_neighbourhoods_that_agree_cost_nothing() -> None:
    rows = torch.nn.functional.normalize(torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), dim=-1)
    turned = rows @ torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0]
    assert float(relation_loss(rows, turned, 0.1)) == pytest.approx(0, abs=1e-5)
    assert float(relation_loss(rows, rows.roll(1, dims=0), 0.1)) > 0.1
    assert float(relation_loss(rows[:1], rows[:1], 0.1)) == 0


def test_a_certain_teacher_is_a_label() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    told = soft_cross_entropy(logits, torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert float(told) == pytest.approx(float(torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1]))))


class Silence(Teachers):
    """Says that every photo is a belt, and counts the photos that it is shown."""

    def __init__(self) -> None:
        self.shown = 0

    def __call__(self, pixels: torch.Tensor) -> Taught:
        self.shown += len(pixels)
        rows = torch.nn.functional.normalize(torch.ones(len(pixels), 2), dim=-1)
        return Taught({"kind": torch.tensor([[1.0, 0.0]]).repeat(len(pixels), 1)}, rows)


def objective(recipe: Joint) -> tuple[DistilledObjective, Silence, Batch]:
    torch.manual_seed(2)
    tokenizer = Tokenizer(("red", "belt"), buckets=8)
    network = JointNetwork(
        Architecture("shufflenet_v2_x0_5", 8, tokenizer.rows, 8, {"kind": 2, "colour": 3}, "features")
    )
    batch = Batch(
        torch.randn(8, 3, 32, 32), {"kind": torch.arange(8) % 2, "colour": torch.arange(8) % 3}, ["red belt"] * 8
    )
    teachers = Silence()
    return DistilledObjective(JointObjective(network, recipe, tokenizer), recipe, teachers), teachers, batch


def test_labels_and_titles_are_of_whole_photos_only() -> None:
    recipe = Joint(strong_fields="kind", teachers="a", blend=0.75)
    distilled, teachers, batch = objective(recipe)
    batch.targets["kind"][2:] = 99  # no such class: an error where a blended photo's label is looked at
    batch.targets["colour"][2:] = 99
    found = distilled(batch)
    assert teachers.shown == 8
    assert found.keys() == {"kind", "colour", "alike_kind", "words", "taught_kind", "taught_relations"}
    assert all(torch.isfinite(loss) for loss in found.values())


def test_one_photo_of_a_batch_stays_whole_however_many_are_blended() -> None:
    distilled, _, batch = objective(Joint(strong_fields="kind", teachers="a", blend=0.99))
    found = distilled(batch)
    assert found.keys() == {"kind", "colour", "words", "taught_kind", "taught_relations"}
    assert all(torch.isfinite(loss) for loss in found.values())


def test_who_was_asked_beforehand_is_not_asked_again_and_nothing_is_blended() -> None:
    distilled, teachers, batch = objective(Joint(strong_fields="kind", teachers="a", blend=0.75))
    taught = Silence()(batch.pixels)
    with torch.no_grad():
        plain = distilled.joint.eval()(batch)
        found = distilled.eval()(replace(batch, taught=taught))
    assert teachers.shown == 0
    assert float(found["kind"]) == pytest.approx(float(plain["kind"]), rel=1e-5)


def test_weights_of_what_is_taught_follow_the_fields() -> None:
    numbers = {"strong_fields": "kind", "weak_weight": 0.25, "label_weight": 0.5, "teacher_weight": 2.0}
    distilled, _, _ = objective(Joint(**numbers, relation_weight=3.0, teachers="a"))  # type: ignore[arg-type]
    weights = {name: distilled.weight(name) for name in ("kind", "colour", "taught_kind", "taught_colour")}
    assert weights == {"kind": 0.5, "colour": 0.125, "taught_kind": 2.0, "taught_colour": 0.5}
    assert distilled.weight("taught_relations") == 3.0


def test_a_network_is_trained_and_refined_with_teachers_and_its_card_names_them(
    dataset: Dataset, joint_recipe: Joint, bundle_folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    teachers = f"{bundle_folder}, {other_folder}"
    recipe = replace(joint_recipe, epochs=16.0, teachers=teachers, blend=0.25, seed=9, warmup=0.0)
    recipe = replace(recipe, refine_epochs=4.0, refine_views=2, refine_batch_size=16)
    bundle = train(dataset, recipe, tmp_path, silent, name="pupil")
    for folder in (tmp_path / "training", tmp_path / "training" / "refine"):
        for term in ("taught_article_type", "taught_base_colour", "taught_relations"):
            assert len(losses(folder, term)) > 8, (folder.name, term)
    told = losses(tmp_path / "training", "taught_article_type")
    assert np.mean(told[-12:]) < 0.95 * np.mean(told[:12]), told
    assert bundle.facts["hyperparameters"]["teachers"] == "shop-model,other-model"
    assert [each["model"].split("+")[0] for each in bundle.facts["taught_by"]] == ["shop-model@3", "other-model@1"]
    card = model_card(bundle)
    assert "### shop-model@3+" in card
    assert "### other-model@1+" in card


def test_refining_with_teachers_alone_still_moves_the_heads(
    dataset: Dataset, joint_recipe: Joint, bundle_folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    recipe = replace(joint_recipe, start=str(bundle_folder), epochs=0.0, refine_epochs=1.0, refine_views=1)
    moved = {}
    for name, numbers in (("taught", {"teachers": str(other_folder)}), ("not", {})):
        train(dataset, replace(recipe, refine_label_weight=0.0, **numbers), tmp_path / name, silent)  # type: ignore[arg-type]
        before, after = (load_file(folder / WEIGHTS) for folder in (bundle_folder, tmp_path / name))
        moved[name] = not torch.equal(before["heads.base_colour.weight"], after["heads.base_colour.weight"])
    assert moved == {"taught": True, "not": False}


def test_a_teacher_that_is_no_bundle_is_told_before_any_photo_is_trained_on(
    dataset: Dataset, joint_recipe: Joint, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        train(dataset, replace(joint_recipe, teachers=str(tmp_path / "nowhere")), tmp_path / "out", silent)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"blend": 0.5}, "blend needs teachers"),
        ({"blend": 1.0, "teachers": "a"}, "less than 1"),
        ({"blend": float("nan"), "teachers": "a"}, "less than 1"),
        ({"alike_fields": "kind:much"}, "'much'"),
        ({"alike_fields": "kind:-1"}, "'-1'"),
        ({"alike_fields": "kind:inf"}, "'inf'"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, float | str], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        Joint(**numbers)  # type: ignore[arg-type]


def test_fields_that_make_photos_alike_are_the_strong_ones_unless_named() -> None:
    assert Joint(strong_fields="kind, colour").alike == {"kind": 1.0, "colour": 1.0}
    assert Joint(alike_fields="kind, gender:0.4").alike == {"kind": 1.0, "gender": 0.4}


def test_paths_of_teachers_are_shortened_in_the_command() -> None:
    line = training_command("joint", [], Joint(teachers="/home/somebody/models/a, x/b"), [])
    assert line == "lookalike train joint --teachers models/a,x/b"


def test_a_pupil_is_as_free_as_its_teachers(bundle_folder: Path) -> None:
    own = licence_facts("fashion-mnist", "imagenet", {})
    strange = read_bundle(bundle_folder)[0].facts["licence"]
    assert licence_facts("fashion-mnist", "imagenet", {}, [own])["weights"] == own["weights"]
    assert licence_facts("fashion-mnist", "imagenet", {}, [own, strange])["weights"].startswith("not stated")
