"""The figures that training is watched by are exact on a network that sees colours and nothing else."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from indexer.datasets import Example
from indexer.training.photos import IGNORED, LabelledPhotos
from indexer.training.score import HeldOutScore, precision_at_1, seen
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing

SEES = Preprocessing(4, 4, (0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
COLOURS = np.array([[255, 0, 0], [250, 10, 0], [0, 255, 0], [5, 240, 0], [0, 0, 255], [0, 20, 250]], np.uint8)


@pytest.fixture
def network() -> JointNetwork:
    """Its vector is the photo's mean colour, and its head `colour` takes the strongest channel."""
    found = JointNetwork(Architecture("shufflenet_v2_x0_5", 3, heads={"colour": 3}))
    found.backbone = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found.project = nn.Linear(3, 3, bias=False)
    for part in (found.project, found.heads["colour"]):
        nn.init.eye_(part.weight)
    nn.init.zeros_(found.heads["colour"].bias)
    return found


def photos(**targets: list[int]) -> LabelledPhotos:
    pixels = np.broadcast_to(COLOURS[:, None, None], (6, 4, 4, 3))
    examples = [Example(str(number), "", {}) for number in range(6)]
    return LabelledPhotos(pixels, examples, {name: np.array(found) for name, found in targets.items()})


def test_what_it_sees_is_right(network: JointNetwork) -> None:
    figures = HeldOutScore(photos(colour=[0, 0, 1, 1, 2, 2]), SEES, ("colour",))(network)
    assert figures == {"colour_p@1": 1.0, "colour_accuracy": 1.0}


def test_what_is_labelled_otherwise_is_wrong(network: JointNetwork) -> None:
    """Heads know only red, green and blue; a field without a head has its neighbours alone."""
    labelled = photos(colour=[0, 0, 1, 1, 0, 0], shape=[0, 1, 0, 1, 0, 0])
    figures = HeldOutScore(labelled, SEES, ("colour", "shape"))(network)
    assert figures == {
        "colour_p@1": 1.0,
        "colour_accuracy": pytest.approx(4 / 6),
        "shape_p@1": pytest.approx(2 / 6),
    }


def test_photos_without_a_label_do_not_count(network: JointNetwork) -> None:
    labelled = photos(colour=[0, 0, IGNORED, IGNORED, 1, 1])
    assert HeldOutScore(labelled, SEES, ("colour",))(network) == {"colour_p@1": 1.0, "colour_accuracy": 0.5}


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([IGNORED] * 6, {}),
        ([0, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED], {"colour_accuracy": 1.0}),
        ([0, IGNORED, 1, IGNORED, 2, IGNORED], {"colour_accuracy": 1.0}),
    ],
)
def test_a_figure_that_no_photo_can_tell_is_left_out(
    targets: list[int], expected: dict[str, float], network: JointNetwork
) -> None:
    assert HeldOutScore(photos(colour=targets), SEES, ("colour",))(network) == expected


@pytest.mark.parametrize("training", [True, False])
def test_the_network_keeps_its_mode(training: bool, network: JointNetwork) -> None:
    features, rows = seen(network.train(training), photos(), SEES)
    assert network.training is training
    assert features.numpy() == pytest.approx(COLOURS / 255, abs=1e-5)
    assert rows.norm(dim=1).numpy() == pytest.approx(np.ones(6), abs=1e-5)


def test_more_photos_than_a_batch_are_all_seen_in_order(network: JointNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.training.score.BATCH", 4)
    assert seen(network, photos(), SEES)[0].numpy() == pytest.approx(COLOURS / 255, abs=1e-5)


def test_one_that_is_alone_in_its_class_does_not_count() -> None:
    vectors = torch.nn.functional.normalize(torch.tensor([[1, 0.0], [1, 0.1], [0, 1.0]]), dim=1)
    assert precision_at_1(vectors, torch.tensor([0, 0, 1])) == 1.0
    assert precision_at_1(vectors, torch.tensor([0, 1, 0])) == 0.0
    assert math.isnan(precision_at_1(vectors, torch.tensor([0, 1, 2])))


def test_only_a_joint_network_is_scored() -> None:
    with pytest.raises(TypeError, match="joint network"):
        HeldOutScore(photos(colour=[0] * 6), SEES, ("colour",))(nn.Linear(1, 1))
