"""Augmentation fit for garments: position, size and mirror image vary, colour stays, since colour is a label."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


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
