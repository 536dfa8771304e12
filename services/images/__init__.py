"""Photos: decoding untrusted bytes, and the content-addressed store that keeps them."""

from services.images.decode import DecodeLimits, decode_image, flatten
from services.images.store import ImageStore

__all__ = ["DecodeLimits", "ImageStore", "decode_image", "flatten"]
