"""Which addresses are asked: public ones. No spelling of another gets past."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import BlockedAddress
from services.images import FetchLimits, ImageFetcher
from services.images.addresses import may_be_asked

PUBLIC = ["8.8.8.8", "93.184.216.34", "1.1.1.1", "100.63.255.255", "172.32.0.1", "223.255.255.255", "2606:4700::1111"]
PUBLIC += ["2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
OURS = ["127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"]
NEVER = ["0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "255.255.255.255%1", "::", "fe80::1"]
NEVER += ["fe80::1%eth0", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "100.100.100.200"]
NEVER += ["", "localhost", "1.2.3"]
NEITHER = ["192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "192.88.99.1", "192.0.0.1"]
NEITHER += ["2001:db8::1", "2002:808:808::1", "2001::1", "3fff::1", "5f00::1", "100::1", "fec0::1", "::8.8.8.8"]
NEITHER += ["64:ff9b:1::808:808", "4000::1"]

SPECIAL = [ipaddress.ip_network(network) for network in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/3",
)]  # fmt: skip

SPECIAL_V6 = [ipaddress.IPv6Network(network) for network in (
    "::/8", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "2002::/16", "2001::/32", "100::/64",
)]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_asked(address: str) -> None:
    assert may_be_asked(address, private=False)


@pytest.mark.parametrize("address", OURS)
def test_private_ones_only_where_they_are_ours(address: str) -> None:
    assert not may_be_asked(address, private=False)
    assert may_be_asked(address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_are_never_asked(address: str) -> None:
    assert not may_be_asked(address, private=False)
    assert not may_be_asked(address, private=True)


@pytest.mark.parametrize("address", NEITHER)
def test_reserved_ranges_are_not_public(address: str) -> None:
    assert not may_be_asked(address, private=False)


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_judged_as_its_registry_says(address: ipaddress.IPv4Address) -> None:
    special = any(address in network for network in SPECIAL)
    assert not (special and may_be_asked(str(address), private=False))
    assert may_be_asked(f"::ffff:{address}", private=False) == may_be_asked(str(address), private=False)
    assert may_be_asked(f"64:ff9b::{address}", private=False) == may_be_asked(str(address), private=False)


@st.composite
def private_ipv4(draw: st.DrawFn) -> ipaddress.IPv4Address:
    network = draw(st.sampled_from(SPECIAL))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@st.composite
def spelt_ipv4(draw: st.DrawFn, address: ipaddress.IPv4Address) -> str:
    """Some way in which a C library, a browser or an IPv6 stack would read `address`."""
    numbers = list(address.packed[: draw(st.integers(0, 3))])
    numbers.append(int.from_bytes(address.packed[len(numbers) :], "big"))
    formats = st.sampled_from(["{}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x000{:x}"])
    text = ".".join(draw(formats).format(number) for number in numbers)
    if draw(st.booleans()):
        text = "".join(draw(st.sampled_from([char, wide(char)])) for char in text)
    packed = address.packed.hex()
    words = f"{packed[:4]}:{packed[4:]}"
    wrapped = ["[::ffff:{}]", "[::ffff:0:{}]", "[::{}]", "[64:ff9b::{}]", "[2002:{}::]", "[2001:0:{}::1]"]
    forms = [text, f"{text}.", f"%{ord(text[0]):x}{text[1:]}", *(form.format(words) for form in wrapped)]
    return draw(st.sampled_from(forms))


def wide(char: str) -> str:
    """The full-width form of a digit or letter."""
    return chr(ord(char) + 0xFEE0) if char.isalnum() else "。"


def as_a_c_library_reads_it(host: str, port: int) -> list[str]:
    """Were an odd spelling to come so far, this is what it would be taken for."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [str(ipaddress.ip_address(host))]


@cache
def fetcher() -> ImageFetcher:
    """One that asks any public host; making one takes a while."""
    return ImageFetcher(["*"], [], FetchLimits(1000), as_a_c_library_reads_it)


@given(st.data())
def test_no_spelling_of_a_private_ipv4_address_passes(data: st.DataObject) -> None:
    host = data.draw(spelt_ipv4(data.draw(private_ipv4())))
    with pytest.raises(BlockedAddress), unconnected():
        fetcher().fetch(f"http://{host}/photo.jpg")


@st.composite
def private_ipv6(draw: st.DrawFn) -> ipaddress.IPv6Address:
    network = draw(st.sampled_from(SPECIAL_V6))
    address = network[draw(st.integers(0, min(network.num_addresses - 1, 2**64)))]
    return address if address.ipv4_mapped is None else ipaddress.IPv6Address(1)


@given(private_ipv6(), st.data())
def test_no_spelling_of_a_private_ipv6_address_passes(address: ipaddress.IPv6Address, data: st.DataObject) -> None:
    forms = [str(address), address.exploded, address.exploded.upper(), f"{address}%eth0", f"{address}%25lo"]
    host = data.draw(st.sampled_from(forms))
    with pytest.raises(BlockedAddress), unconnected():
        fetcher().fetch(f"http://[{host}]/photo.jpg")


@contextmanager
def unconnected() -> Iterator[None]:
    """While this holds, connecting to anything is a failure of the test."""
    with patch("socket.create_connection", side_effect=AssertionError("connected")):
        yield
