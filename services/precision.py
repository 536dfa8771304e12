"""What numbers a network sees photos in. Here, and not beside the encoders, since settings load no model library."""

from typing import Literal, TypeAlias

Precision: TypeAlias = Literal["f32", "bf16"]
"""Single precision; or bf16, about twice as fast on hardware that has it. Rows of both are comparable."""
