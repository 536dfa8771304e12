"""What a model's scores are worth: how likely a hit of some cosine is right, and when the best hit is no good match.

Raw cosines differ between models and between kinds of query: one model's titles rarely reach 0.7 with the very photo
that they name. A calibration is measured once on labelled photos (`indexer/calibration/`) and kept with the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from services.arrays import FloatArray
from services.errors import ModelError

QueryKind: TypeAlias = Literal["image", "text", "mixed"]
"""A query of photos alone, of words alone, or of both."""

QUERY_KINDS: tuple[QueryKind, ...] = get_args(QueryKind)
MAX_KNOTS = 32
MAX_TEMPERATURE = 100.0


@dataclass(frozen=True)
class MatchCurve:
    """Cosine to the probability that a hit shares the query's label: linear between the knots, level beyond them.

    `scores` rise strictly, `probabilities` never fall, both (M,) with 1 <= M <= MAX_KNOTS. Where the best hit's
    probability is below `no_match_below`, nothing in the catalogue is close to the query. Raises ValueError otherwise.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    no_match_below: float

    def __post_init__(self) -> None:
        if not 1 <= len(self.scores) <= MAX_KNOTS or len(self.scores) != len(self.probabilities):
            raise ValueError(
                f"{len(self.scores)} scores and {len(self.probabilities)} probabilities: need one of each a knot, "
                f"1 to {MAX_KNOTS} knots"
            )
        scores, chances = np.array(self.scores), np.array([*self.probabilities, self.no_match_below])
        # Written so that NaN fails as well.
        if not ((scores >= -1.001) & (scores <= 1.001)).all() or not (np.diff(scores) > 0).all():
            raise ValueError("scores must rise strictly, from -1 up to 1")
        if not ((chances >= 0) & (chances <= 1)).all():
            raise ValueError("probabilities and no_match_below must lie between 0 and 1")
        if not (np.diff(chances[:-1]) >= 0).all():
            raise ValueError("probabilities must not fall while the scores rise")

    def probability(self, scores: FloatArray) -> FloatArray:
        """The probability of each cosine in `scores`, in the same shape."""
        return np.interp(scores, self.scores, self.probabilities).astype(np.float32)


@dataclass(frozen=True)
class ScoreCalibration:
    """A curve a kind of query, and the temperature by which each label head's logits are divided.

    `label_field` is the label that a hit has to share with the query to be right. A kind without a curve has no
    probabilities, a head without a temperature is left as it is. Raises ValueError for values out of range.
    """

    label_field: str
    curves: Mapping[QueryKind, MatchCurve] = field(default_factory=dict)
    temperatures: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := self.curves.keys() - set(QUERY_KINDS):
            raise ValueError(f"{', '.join(sorted(unknown))}: the kinds of query are {', '.join(QUERY_KINDS)}")
        for name, temperature in self.temperatures.items():
            if not 1 / MAX_TEMPERATURE <= temperature <= MAX_TEMPERATURE:
                raise ValueError(f"temperature {temperature} of {name}: must lie near 1, from 0.01 to 100")

    def temperature(self, name: str) -> float:
        """What to divide the logits of label field `name` by."""
        return self.temperatures.get(name, 1.0)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, which `calibration_from_json` reads back equal."""
        return {
            "label_field": self.label_field,
            "match": {
                kind: {
                    "scores": list(curve.scores),
                    "probabilities": list(curve.probabilities),
                    "no_match_below": curve.no_match_below,
                }
                for kind, curve in self.curves.items()
            },
            "temperatures": dict(self.temperatures),
        }


UNCALIBRATED = ScoreCalibration("")
"""What is true of a model that nobody has measured: no probabilities, and its heads left as they are."""


def calibration_from_json(data: Any) -> ScoreCalibration:
    """Read what `to_json` wrote. Raises ModelError that says what is wrong with anything else."""
    try:
        label_field = data["label_field"]
        if not isinstance(label_field, str):
            raise TypeError("label_field is not text")
        return ScoreCalibration(
            label_field,
            {kind: _curve(curve) for kind, curve in data["match"].items()},
            {name: _number(value) for name, value in data["temperatures"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"calibration is damaged, calibrate the model again: {exc!r}") from exc


def _curve(data: Any) -> MatchCurve:
    scores, chances = (tuple(_number(value) for value in data[key]) for key in ("scores", "probabilities"))
    return MatchCurve(scores, chances, _number(data["no_match_below"]))


def _number(value: Any) -> float:
    # JSON's true and "0.5" would pass as numbers, unnoticed.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)
