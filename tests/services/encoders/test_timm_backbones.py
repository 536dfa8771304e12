"""Any CNN of timm by name, its published weights, and weights of EfficientNets under the names of another library."""

from typing import NoReturn

import pytest
import timm
import torch
from torch import Tensor

from services.encoders.backbones import load_pretrained, make_backbone, start_backbone
from services.encoders.timm_backbones import timm_input
from services.errors import ModelError

LITE = "timm:tf_efficientnet_lite0"
FEATURES = {LITE: 1280, "timm:mobilenetv3_small_050": 1024, "timm:resnet18": 512, "timm:convnext_atto": 320}

ELSEWHERE = {
    "conv_stem": "_conv_stem",
    "bn1": "_bn0",
    "conv_head": "_conv_head",
    "bn2": "_bn1",
    "classifier": "_fc",
}
IN_BLOCK = {
    "conv_pw": "_expand_conv",
    "bn1": "_bn0",
    "conv_dw": "_depthwise_conv",
    "bn2": "_bn1",
    "conv_pwl": "_project_conv",
    "bn3": "_bn2",
}
EXCITES = {"conv_reduce": "_se_reduce", "conv_expand": "_se_expand"}
IN_FIRST = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}


def whole(name: str) -> dict[str, Tensor]:
    """The weights of timm's whole network, its last layer included, no two tensors alike."""
    state = timm.create_model(name.removeprefix("timm:"), pretrained=False).state_dict()
    return {
        key: torch.full_like(tensor, (number + 1) / 1024) if tensor.is_floating_point() else tensor
        for number, (key, tensor) in enumerate(state.items())
    }


def published_elsewhere(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights as EfficientNet-PyTorch names them, blocks numbered through."""
    blocks = sorted({tuple(map(int, key.split(".")[1:3])) for key in state if key.startswith("blocks.")})
    renamed = {}
    for key, tensor in state.items():
        parts = key.split(".")
        if parts[0] != "blocks":
            renamed[".".join([ELSEWHERE[parts[0]], *parts[1:]])] = tensor
            continue
        number = blocks.index((int(parts[1]), int(parts[2])))
        if parts[3] == "se":
            parts[3:5] = [parts[4]]
        layer = {**EXCITES, **(IN_BLOCK if number else IN_FIRST)}[parts[3]]
        renamed[f"_blocks.{number}.{layer}.{parts[4]}"] = tensor
    return renamed


@pytest.mark.parametrize("name", FEATURES)
def test_photos_become_pooled_features_and_timms_own_weights_fit(name: str) -> None:
    network, count = make_backbone(name)
    assert count == FEATURES[name]
    with torch.inference_mode():
        assert network.eval()(torch.zeros(2, 3, 96, 72)).shape == (2, count)
    state = whole(name)
    start_backbone(network, name, {key: tensor.half() for key, tensor in state.items()}, "a file")
    found = network.state_dict()
    assert found.keys() < state.keys()
    assert all(torch.equal(found[key].float(), state[key].half().float()) for key in found if found[key].ndim)


@pytest.mark.parametrize("name", [LITE, "timm:tf_efficientnet_b0"])
def test_weights_of_an_efficientnet_are_known_by_the_names_of_another_library(name: str) -> None:
    state = whole(name)
    network, _ = make_backbone(name)
    start_backbone(network, name, published_elsewhere(state), "a file")
    found = network.state_dict()
    assert all(torch.equal(found[key], state[key]) for key in found if found[key].ndim)


def test_weights_of_a_deeper_efficientnet_are_refused() -> None:
    network, _ = make_backbone(LITE)
    with pytest.raises(ModelError, match="a file: not weights of timm's tf_efficientnet_lite0"):
        start_backbone(network, LITE, published_elsewhere(whole("timm:tf_efficientnet_lite2")), "a file")


def test_an_unknown_name_is_told_with_those_close_to_it() -> None:
    told = r"timm has no network 'efficientnet_light0'; close to it: .*efficientnet_lite0"
    with pytest.raises(ModelError, match=told):
        make_backbone("timm:efficientnet_light0")
    with pytest.raises(ModelError, match="timm has no network ''; close to it: "):
        make_backbone("timm:")


def test_a_network_of_one_input_size_is_refused() -> None:
    with pytest.raises(ModelError, match="vit_tiny_patch16_224 takes one size of input only"):
        make_backbone("timm:vit_tiny_patch16_224")


def test_a_network_that_does_not_tell_its_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm, "create_model", lambda name, **options: torch.nn.Identity())
    with pytest.raises(ModelError, match="resnet18 does not tell how many features it has"):
        make_backbone("timm:resnet18")


def test_the_input_is_what_the_published_weights_were_trained_with() -> None:
    assert timm_input("tf_efficientnet_lite0") == ((127.5,) * 3, (127.5,) * 3)
    mean, scale = timm_input("resnet18")
    assert mean == pytest.approx((123.675, 116.28, 103.53))
    assert scale == pytest.approx((58.395, 57.12, 57.375))


def test_a_failed_download_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_model(name: str, pretrained: bool) -> NoReturn:
        raise OSError("Name or service not known")

    monkeypatch.setattr(timm, "create_model", create_model)
    told = "timm's weights of resnet18 could not be had .Name or service not known.; name a local file instead"
    with pytest.raises(ModelError, match=told):
        load_pretrained("timm:resnet18")
