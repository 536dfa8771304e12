"""The image-text contrastive loss, with every caption that reads the same counted as a right answer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from services.words import words


def contrastive_loss(images: Tensor, texts: Tensor, captions: Tensor, scale: Tensor) -> Tensor:
    """Symmetric cross-entropy between unit rows `images` and `texts`, both (N, D).

    `captions` (N,) numbers the distinct captions: rows that share one are positives of each other, since
    thousands of products share a generic title. This is UniCL (Yang et al., CVPR 2022); with all captions
    distinct it is CLIP's loss (Radford et al., 2021). `scale` multiplies the cosines.
    """
    if images.shape != texts.shape or images.ndim != 2:
        raise ValueError(f"images and texts must both have shape (N, D); got {(*images.shape,)} and {(*texts.shape,)}")
    logits = scale * images @ texts.T  # (N, N)
    positive = (captions[:, None] == captions[None, :]).float()  # (N, N), symmetric
    target = positive / positive.sum(dim=1, keepdim=True)
    by_image = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    by_text = -(target * logits.T.log_softmax(dim=1)).sum(dim=1).mean()
    return (by_image + by_text) / 2


def caption_ids(captions: Sequence[str]) -> Tensor:
    """Number the captions by their words: int64 (N,). Those that differ in case and punctuation only are one.

    >>> caption_ids(["Red belt", "red BELT!", "Dress"]).tolist()
    [0, 0, 1]
    """
    seen: dict[tuple[str, ...], int] = {}
    return torch.tensor([seen.setdefault(tuple(words(caption)), len(seen)) for caption in captions])
