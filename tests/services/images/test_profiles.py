"""Embedded profiles mean what they say, broken ones nothing, and without one nothing changes."""

import numpy as np
import pytest
from icc import ADOBE, GAMMA, SRGB, cmyk_profile, grey_profile, rgb_profile
from odd_photos import TIFF_DATA, encoded, tiff
from PIL import Image, ImageCms

from services.images import DecodeLimits, decode_image, flatten
from services.images import colour as colour_module

LIMITS = DecodeLimits(max_bytes=9_000_000, max_pixels=1_000_000)
D50_TO_SRGB = np.linalg.inv(np.array(list(SRGB.values())).T)


def noise(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture of all kinds of colours in `mode`."""
    values = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 4), np.uint8)
    if mode in ("RGBA", "CMYK"):
        return Image.fromarray(values, mode) if mode == "RGBA" else Image.frombytes("CMYK", size, values.tobytes())
    return Image.fromarray(values[..., :3]).convert(mode)


def srgb(linear: np.ndarray) -> np.ndarray:
    """The curve of sRGB, by its standard."""
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_adobe_rgb_becomes_srgb(kind: str) -> None:
    colours = [(180, 100, 90), (90, 150, 110), (90, 100, 160), (128, 128, 128), (250, 250, 250), (20, 20, 20)]
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    for colour in colours:
        data = encoded(Image.new("RGB", (16, 16), colour), kind, icc_profile=rgb_profile(ADOBE), **options)
        xyz = np.array(list(ADOBE.values())).T @ (np.array(colour) / 255) ** GAMMA
        assert np.asarray(decode_image(data, LIMITS))[8, 8] == pytest.approx(srgb(D50_TO_SRGB @ xyz), abs=3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_grey_profile_means_its_gamma(kind: str) -> None:
    data = encoded(Image.new("L", (16, 16), 55), kind, icc_profile=grey_profile(1.0))
    assert np.asarray(decode_image(data, LIMITS))[8, 8] == pytest.approx([srgb(np.array(55 / 255))] * 3, abs=2)


def test_grey_of_sixteen_bits_and_with_alpha_too() -> None:
    linear, half = grey_profile(1.0), srgb(np.array(55 / 255))
    deep = encoded(Image.fromarray(np.full((9, 9), 55 * 257, np.uint16)), "PNG", icc_profile=linear)
    assert np.asarray(decode_image(deep, LIMITS))[4, 4] == pytest.approx([half] * 3, abs=2)
    veiled = encoded(Image.new("LA", (9, 9), (55, 128)), "PNG", icc_profile=linear)
    assert np.asarray(decode_image(veiled, LIMITS))[4, 4] == pytest.approx([(half + 255) / 2] * 3, abs=3)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_what_the_press_says(kind: str) -> None:
    """A press whose cyan is red: without its profile, and with a broken one, it would be taken for cyan."""
    red_for_cyan = cmyk_profile({0: (255, 128, 128), 8: (136, 208, 195)})
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    red = np.asarray(decode_image(encoded(cyan, kind, icc_profile=red_for_cyan), LIMITS))[8, 8]
    assert red[0] > 200 > 80 > max(red[1:])
    paper = encoded(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), kind, icc_profile=red_for_cyan)
    assert min(np.asarray(decode_image(paper, LIMITS))[8, 8]) > 250
    for profile in (None, red_for_cyan[:300]):
        plain = np.asarray(decode_image(encoded(cyan, kind, icc_profile=profile), LIMITS))[8, 8]
        assert plain[0] < 60 < 200 < min(plain[1:])


def test_transparent_parts_stay_white_under_a_profile() -> None:
    picture = Image.new("RGBA", (9, 9), (180, 100, 90, 0))
    assert np.asarray(decode_image(encoded(picture, icc_profile=rgb_profile(ADOBE)), LIMITS)).min() == 255
    palette = Image.new("P", (9, 9), 0)
    palette.putpalette([180, 100, 90])
    solid = decode_image(encoded(palette, icc_profile=rgb_profile(ADOBE)), LIMITS)
    rgb = decode_image(encoded(palette.convert("RGB"), icc_profile=rgb_profile(ADOBE)), LIMITS)
    assert np.array_equal(solid, rgb)
    clear = decode_image(encoded(palette, transparency=0, icc_profile=rgb_profile(ADOBE)), LIMITS)
    assert np.asarray(clear).min() == 255


def test_lab_is_understood_without_a_profile() -> None:
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    data = encoded(to_lab.apply(Image.new("RGB", (9, 9), (200, 30, 30))), "TIFF")
    assert np.asarray(decode_image(data, LIMITS))[4, 4] == pytest.approx((200, 30, 30), abs=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_profile_of_srgb_changes_no_bit(kind: str) -> None:
    picture = noise()
    plain = decode_image(encoded(picture, kind), LIMITS)
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), rgb_profile(SRGB)):
        same = decode_image(encoded(picture, kind, icc_profile=profile), LIMITS)
        if profile == rgb_profile(SRGB):  # a plain gamma is close to the curve of sRGB, and not it
            assert not np.array_equal(same, plain)
        else:
            assert np.array_equal(same, plain)


BROKEN = {
    "empty": b"",
    "text": b"not a profile at all",
    "cut": rgb_profile(ADOBE)[:200],
    "zeros": bytes(3000),
    "no-curves": rgb_profile({}),
    "grey-for-rgb": grey_profile(1.0),
    "press-for-rgb": cmyk_profile({}),
    "huge": rgb_profile(ADOBE) + bytes(5_000_000),
    "offsets-out": rgb_profile(ADOBE)[:132] + b"\xff" * 500,
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_a_profile_that_is_broken_or_of_another_kind_changes_nothing(kind: str, name: str) -> None:
    picture = noise()
    data = encoded(picture, kind, icc_profile=BROKEN[name])
    assert np.array_equal(decode_image(data, LIMITS), decode_image(encoded(picture, kind), LIMITS))


def test_an_rgb_profile_in_a_grey_photo_changes_nothing() -> None:
    picture = noise("L")
    data = encoded(picture, "JPEG", icc_profile=rgb_profile(ADOBE))
    assert np.array_equal(decode_image(data, LIMITS), decode_image(encoded(picture, "JPEG"), LIMITS))


def test_a_profile_of_another_type_of_tag_changes_nothing() -> None:
    """In a TIFF, a tag may claim to hold anything."""
    numbers = tiff((8, 8), [(273, 4, 1, TIFF_DATA), (279, 4, 1, 64), (34675, 4, 16, TIFF_DATA)], bytes(range(64)))
    assert np.array_equal(np.asarray(decode_image(numbers, LIMITS))[..., 0].reshape(-1), range(64))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "I", "F"])
def test_without_a_profile_nothing_has_changed(mode: str) -> None:
    """What models were trained on: modes become RGB as ever."""
    deep = mode in ("I;16", "I", "F")
    picture = Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64) * 16) if deep else noise(mode)
    picture = picture.convert("I").convert(mode) if mode in ("I", "F") else picture
    if mode in ("LA", "PA", "RGBA"):
        rgba = picture.convert("RGBA")
        expected = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    elif deep:
        expected = picture.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    else:
        expected = picture.convert("RGB")
    assert np.array_equal(flatten(picture), expected)
    if mode in ("L", "LA", "P", "RGB", "RGBA", "1", "I;16"):
        assert np.array_equal(decode_image(encoded(picture, "PNG"), LIMITS), expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("rows", [1, 7, 48])
def test_large_pictures_are_converted_in_bands_alike(mode: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = (
        Image.fromarray(np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 20) if mode == "I;16" else noise(mode)
    )
    picture.info["transparency"] = 3 if mode in ("P", "L") else picture.info.get("transparency")
    if picture.info["transparency"] is None:
        del picture.info["transparency"]
    profile = {"CMYK": cmyk_profile({0: (255, 128, 128), 8: (136, 208, 195)}), "RGBA": rgb_profile(ADOBE)}.get(mode)
    data = encoded(picture, "TIFF" if mode == "CMYK" else "PNG", icc_profile=profile)
    whole = decode_image(data, LIMITS)
    monkeypatch.setattr(colour_module, "BAND_PIXELS", 64 * rows)
    assert np.array_equal(decode_image(data, LIMITS), whole)
