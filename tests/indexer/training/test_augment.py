"""Augmentation varies what no label is about, and leaves what one is: the colour."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from indexer.training.augment import Augmentation, augmented, blended, erased, random_views, thumbnails


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plain(count: int = 6, height: int = 128, width: int = 96) -> Tensor:
    """Photos of one colour each: (N, 3, H, W)."""
    colours = torch.rand(count, 3, 1, 1, generator=chance(9)) * 2 - 1
    return colours.expand(-1, -1, height, width).contiguous()


def checked(count: int = 6, height: int = 128, width: int = 96) -> Tensor:
    """Photos of one-pixel checks, the sharpest there are."""
    board = (torch.arange(height)[:, None] + torch.arange(width)[None, :]) % 2 * 2.0 - 1
    return board.expand(count, 3, -1, -1).contiguous()


def halves(count: int = 64) -> Tensor:
    """Photos whose left half is dark and whose right half is bright."""
    picture = torch.full((count, 3, 32, 24), -1.0)
    picture[:, :, :, 12:] = 1.0
    return picture


@pytest.mark.parametrize("size", [(128, 96), (96, 72), (32, 32)])
def test_a_photo_of_one_colour_keeps_it(size: tuple[int, int]) -> None:
    pixels = plain()
    found = augmented(pixels, size, Augmentation(zoom=0.4, shift=0.3, thumbnails=0.5, erase=0.5), chance())
    assert found.shape == (6, 3, *size)
    assert torch.allclose(found, pixels[:, :, :1, :1].expand_as(found), atol=1e-5)


def test_the_batch_that_is_augmented_stays_as_it_was() -> None:
    pixels = checked()
    augmented(pixels, (128, 96), Augmentation(thumbnails=1.0, erase=1.0), chance())
    assert torch.equal(pixels, checked())


def test_views_differ_from_each_other_and_repeat_by_seed() -> None:
    pixels = halves(4)
    one, again, other = (random_views(pixels, (32, 24), chance(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])


def test_about_half_of_the_views_are_mirrored() -> None:
    views = random_views(halves(), (32, 24), chance(), zoom=0.0, shift=0.0)
    brighter_left = (views[..., :8].mean((1, 2, 3)) > views[..., 16:].mean((1, 2, 3))).sum()
    assert 20 < int(brighter_left) < 44


@pytest.mark.parametrize(("zoom", "shift"), [(0.5, 0.0), (0.0, 0.5)])
def test_zoom_and_shift_do_as_they_are_told(zoom: float, shift: float) -> None:
    """Only a shift moves the middle of a photo; the size of what is there varies with the zoom, and a little anyway."""
    middle = torch.zeros(64, 1, 1, 1) + torch.nn.functional.pad(torch.ones(3, 16, 12), (6, 6, 8, 8))
    views = random_views(middle, (32, 24), chance(), zoom, shift)[:, 0]
    sizes = views.sum((1, 2)) / (16 * 12)
    places = (views * torch.arange(24)).sum((1, 2)) / views.sum((1, 2)) - 11.5
    assert places.abs().max() < (0.5 if shift == 0 else 7)
    assert (places.abs().max() > 2).item() is (shift > 0)
    assert (sizes.max() / sizes.min() > 2).item() is (zoom > 0)


def test_a_share_of_photos_is_as_sharp_as_a_thumbnail() -> None:
    pixels = checked(200)
    seen = thumbnails(pixels, 0.3, chance())
    blurred = seen.std((1, 2, 3)) < 0.5
    assert 40 < int(blurred.sum()) < 80
    assert torch.equal(seen[~blurred], pixels[~blurred])
    assert seen.shape == pixels.shape


@pytest.mark.parametrize(("share", "height"), [(0.0, 128), (1.0, 80), (1.0, 64)])
def test_photos_that_are_thumbnails_already_stay(share: float, height: int) -> None:
    pixels = checked(height=height)
    assert torch.equal(thumbnails(pixels, share, chance()), pixels)


def test_a_share_of_photos_has_a_rectangle_hidden_by_their_own_mean() -> None:
    noise: Callable[[], Tensor] = lambda: torch.rand(200, 3, 64, 48, generator=chance(4))  # noqa: E731
    found = erased(noise(), 0.25, chance())
    hidden = (found != noise()).all(1)  # (N, H, W)
    shares = hidden.float().mean((1, 2))
    touched = shares > 0
    assert 30 < int(touched.sum()) < 70
    assert shares[touched].min() > 0.03
    assert shares[touched].max() < 0.25
    for row in torch.nonzero(touched).flatten().tolist()[:5]:
        filling = found[row][:, hidden[row]]
        assert torch.allclose(filling, noise()[row].mean((1, 2))[:, None].expand_as(filling))
        down, right = (torch.nonzero(hidden[row].any(axis)).flatten() for axis in (1, 0))
        assert hidden[row].sum() == len(down) * len(right), "one whole rectangle"


def test_nothing_is_hidden_without_a_share() -> None:
    assert torch.equal(erased(checked(), 0.0, chance()), checked())


def test_a_blended_photo_is_made_of_two_and_of_nothing_else() -> None:
    torch.manual_seed(3)
    pixels = plain(64, 16, 12)
    found = blended(pixels)
    assert found.shape == pixels.shape
    colours = pixels[:, :, 0, 0]  # (N, 3)
    mixed, cut = 0, 0
    for index in range(64):
        seen = found[index].flatten(1).T.unique(dim=0)  # (colours of this photo, 3)
        if len(seen) > 1:
            cut += 1
            assert len(seen) == 2
            assert all((colours - colour).abs().sum(dim=1).min() < 1e-6 for colour in seen)
        elif (colours - seen[0]).abs().sum(dim=1).min() > 1e-3:
            mixed += 1
            assert colours.min(dim=0).values.le(seen[0]).all()
            assert colours.max(dim=0).values.ge(seen[0]).all()
    assert mixed > 16
    assert cut > 16


def test_blending_repeats_itself_by_torchs_seed() -> None:
    pixels = torch.rand(8, 3, 16, 12, generator=chance())
    torch.manual_seed(1)
    one = blended(pixels)
    torch.manual_seed(1)
    assert torch.equal(one, blended(pixels))
    assert not torch.equal(one, blended(pixels))


def test_one_photo_is_blended_with_itself() -> None:
    pixels = torch.rand(1, 3, 16, 12, generator=chance())
    assert torch.allclose(blended(pixels), pixels)
