"""Any torchvision CNN by name: its features, its own weights, and what is told when they are others' or absent."""

from types import SimpleNamespace
from typing import NoReturn

import pytest
import torch
import torchvision

from services.encoders.backbones import backbone_names, load_pretrained, make_backbone, start_backbone
from services.errors import ModelError

FEATURES = {
    "resnet18": 512,
    "resnet50": 2048,
    "mobilenet_v2": 1280,
    "mobilenet_v3_small": 1024,
    "efficientnet_b0": 1280,
    "convnext_tiny": 768,
    "vgg16_bn": 512,
    "inception_v3": 2048,
    "googlenet": 1024,
    "shufflenet_v2_x0_5": 1024,
}
WHOLE = {"inception_v3": {"init_weights": False}, "googlenet": {"init_weights": False}}
"""Options that keep torchvision from spending a minute, or a warning, on random weights."""


@pytest.fixture
def skipped_initialisation(monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG's fully connected layers take seconds to fill with random numbers that nobody reads."""
    monkeypatch.setattr(torch.nn.init, "normal_", lambda tensor, mean=0.0, std=1.0, generator=None: tensor)


def whole(name: str) -> dict[str, torch.Tensor]:
    """The weights of the whole network, each element of a tensor another number, as its publisher has them."""
    state = torchvision.models.get_model(name, weights=None, **WHOLE.get(name, {})).state_dict()
    return {
        key: torch.linspace(-1, 1, tensor.numel()).reshape(tensor.shape) if tensor.is_floating_point() else tensor
        for key, tensor in state.items()
    }


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.usefixtures("skipped_initialisation")
def test_photos_become_pooled_features_and_its_own_weights_fit(name: str) -> None:
    network, count = make_backbone(name)
    assert count == FEATURES[name]
    with torch.inference_mode():
        assert network.eval()(torch.zeros(2, 3, 96, 96)).shape == (2, count)
    state = whole(name)
    start_backbone(network, name, {key: tensor.half() for key, tensor in state.items()}, "a file")
    found = network.state_dict()
    assert found.keys() < state.keys()
    assert all(torch.equal(found[key].float(), state[key].half().float()) for key in found if found[key].ndim)
    assert all(tensor.dtype == torch.float32 for tensor in found.values() if tensor.is_floating_point())


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("resnet18", "resnet34"),
        ("resnet18", "resnet50"),
        ("resnet18", "mobilenet_v2"),
        ("mobilenet_v2", "resnet18"),
        ("mobilenet_v3_small", "mobilenet_v3_large"),
        ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0"),
    ],
)
def test_weights_of_another_network_are_refused(name: str, other: str) -> None:
    state = torchvision.models.get_model(other, weights=None).state_dict()
    with pytest.raises(ModelError, match=f"a file: not weights of torchvision's {name}"):
        start_backbone(make_backbone(name)[0], name, state, "a file")


def test_weights_that_lack_a_layer_are_refused_and_missing_counters_are_not() -> None:
    state = whole("shufflenet_v2_x0_5")
    network, _ = make_backbone("shufflenet_v2_x0_5")
    start_backbone(network, "it", {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}, "a file")
    state.pop("conv5.0.weight")
    with pytest.raises(ModelError, match=r"lacks \['conv5.0.weight'\]"):
        start_backbone(network, "shufflenet_v2_x0_5", state, "a file")


def test_an_unknown_name_is_told_with_those_close_to_it() -> None:
    assert set(FEATURES) <= set(backbone_names())
    with pytest.raises(ModelError, match="no network 'resnet-50'; close to it: resnet50"):
        make_backbone("resnet-50")
    with pytest.raises(ModelError, match="no network ''; close to it: "):
        make_backbone("")


def test_a_network_without_a_last_linear_layer_is_refused() -> None:
    with pytest.raises(ModelError, match="squeezenet1_1: its last layer is not a linear one"):
        make_backbone("squeezenet1_1")


@pytest.mark.parametrize("failure", [OSError("Name or service not known"), RuntimeError("invalid hash value")])
def test_a_failed_download_is_told_with_its_remedy(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_state_dict(**_: object) -> NoReturn:
        raise failure

    published = SimpleNamespace(DEFAULT=SimpleNamespace(get_state_dict=get_state_dict))
    monkeypatch.setattr(torchvision.models, "get_model_weights", lambda name: published)
    with pytest.raises(ModelError, match=f"resnet18 could not be downloaded .{failure}.; name a local file instead"):
        load_pretrained("resnet18")


def test_a_network_without_published_weights_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="publishes no weights for 'mnasnet9'"):
        load_pretrained("mnasnet9")
    monkeypatch.setattr(torchvision.models, "get_model_weights", lambda name: SimpleNamespace())
    with pytest.raises(ModelError, match="publishes no weights for 'resnet18'"):
        load_pretrained("resnet18")
