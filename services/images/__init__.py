"""Photos: fetching and decoding untrusted bytes, and the content-addressed store that keeps them."""

from services.images.decode import DecodeLimits, decode_image, flatten
from services.images.fetch import FetchLimits, ImageFetcher
from services.images.store import ImageStore
from services.images.thumbnails import Thumbnails

__all__ = ["DecodeLimits", "FetchLimits", "ImageFetcher", "ImageStore", "Thumbnails", "decode_image", "flatten"]
