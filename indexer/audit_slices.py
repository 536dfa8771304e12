"""The scheduled comparison of index and catalogue, in slices of seconds, so that it never holds up a worker."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from indexer.reconcile import Audit, Place, Repairs, Send, audit_steps
from services.bootstrap import Platform
from services.errors import Conflict

NAME = "audit"


@dataclass(frozen=True)
class Slice:
    """What a slice did: whether there is more to compare, and what the whole comparison found so far."""

    more: bool
    found: Audit


def audit_slice(platform: Platform, send: Send, max_s: float, fresh: bool) -> Slice | None:
    """Go on with the comparison for up to `max_s` seconds, repairing what differs.

    A `fresh` call, the clock's, begins one, or goes on with one that died; None when one is going on already. Where it
    stands is kept in the catalogue after each slice, so a comparison of hours survives any restart.
    Raises Unavailable, IndexMismatch.
    """
    try:
        with platform.locks.hold(NAME, platform.settings.lease_s):
            kept = platform.places.get(NAME)
            # Its next slice waits in the queue; only one that has waited for very long is lost.
            if fresh and kept is not None and kept[1] < platform.settings.audit_interval_s:
                return None
            if kept is None and not fresh:
                return None
            return _run(platform, send, max_s, {} if kept is None else kept[0])
    except Conflict:
        return None


def _run(platform: Platform, send: Send, max_s: float, kept: Mapping[str, Any]) -> Slice:
    until = time.monotonic() + max_s
    begun, found = Place(**kept.get("place", {})), Audit(**kept.get("found", {}))
    for place, part in audit_steps(platform.catalogue, platform.index.store(), Repairs(platform.claims, send), begun):
        found += part
        if time.monotonic() > until:
            platform.places.keep(NAME, {"place": asdict(place), "found": asdict(found)})
            return Slice(more=True, found=found)
    platform.places.forget(NAME)
    return Slice(more=False, found=found)
