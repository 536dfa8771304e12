"""Which hosts photos may be fetched from: the operator's lists, and nothing outside them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.errors import BlockedAddress, InvalidSettings
from services.images.addresses import is_address, may_be_asked
from services.images.urls import DEFAULT_PORTS, PhotoUrl, canonical_host

HOSTS = "LOOKALIKE_IMAGE_HOSTS"
PRIVATE_HOSTS = "LOOKALIKE_PRIVATE_IMAGE_HOSTS"

_ENTRY = re.compile(r"(?P<host>\*|(?P<below>\*\.)?(?P<name>\[[^]]+\]|[^][:*]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class HostRule:
    """One entry: a host, with `below` the names below it, with an empty `name` any host. No `port`: 80 and 443."""

    name: str
    below: bool
    port: int | None

    def fits(self, host: str, port: int) -> bool:
        """Whether this entry means `host` at `port`."""
        if port != self.port if self.port else port not in DEFAULT_PORTS.values():
            return False
        return not self.name or (host.endswith(f".{self.name}") if self.below else host == self.name)


class AllowedHosts:
    """The hosts that are asked. Those among them that are in `private_hosts` too need not have public addresses."""

    def __init__(self, hosts: Sequence[str], private_hosts: Sequence[str]) -> None:
        """Raises InvalidSettings for an entry that is no host, and for `*` among the private ones."""
        self._allowed = tuple(_rule(entry, HOSTS) for entry in hosts)
        self._private = tuple(_rule(entry, PRIVATE_HOSTS) for entry in private_hosts)
        if any(not rule.name for rule in self._private):
            raise InvalidSettings(f"{PRIVATE_HOSTS}: '*' would open this network to strangers; name the hosts")

    def check(self, url: PhotoUrl) -> None:
        """Raises BlockedAddress where the host of `url` is not in the lists, or is an address that is not asked."""
        if not self._allowed:
            raise BlockedAddress(f"{url.shown}: fetching by URL is off; {HOSTS} lists the hosts to fetch from")
        if not any(rule.fits(url.host, url.port) for rule in self._allowed):
            raise BlockedAddress(f"{url.shown}: {url.authority!r} is not among the hosts that {HOSTS} allows")
        reason = self.refusal(url.host, url.port, [url.host]) if is_address(url.host) else ""
        if reason:
            raise BlockedAddress(f"{url.shown}: {reason}")

    def refusal(self, host: str, port: int, addresses: Sequence[str]) -> str:
        """Why `host`, which has `addresses`, is not asked; empty where each of them may be.

        The addresses themselves stay out of it: they would tell a stranger what is in this network.
        """
        ours = self._ours(host, port)
        if all(may_be_asked(address, ours) for address in addresses):
            return ""
        if ours:
            return f"host {host!r} is at an address where no photos are, such as a cloud's metadata service"
        entry = (f"[{host}]" if ":" in host else host) + ("" if port in DEFAULT_PORTS.values() else f":{port}")
        return f"host {host!r} is not at a public address; if it is yours and meant, add {entry} to {PRIVATE_HOSTS}"

    def _ours(self, host: str, port: int) -> bool:
        return any(rule.fits(host, port) for rule in self._private)


def _rule(entry: str, setting: str) -> HostRule:
    found = _ENTRY.fullmatch(entry.strip())
    try:
        if found is None or not 0 < int(found["port"] or 443) < 2**16:
            raise ValueError(entry)
        name = canonical_host(found["name"]) if found["name"] else ""
    except ValueError as exc:
        allowed = "cdn.example.com, *.example.com (names below it) or *, each with :port where it is not 80 or 443"
        raise InvalidSettings(f"{setting}: {entry!r} is no host; write {allowed}") from exc
    return HostRule(name, bool(found["below"]), int(found["port"]) if found["port"] else None)
