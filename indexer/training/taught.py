"""What teachers say of photos."""

from dataclasses import dataclass

from torch import Tensor


@dataclass  # not frozen: Lightning moves batches to the device in place
class Taught:
    """What teachers say of B photos."""

    probabilities: dict[str, Tensor]
    """For each label field that a teacher knows, (B, classes), in the order of the network's own labels."""
    rows: Tensor
    """(B, D'): the cosine of two of them is how alike the teachers find the photos."""

    def __getitem__(self, index: Tensor) -> "Taught":
        return Taught({field: found[index] for field, found in self.probabilities.items()}, self.rows[index])
