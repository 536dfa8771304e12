"""Which IP addresses may be asked for a photo: public ones, and a network's own only where it is named as ours."""

import ipaddress
import socket
from collections.abc import Callable, Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

# Listed here beside `is_global`, whose tables are wrong in some ranges before Python 3.11.10 and 3.12.4.
# Source: IANA's registries of special-purpose addresses.
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them: an IPv4 address within, and no web server's
        "2001:db8::/32",
        "2002::/16",  # 6to4: likewise
        "3fff::/20",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Where clouds hand out credentials to whoever asks from inside.
_METADATA = (ipaddress.IPv6Address("fd00:ec2::254"), ipaddress.IPv4Address("100.100.100.200"))


def may_be_asked(address: str, private: bool) -> bool:
    """Whether a photo may be fetched from `address`; `private`: from our own network too, save its dangerous parts."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = _unpacked(parsed)
    return _public(ip) or (private and not _never(ip))


def is_address(host: str) -> bool:
    """Whether `host`, as `canonical_host` spells it, is an IP address rather than a name."""
    return ":" in host or host.rpartition(".")[2].isdigit()


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of `host`, best first. Raises socket.gaierror where there is none or nobody to ask."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _unpacked(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for, where packets would be sent to that."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip


def _public(ip: IPAddress) -> bool:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not any(ip in network for network in _SPECIAL_V4)
    return ip.is_global and ip in _UNICAST_V6 and not any(ip in network for network in _SPECIAL_V6)


def _never(ip: IPAddress) -> bool:
    """No photo is there, whatever a name of ours resolves to."""
    this_network = isinstance(ip, ipaddress.IPv4Address) and ip in _SPECIAL_V4[0]
    return this_network or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA
