"""Unpacks a gzip stream, and stops at one that is made to fill the memory or the day."""

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

from services.errors import InvalidCatalogue

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_BYTES = 64 * 1024
# Text of products packs 3 to 30 times, gzip at best 1,032 times. Small files are let be: they cannot take long.
MAX_RATIO = 200
FREE_BYTES = 16 * 2**20


class Gunzip(io.RawIOBase):
    """The content of `file`, which stays open when this is closed.

    Reading raises InvalidCatalogue for a stream that is damaged, cut short, or unpacks beyond MAX_RATIO.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._member = _member()
        self._packed = b""
        self._bytes_in = self._bytes_out = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` with what comes next; 0 bytes are the end."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._some(len(view))
        except zlib.error as exc:
            raise InvalidCatalogue(f"{self._name}: the gzip stream is damaged: {exc}") from exc
        view[: len(data)] = data
        self._bytes_out += len(data)
        if self._bytes_out > max(FREE_BYTES, MAX_RATIO * self._bytes_in):
            raise InvalidCatalogue(
                f"{self._name}: unpacks to more than {MAX_RATIO} times its size; unpack it before the import"
            )
        return len(data)

    def _some(self, size: int) -> bytes:
        while True:
            data = self._member.decompress(self._packed, size)
            self._packed = self._member.unconsumed_tail
            if data:
                return data
            if self._member.eof:
                if not self._next_member():
                    return b""
            elif not self._packed and not self._read_block():
                raise InvalidCatalogue(f"{self._name}: the gzip stream ends in the middle; the file was cut short")

    def _next_member(self) -> bool:
        """Several gzip files may stand one behind the other, and zeros behind the last."""
        self._packed = self._member.unused_data.lstrip(b"\0")
        while not self._packed:
            if not self._read_block():
                return False
            self._packed = self._packed.lstrip(b"\0")
        self._member = _member()
        return True

    def _read_block(self) -> bool:
        self._packed = self._file.read(BLOCK_BYTES)
        self._bytes_in += len(self._packed)
        return bool(self._packed)


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(16 + zlib.MAX_WBITS)
