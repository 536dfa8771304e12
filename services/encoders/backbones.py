"""Any CNN of torchvision or timm as a feature extractor: photos in, one pooled vector a photo out."""

import difflib

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import list_models

from services.encoders.timm_backbones import CLASSIFIERS as TIMM_CLASSIFIERS
from services.encoders.timm_backbones import TIMM, load_timm, make_timm, timm_names
from services.errors import ModelError

CLASSIFIERS = ("classifier", "fc", "head", "heads")
"""What torchvision calls the part of a network that comes after the features."""


def backbone_names() -> list[str]:
    """Every classification network of the installed torchvision, by its own name."""
    return [str(name) for name in list_models(module=torchvision.models)]


def make_backbone(name: str) -> tuple[nn.Module, int]:
    """The network `name` without its last layer, with random weights, and the length F of its features.

    `timm:` in front of the name means timm's, else it is torchvision's. It maps (N, 3, H, W) to (N, F). VGG is pooled
    to one vector before its fully connected layers, which would be nine tenths of its weights and fix its input size
    (Lin et al., "Network In Network", ICLR 2014).
    Raises ModelError for a name that is not known.
    """
    if name.startswith(TIMM):
        return make_timm(name.removeprefix(TIMM))
    if name not in backbone_names():
        close = difflib.get_close_matches(name, backbone_names(), n=4, cutoff=0.4)
        raise ModelError(
            f"torchvision has no network {name!r}; close to it: {', '.join(close or backbone_names()[:4])}"
        )
    if name.startswith("vgg"):
        network = _randomly(name)
        network.avgpool, network.classifier = nn.AdaptiveAvgPool2d(1), nn.Identity()
        return network, 512
    if name == "inception_v3":
        # The auxiliary classifier serves its own training from scratch only.
        return _headless(_randomly(name, aux_logits=False, transform_input=False, init_weights=False), name)
    if name == "googlenet":
        return _headless(_randomly(name, aux_logits=False, transform_input=False, init_weights=False), name)
    return _headless(_randomly(name), name)


def load_pretrained(name: str) -> dict[str, Tensor]:
    """The weights that torchvision, or timm, publishes for the network `name`; it downloads them at the first use.

    Raises ModelError when there are none, or they cannot be had.
    """
    if name.startswith(TIMM):
        return load_timm(name.removeprefix(TIMM))
    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT
        state: dict[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except (AttributeError, ValueError) as exc:
        raise ModelError(f"torchvision publishes no weights for {name!r}") from exc
    except (OSError, RuntimeError) as exc:
        raise ModelError(
            f"the weights of {name} could not be downloaded ({exc}); name a local file instead, or start from scratch"
        ) from exc
    return state


def start_backbone(network: nn.Module, name: str, state: dict[str, Tensor], source: str) -> None:
    """Load the weights `state` of the network `name` into its `network` without the last layer.

    `source` says where they come from. Raises ModelError where they are another network's.
    """
    wanted, owner = network.state_dict(), "torchvision"
    ends: tuple[str, ...] = (*CLASSIFIERS, "AuxLogits", "aux1", "aux2")
    if name.startswith(TIMM):
        state, ends, owner, name = timm_names(state, network), TIMM_CLASSIFIERS, "timm", name.removeprefix(TIMM)
    # What only the whole network has: the last layer, auxiliary classifiers, VGG's fully connected layers.
    extra = {key for key in state if key not in wanted and key.split(".")[0] in ends}
    kept = {key: value.to(torch.float32) if value.is_floating_point() else value for key, value in state.items()}
    kept = {key: value for key, value in kept.items() if key not in extra}
    counters = {key for key in wanted if key.endswith("num_batches_tracked")}
    try:
        missing, unexpected = network.load_state_dict(kept, strict=False)
    except RuntimeError as exc:
        raise ModelError(f"{source}: not weights of {owner}'s {name}: {exc}") from exc
    missing = [key for key in missing if key not in counters]
    if missing or unexpected:
        raise ModelError(f"{source}: not weights of {owner}'s {name}: lacks {missing[:3]}, has {unexpected[:3]}")


def _randomly(name: str, **options: bool) -> nn.Module:
    network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return network


def _headless(network: nn.Module, name: str) -> tuple[nn.Module, int]:
    """Replace the last linear layer of the network's classifier by nothing."""
    for part in CLASSIFIERS:
        classifier = getattr(network, part, None)
        if isinstance(classifier, nn.Linear):
            setattr(network, part, nn.Identity())
            return network, classifier.in_features
        if isinstance(classifier, nn.Sequential) and len(classifier) and isinstance(classifier[-1], nn.Linear):
            features = classifier[-1].in_features
            classifier[-1] = nn.Identity()
            return network, features
    raise ModelError(f"{name}: its last layer is not a linear one, so it has no pooled features to take")
