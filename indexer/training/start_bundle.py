"""Starts a network from another model's bundle: a shop's own labels and words on top of what that model knows."""

from pathlib import Path

import torch
from torch import Tensor

from services.encoders.bundle import Bundle, read_bundle
from services.encoders.network import JointNetwork
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError


def start_from_bundle(
    network: JointNetwork, labels: dict[str, list[str]], tokenizer: Tokenizer | None, folder: Path
) -> None:
    """Copy into `network` what the bundle in `folder` knows, by name.

    The backbone must be the same. Rows of label heads are copied for labels that both have, rows of the text tower
    for words that both have; what only one of them has stays as it is. Raises ModelError for a bundle that cannot
    be read, or of another backbone.
    """
    bundle, state = read_bundle(folder)
    theirs, ours = bundle.architecture, network.architecture
    if theirs.backbone != ours.backbone:
        raise ModelError(f"{folder} has the backbone {theirs.backbone}, and this recipe {ours.backbone}")
    target = network.state_dict()
    for name, tensor in state.items():
        if name in target and target[name].shape == tensor.shape and not name.startswith(("heads.", "text.embedding.")):
            target[name] = tensor
    _copy_heads(target, state, bundle, labels)
    if tokenizer is not None and bundle.tokenizer is not None:
        _copy_words(target, state, bundle.tokenizer, tokenizer)
    network.load_state_dict(target)


def _copy_heads(
    target: dict[str, Tensor], state: dict[str, Tensor], bundle: Bundle, labels: dict[str, list[str]]
) -> None:
    for field, names in labels.items():
        known = {label: row for row, label in enumerate(bundle.labels.get(field, []))}
        pairs = [(row, known[label]) for row, label in enumerate(names) if label in known]
        for part in ("weight", "bias"):
            key = f"heads.{field}.{part}"
            if pairs and key in target and target[key].shape[1:] == state[key].shape[1:]:
                _copy_rows(target, key, state[key], pairs)


def _copy_words(target: dict[str, Tensor], state: dict[str, Tensor], theirs: Tokenizer, ours: Tokenizer) -> None:
    key = "text.embedding.weight"
    if key not in target or key not in state or target[key].shape[1] != state[key].shape[1]:
        return
    known = {word: row for row, word in enumerate(theirs.vocabulary)}
    pairs = [(row, known[word]) for row, word in enumerate(ours.vocabulary) if word in known]
    if theirs.buckets == ours.buckets:  # the n-gram rows, and the last row of all, are at the end
        pairs += [(ours.rows - 1 - i, theirs.rows - 1 - i) for i in range(ours.buckets + 1)]
    _copy_rows(target, key, state[key], pairs)


def _copy_rows(target: dict[str, Tensor], key: str, source: Tensor, pairs: list[tuple[int, int]]) -> None:
    """Copy rows of `source` into `target[key]`; `pairs` are (row of the target, row of the source)."""
    if not pairs:
        return
    to, of = (torch.tensor(column) for column in zip(*pairs, strict=True))
    copied = target[key].clone()
    copied[to] = source[of]
    target[key] = copied
