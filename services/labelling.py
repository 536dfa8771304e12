"""From a model's labels to what is kept of them as suggestions."""

import math
from collections.abc import Iterable

from services.confidence import PROBABILITY_DIGITS
from services.encoders.protocol import EmbeddingClassifier, Encoder, Prediction, calibration_of, label_fields
from services.predictions import PREFIX, Predictions


def suggestible_fields(encoder: Encoder) -> tuple[str, ...]:
    """The label fields that `encoder` may suggest: those whose probabilities were calibrated.

    A threshold says nothing about the probabilities of another head. It may have been trained on photos of another
    kind, and take a wallet for a skirt with the greatest confidence.
    """
    calibration = calibration_of(encoder)
    if calibration is None or not isinstance(encoder, EmbeddingClassifier):
        return ()
    return tuple(field for field in label_fields(encoder) if field in calibration.temperatures)


def predicted_names(encoder: Encoder) -> list[str]:
    """The names of attributes that suggestions of `encoder` may have."""
    return [f"{PREFIX}{field}" for field in suggestible_fields(encoder)]


def predictions_of(model: str, digest: str, prediction: Prediction, fields: Iterable[str]) -> Predictions:
    """What is kept of a prediction: the first label of each of `fields`, with its probability as it is shown."""
    first = {field: prediction[field][0] for field in fields if prediction.get(field)}
    labels = {
        field: (label, round(probability, PROBABILITY_DIGITS))
        for field, (label, probability) in first.items()
        if math.isfinite(probability)
    }
    return Predictions(model, digest, labels)
