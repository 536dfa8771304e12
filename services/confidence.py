"""How sure a search is of what it found: a probability a match, the minima that a caller sets, and 'nothing close'."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.encoders import Encoder
from services.encoders.calibration import QueryKind
from services.encoders.protocol import calibration_of
from services.errors import InvalidRequest, Unsupported

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

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return self.score is not None or self.probability is not None

    def allow(self, score: float | None, probability: float | None) -> bool:
        """Whether both reach their minimum. They are compared as they are shown, so a hit is its own minimum."""
        if self.score is not None and (score is None or round(score, SCORE_DIGITS) < self.score):
            return False
        if self.probability is None or probability is None:
            return True
        return round(probability, PROBABILITY_DIGITS) >= self.probability


class Confidence:
    """What the scores of `encoder` are worth in answers to one kind of query.

    Nothing is known of queries whose vector leads away from something: its cosines are lower by as much as was taken.
    """

    def __init__(self, encoder: Encoder, kind: QueryKind, leads_away: bool = False) -> None:
        self._model, self._kind = encoder.model, f"{kind} queries" + (" that lead away from something" * leads_away)
        calibration = calibration_of(encoder)
        self._curve = calibration.curves.get(kind) if calibration and not leads_away else None

    def check(self, minima: Minima) -> None:
        """Raise Unsupported where a least probability is asked for, and hits have none."""
        if minima.probability is not None and self._curve is None:
            raise Unsupported(
                f"the model {self._model.key} is not calibrated for {self._kind}, so its hits have no "
                "probabilities; leave out min_probability, or give min_score"
            )

    def probabilities(self, scores: Sequence[float | None]) -> list[float | None]:
        """How likely hits of K scores are right; None without a score, or where the model is not calibrated."""
        if self._curve is None or not scores:
            return [None] * len(scores)
        known = np.array([0.0 if score is None else score for score in scores], np.float32)  # (K,)
        chances = self._curve.probability(known)
        return [None if score is None else float(chance) for score, chance in zip(scores, chances, strict=True)]

    def far(self, score: float | None) -> bool:
        """Whether a hit of this score is no good match. A model that is not calibrated cannot tell near from far."""
        (chance,) = self.probabilities([score])
        return self._curve is not None and chance is not None and chance < self._curve.no_match_below
