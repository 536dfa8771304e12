"""The part of a photo that matters, as fractions of its size."""

from dataclasses import dataclass

from PIL import Image

from services.errors import InvalidRequest

MIN_SIDE_PX = 4


@dataclass(frozen=True)
class Box:
    """`[x1, y1, x2, y2]`, each from 0 to 1, from the upper left corner. Raises InvalidRequest for anything else."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (0 <= self.x1 < self.x2 <= 1 and 0 <= self.y1 < self.y2 <= 1):  # NaN fails as well
            raise InvalidRequest(
                f"box [{self.x1}, {self.y1}, {self.x2}, {self.y2}]: give [x1, y1, x2, y2] as fractions of the photo, "
                "0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1, from the upper left corner"
            )


def crop(photo: Image.Image, box: Box | None) -> Image.Image:
    """The part of `photo` inside `box`, whole where there is none. Raises InvalidRequest for a part of hardly a pixel.

    >>> crop(Image.new("RGB", (200, 100)), Box(0.5, 0, 1, 1)).size
    (100, 100)
    """
    if box is None:
        return photo
    width, height = photo.size
    left, upper = round(box.x1 * width), round(box.y1 * height)
    right, lower = round(box.x2 * width), round(box.y2 * height)
    if right - left < MIN_SIDE_PX or lower - upper < MIN_SIDE_PX:
        raise InvalidRequest(
            f"box: {right - left} x {lower - upper} pixels of a photo of {width} x {height}; "
            f"at least {MIN_SIDE_PX} x {MIN_SIDE_PX} are needed"
        )
    return photo.crop((left, upper, right, lower))
