"""Small ICC profiles, written by hand: Pillow can read any and make only sRGB's."""

import struct

ADOBE = {  # colorants of Adobe RGB (1998), adapted to D50
    b"rXYZ": (0.60974, 0.31111, 0.01947),
    b"gXYZ": (0.20528, 0.62567, 0.06087),
    b"bXYZ": (0.14919, 0.06322, 0.74457),
}
SRGB = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
GAMMA = 563 / 256  # as curves write 2.2


def rgb_profile(colorants: dict[bytes, tuple[float, float, float]], gamma: float = GAMMA) -> bytes:
    """A display whose primaries are `colorants`."""
    tags = {name: _xyz(*value) for name, value in colorants.items()}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma)))


def grey_profile(gamma: float) -> bytes:
    """Greyscale with a plain gamma."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile(inks: dict[int, tuple[int, int, int]]) -> bytes:
    """A press that prints the Lab colours `inks` by the sum of 8 for full C, 4 for M, 2 for Y and 1 for K."""
    straight = bytes(range(256))
    corners = b"".join(bytes(inks.get(corner, (0, 128, 128))) for corner in range(16))
    identity = struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + straight * 4 + corners + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\x05test\0" + bytes(79), b"wtpt": _xyz(0.9642, 1, 0.8249), **tags}
    offset, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4s4s4s4s4s", offset + len(body), b"test", b"\x02\x40\0\0", kind, space, connection)
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(0.9642, 1, 0.8249)[8:]
    return header.ljust(128, b"\0") + table + body
