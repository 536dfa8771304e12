"""Any CNN of timm as a feature extractor, by `timm:` and its name there."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import timm
from torch import Tensor, nn

from services.encoders.preprocess import Channels
from services.errors import ModelError

TIMM = "timm:"
"""What the name of a backbone begins with that is timm's."""

CLASSIFIERS = ("classifier", "fc", "head")
"""What timm calls the last layer."""

HALVES: Channels = (127.5, 127.5, 127.5)
"""Bytes to -1 and 1: the input of a network whose weights nobody has published."""


def make_timm(name: str) -> tuple[nn.Module, int]:
    """timm's network `name` without its last layer, with random weights, and the length F of its features.

    It maps (N, 3, H, W) to (N, F). Raises ModelError for a name that timm does not know, and for a network that
    takes one size of input only, as most transformers do.
    """
    if name not in timm.list_models():
        close = difflib.get_close_matches(name, timm.list_models(), n=4, cutoff=0.4)
        raise ModelError(f"timm has no network {name!r}; close to it: {', '.join(close or timm.list_models()[:4])}")
    published = timm.get_pretrained_cfg(name)
    if published is not None and published.fixed_input_size:
        raise ModelError(f"timm's {name} takes one size of input only; choose a CNN")
    network: Any = timm.create_model(name, pretrained=False, num_classes=0)
    features = getattr(network, "head_hidden_size", None)
    if features is None:
        raise ModelError(f"timm's {name} does not tell how many features it has; choose another")
    return network, int(features)


def timm_input(name: str) -> tuple[Channels, Channels]:
    """Mean and scale, in bytes and by channel, of the input that timm's weights of `name` were trained with."""
    published = timm.get_pretrained_cfg(name)
    if published is None:
        return HALVES, HALVES
    return _in_bytes(published.mean), _in_bytes(published.std)


def load_timm(name: str) -> dict[str, Tensor]:
    """The weights that timm publishes for `name`; it downloads them at the first use.

    Raises ModelError when there are none, or they cannot be had.
    """
    try:
        network = timm.create_model(name, pretrained=True)
    # The hub's client raises errors of its own beside OSError, of several libraries, and timm a bare RuntimeError.
    except Exception as exc:
        raise ModelError(
            f"timm's weights of {name} could not be had ({exc}); name a local file instead, or start from scratch"
        ) from exc
    state: dict[str, Tensor] = network.state_dict()
    return state


def timm_names(state: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Weights of an EfficientNet under the names of EfficientNet-PyTorch, as timm's `network` names them; else as is.

    Many published files come from that library, those of EfficientNet-Lite among them. It numbers blocks through;
    timm numbers them within each stage.

    >>> network, _ = make_timm("efficientnet_lite0")
    >>> list(timm_names({"_blocks.1._expand_conv.weight": None, "_conv_head.weight": None}, network))
    ['blocks.1.0.conv_pw.weight', 'conv_head.weight']
    """
    if not any(key.startswith("_blocks.") for key in state):
        return dict(state)
    stages: Any = getattr(network, "blocks", [])
    places = [f"blocks.{stage}.{block}" for stage, blocks in enumerate(stages) for block in range(len(blocks))]
    return {_renamed(key, places): tensor for key, tensor in state.items()}


OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
EXCITES = {"_se_reduce": "se.conv_reduce", "_se_expand": "se.conv_expand"}
IN_BLOCK = {
    **EXCITES,
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
IN_FIRST_BLOCK = {
    **EXCITES,
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
"""The first block does not expand, and timm counts its layers from there."""


def _renamed(key: str, places: list[str]) -> str:
    block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", key)
    if block is None:
        layer, _, rest = key.partition(".")
        return f"{OUTSIDE.get(layer, layer)}.{rest}"
    number, layer, rest = int(block[1]), block[2], block[3]
    if number >= len(places):
        return key
    names = IN_FIRST_BLOCK if number == 0 else IN_BLOCK
    return f"{places[number]}.{names.get(layer, layer)}.{rest}"


def _in_bytes(channels: Sequence[float]) -> Channels:
    red, green, blue = (round(255.0 * channel, 3) for channel in channels)
    return red, green, blue
