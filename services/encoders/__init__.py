"""Encoders turn photos and words into unit vectors of one space. Importing this package loads no model library."""

from services.encoders.load import load_encoder
from services.encoders.protocol import Classifier, Encoder, ModelInfo, TextEncoder

__all__ = ["Classifier", "Encoder", "ModelInfo", "TextEncoder", "load_encoder"]
