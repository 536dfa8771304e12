"""How sure a search is of what it found: a probability a match, the minima that a caller sets, and 'nothing close'."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.encoders import Encoder
from services.encoders.calibration import QueryKind
from services.encoders.protocol import calibration_of
from services.errors import InvalidRequest, Unsupported
from services.stores import Match

SCORE_DIGITS, PROBABILITY_DIGITS = 6, 4
"""Decimals to which scores and probabilities are shown."""


@dataclass(frozen=True)
class Minima:
    """What a hit must reach to be an answer; None asks for nothing. Raises InvalidRequest for values out of range."""

    score: float | None = None
    probability: float | None = None

    def __post_init__(self) -> None:
        for name, value, lowest in (("min_score", self.score, -1), ("min_probability", self.probability, 0)):
            if value is not None and not lowest <= value <= 1:  # NaN fails as well
                raise InvalidRequest(f"{name} {value}: must lie between {lowest} and 1")

    def allow(self, score: float, probability: float | None) -> bool:
        """Whether both reach their minimum. They are compared as they are shown, so a hit is its own minimum."""
        if self.score is not None and round(score, SCORE_DIGITS) < self.score:
            return False
        if self.probability is None or probability is None:
            return True
        return round(probability, PROBABILITY_DIGITS) >= self.probability


@dataclass(frozen=True)
class Weighed:
    """A match, and how likely it is right; None where the model is not calibrated for this kind of query."""

    match: Match
    probability: float | None


class Confidence:
    """What the scores of `encoder` are worth in answers to one kind of query."""

    def __init__(self, encoder: Encoder, kind: QueryKind) -> None:
        self._model, self._kind = encoder.model, kind
        calibration = calibration_of(encoder)
        self._curve = calibration.curves.get(kind) if calibration else None

    def check(self, minima: Minima) -> None:
        """Raise Unsupported where a least probability is asked for, and hits have none."""
        if minima.probability is not None and self._curve is None:
            raise Unsupported(
                f"the model {self._model.key} is not calibrated for {self._kind} queries, so its hits have no "
                "probabilities; leave out min_probability, or give min_score"
            )

    def weigh(self, matches: Sequence[Match]) -> list[Weighed]:
        """Each of K matches with its probability."""
        if self._curve is None:
            return [Weighed(match, None) for match in matches]
        chances = self._curve.probability(np.array([match.score for match in matches], np.float32))  # (K,)
        return [Weighed(match, float(chance)) for match, chance in zip(matches, chances, strict=True)]

    def nothing_close(self, best: Weighed | None) -> bool:
        """Whether an answer with this best match is none. A model that is not calibrated cannot tell near from far."""
        if best is None:
            return True
        if self._curve is None or best.probability is None:
            return False
        return best.probability < self._curve.no_match_below
