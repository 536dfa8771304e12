"""What each loss counts: captions that read the same, photos without a label, and which field weighs how much."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from indexer.training.batches import Batch
from indexer.training.losses import caption_ids, contrastive_loss
from indexer.training.objectives import ClassifyObjective, JointObjective
from indexer.training.objectives.classify import label_losses
from indexer.training.photos import IGNORED
from indexer.training.recipes import Classify, Joint
from services.encoders.network import Architecture, JointNetwork
from services.encoders.tokenizer import Tokenizer

TOKENIZER = Tokenizer(("red", "belt"), buckets=8)
CAPTIONS = ["red belt", "dress", "red belt", "blue belt"]


@pytest.fixture(scope="module")
def network() -> JointNetwork:
    torch.manual_seed(2)
    heads = {"kind": 2, "colour": 3}
    return JointNetwork(Architecture("shufflenet_v2_x0_5", 8, TOKENIZER.rows, 8, heads, "features"))


def batch(kind: list[int], colour: list[int]) -> Batch:
    pixels = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return Batch(pixels, {"kind": torch.tensor(kind), "colour": torch.tensor(colour)}, CAPTIONS)


def rows(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = torch.Generator().manual_seed(0)
    one, other = (F.normalize(torch.randn(count, 4, generator=chance), dim=-1) for _ in range(2))
    return one, other


def test_with_distinct_captions_the_contrastive_loss_is_clips() -> None:
    images, texts = rows(5)
    logits, target = 10 * images @ texts.T, torch.arange(5)
    clip = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    assert contrastive_loss(images, texts, target, torch.tensor(10.0)) == pytest.approx(float(clip))


def test_rows_that_share_a_caption_are_right_answers_to_each_other() -> None:
    captions = ["red belt", "dress", "Red BELT!"]
    assert caption_ids(captions).tolist() == [0, 1, 0]
    images, texts = rows(3)
    logits = 5 * images @ texts.T
    share = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    expected = (F.cross_entropy(logits, share) + F.cross_entropy(logits.T, share)) / 2
    assert contrastive_loss(images, texts, caption_ids(captions), torch.tensor(5.0)) == pytest.approx(float(expected))


@pytest.mark.parametrize(("one", "other"), [((3, 4), (2, 4)), ((3,), (3,))])
def test_rows_that_are_no_pairs_are_refused(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(N, D\)"):
        contrastive_loss(torch.zeros(one), torch.zeros(other), torch.arange(3), torch.tensor(1.0))


def test_photos_without_a_label_do_not_move_its_loss() -> None:
    logits = {"kind": torch.tensor([[2.0, 0.0], [5.0, -5.0], [0.0, 1.0]])}
    found = label_losses(logits, {"kind": torch.tensor([0, IGNORED, 1])}, 0.0)
    assert found["kind"] == pytest.approx(float(F.cross_entropy(logits["kind"][[0, 2]], torch.tensor([0, 1]))))


def test_a_batch_without_a_label_teaches_the_others(network: JointNetwork) -> None:
    unknown = batch([0, 1, 0, 1], [IGNORED] * 4)
    joint = JointObjective(network, Joint(strong_fields="kind, colour"), TOKENIZER)(unknown)
    assert joint.keys() == {"kind", "alike_kind", "words"}
    plain = ClassifyObjective(network, Classify())(unknown)
    mixed = ClassifyObjective(network, Classify(mixup=0.5))(unknown)
    assert plain.keys() == mixed.keys() == {"kind"}
    assert all(torch.isfinite(loss) for found in (joint, plain, mixed) for loss in found.values())


def test_the_metric_loss_sees_only_photos_with_a_label(network: JointNetwork) -> None:
    objective = JointObjective(network.eval(), Joint(strong_fields="kind"), TOKENIZER)
    two = objective(batch([0, 0, IGNORED, IGNORED], [0] * 4))["alike_kind"]
    assert two.item() == pytest.approx(0, abs=1e-4)  # of two alike, each is the other's nearest whatever they are
    assert "alike_kind" not in objective(batch([0, IGNORED, IGNORED, IGNORED], [0] * 4))
    assert objective(batch([0, 0, 1, 1], [0] * 4))["alike_kind"].item() > 0.01


def test_terms_that_weigh_nothing_are_not_computed(network: JointNetwork) -> None:
    recipe = Joint(strong_fields="kind", metric_weight=0.0, contrastive_weight=0.0)
    assert JointObjective(network, recipe, TOKENIZER)(batch([0, 1, 0, 1], [0] * 4)).keys() == {"kind", "colour"}


def test_weights_are_the_recipes(network: JointNetwork) -> None:
    recipe = Joint(strong_fields="kind", weak_weight=0.25, metric_weight=0.3, contrastive_weight=0.7)
    objective = JointObjective(network, recipe, TOKENIZER)
    assert [objective.weight(name) for name in ("kind", "colour", "alike_kind", "words")] == [1.0, 0.25, 0.3, 0.7]


def test_mixup_of_photos_of_one_label_leaves_its_loss(network: JointNetwork) -> None:
    """Blended targets that are equal are the target; only the photos differ."""
    same, network = batch([1, 1, 1, 1], [2] * 4), network.eval()
    same = replace(same, pixels=same.pixels[:1].expand(4, -1, -1, -1).contiguous())
    plain = ClassifyObjective(network, Classify())(same)
    mixed = ClassifyObjective(network, Classify(mixup=1.0))(same)
    assert {name: loss.item() for name, loss in mixed.items()} == pytest.approx(
        {name: loss.item() for name, loss in plain.items()}, rel=1e-4
    )


def test_a_network_without_words_is_no_joint_one() -> None:
    vision = JointNetwork(Architecture("shufflenet_v2_x0_5", 8))
    with pytest.raises(ValueError, match="text tower"):
        JointObjective(vision, Joint(), TOKENIZER)
