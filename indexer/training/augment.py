"""Augmentation fit for garments: position, size, sharpness and mirror image vary; colour stays, since it is a label."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

THUMBNAIL_HEIGHT = 80
"""Much of a real catalogue is 60x80 pixels: a photo of any size must be found by one of those."""


@dataclass(frozen=True)
class Augmentation:
    """How much photos vary; the fields are those of a recipe."""

    zoom: float = 0.25
    shift: float = 0.08
    thumbnails: float = 0.0
    erase: float = 0.0


def augmented(pixels: Tensor, size: Sequence[int], how: Augmentation, generator: torch.Generator) -> Tensor:
    """A random view of each photo of `pixels` (N, 3, H, W): (N, 3, *`size`)."""
    blurred = thumbnails(pixels, how.thumbnails, generator)
    return erased(random_views(blurred, size, generator, how.zoom, how.shift), how.erase, generator)


def thumbnails(pixels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Show a random `share` of `pixels` (N, 3, H, W) as sharp as a thumbnail is; the others as they are."""
    picked = torch.rand(len(pixels), generator=generator) < share
    if pixels.shape[2] <= THUMBNAIL_HEIGHT or not picked.any():
        return pixels
    scale = THUMBNAIL_HEIGHT / pixels.shape[2]
    small = F.interpolate(pixels[picked], scale_factor=scale, mode="bilinear", antialias=True)
    pixels = pixels.clone()
    pixels[picked] = F.interpolate(small, pixels.shape[2:], mode="bilinear", align_corners=False)
    return pixels


def erased(pixels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Hide a random rectangle of a random `share` of `pixels` (N, 3, H, W), each a twentieth to a fifth of it.

    Filled with the photo's own mean (Zhong et al., "Random Erasing Data Augmentation", AAAI 2020).
    """
    height, width = pixels.shape[2:]
    for row in torch.nonzero(torch.rand(len(pixels), generator=generator) < share).flatten().tolist():
        area, aspect, down, right = torch.rand(4, generator=generator).tolist()
        side = (0.05 + 0.15 * area) ** 0.5
        tall, wide = round(height * side * (0.7 + 0.6 * aspect)), round(width * side / (0.7 + 0.6 * aspect))
        top, left = round(down * (height - tall)), round(right * (width - wide))
        pixels[row, :, top : top + tall, left : left + wide] = pixels[row].mean(dim=(1, 2), keepdim=True)
    return pixels


def random_views(
    pixels: Tensor, size: Sequence[int], generator: torch.Generator, zoom: float = 0.25, shift: float = 0.08
) -> Tensor:
    """Mirror, zoom (1 - `zoom` to 1 + `zoom` / 2 of the frame), shift and tilt each photo of `pixels` (N, 3, H, W).

    Returns (N, 3, *`size`). One affine sampling for the batch, so each pixel is interpolated once.
    """
    count = pixels.shape[0]

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    mirror = (torch.rand(count, generator=generator) < 0.5).float() * -2 + 1
    scale = uniform(1 - zoom, 1 + zoom / 2)
    stretch = uniform(0.94, 1.06)
    angle = uniform(-0.1, 0.1)  # radians
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack(
        [
            torch.stack([mirror * cos * stretch, -sin, uniform(-shift, shift)], dim=1),
            torch.stack([mirror * sin, cos / stretch, uniform(-shift, shift)], dim=1),
        ],
        dim=1,
    )  # (N, 2, 3)
    grid = F.affine_grid(theta, [count, 3, *size], align_corners=False)  # (N, H, W, 2)
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)


def blended(pixels: Tensor) -> Tensor:
    """Blend each photo of `pixels` (N, 3, H, W) with another of them, by torch's own generator.

    Half of them see the other through themselves (Zhang et al., "mixup", ICLR 2018), half have a rectangle of it
    (Yun et al., "CutMix", ICCV 2019); any share of the two is equally likely.
    """
    count, _, height, width = pixels.shape
    others = pixels[torch.randperm(count)]
    share = torch.rand(count)  # of the photo itself
    side = (1 - share).sqrt()  # a rectangle of the frame's proportions, wholly inside
    top, left = (torch.rand(count) * (1 - side) for _ in range(2))
    down, right = (torch.arange(steps) / steps for steps in (height, width))
    inside = _between(down, top, side)[:, :, None] & _between(right, left, side)[:, None, :]  # (N, H, W)
    mixed = torch.rand(count) < 0.5
    keep = torch.where(mixed[:, None, None], share[:, None, None], (~inside).float())[:, None].to(pixels.device)
    return keep * pixels + (1 - keep) * others


def _between(steps: Tensor, low: Tensor, length: Tensor) -> Tensor:
    """Which of the `steps` (S,) lie in each interval that starts at `low` (N,) and is `length` (N,) long: (N, S)."""
    return (steps[None] >= low[:, None]) & (steps[None] < (low + length)[:, None])
