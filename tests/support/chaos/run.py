"""A run: an import while everything is killed in turn, time to recover, and the ledger."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.feeding import Feeding
from chaos.goods import Goods
from chaos.killer import Killer
from chaos.ledger import Ledger, draw_up
from chaos.plan import draw_kills, of
from chaos.stack import COMPONENTS, Stack
from chaos.traffic import Traffic
from chaos.watch import Watch
from components import wait_for

from indexer.reconcile import Audit, audit
from services.bootstrap import Platform
from services.products import Record
from web.app import create_app

Say = Callable[[str], None]


@dataclass(frozen=True)
class Chaos:
    """How wild it gets: kills of each victim, changes of products meanwhile, and the seed that all is drawn from."""

    seed: int
    kills: int
    changes: int
    longest_delay_s: float = 1.0
    longest_pause_s: float = 3.0
    timeout_s: float = 1200.0
    searches: int = 200


@dataclass
class Result:
    """The ledger; the kills of each victim, and those that came before the import was over; seconds of each part."""

    ledger: Ledger
    kills: Counter[str]
    in_time: Counter[str]
    changes: int
    audit: Audit
    """What a comparison of index and catalogue found after the recovery."""
    progress: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[str, list[str]]:
        """All that is wrong, in words."""
        found = self.ledger.wrong
        return found if self.audit.clean else {**found, "audit": [str(self.audit)]}


def run_chaos(stack: Stack, goods: Goods, chaos: Chaos, say: Say) -> Result:
    """Import `goods` into a fresh stack, and kill what there is meanwhile. The stack is left running."""
    platform = stack.platform()
    for name in COMPONENTS:
        stack.start(name)
    began = time.monotonic()
    watch = Watch(platform, goods.rows)
    kills = draw_kills(Random(chaos.seed), chaos.kills, chaos.longest_delay_s, chaos.longest_pause_s)
    traffic = Traffic(platform, stack.queue(), goods, watch, chaos.changes, Random(chaos.seed))
    killers = [Killer(stack, name, of(kills, *victims), watch, say) for name, victims in VICTIMS_OF.items()]
    for thread in (traffic, *killers):
        thread.start()
    feeding = Feeding(stack, goods, of(kills, "import"), watch, say)
    said = feeding.run(chaos.timeout_s, lambda: _raise_first(traffic, *killers))
    imported = time.monotonic()
    for thread in (traffic, *killers):
        thread.join(chaos.timeout_s)
    _raise_first(traffic, *killers)
    wait_for("everything to settle", lambda: not _waiting(platform), 120)
    settled = time.monotonic()
    progress = _progress(platform, stack, said)
    ledger = draw_up(platform, goods, traffic.shelf, progress, chaos.searches)
    found = audit(platform.catalogue, platform.claims, platform.index.store(), fix=False)
    done = [*feeding.done, *(kill for killer in killers for kill in killer.done)]
    result = Result(
        ledger,
        Counter(kill.victim for kill, _ in done),
        Counter(kill.victim for kill, in_time in done if in_time),
        traffic.made,
        found,
        progress,
        {"import": imported - began, "recovery": settled - imported, "ledger": time.monotonic() - settled},
    )
    platform.close()
    return result


VICTIMS_OF = {"worker": ("worker", "worker family"), "redis": ("redis",), "milvus": ("milvus",), "beat": ("beat",)}


def _raise_first(*threads: Traffic | Killer) -> None:
    for thread in threads:
        if thread.error is not None:
            raise thread.error


def _waiting(platform: Platform) -> list[Record]:
    """Products, tombstones too, whose newest revision has not been dealt with."""
    return [
        record
        for chunk in platform.catalogue.everything(500)
        for record in chunk
        if max(record.indexed_revision, record.failed_revision) < record.revision
    ]


def _progress(platform: Platform, stack: Stack, said: dict[str, Any]) -> dict[str, Any]:
    """What the API says of the one import there is, which is also what the command said."""
    client = create_app(platform, stack.queue()).test_client()
    (found,) = client.get("/v1/imports").json["imports"]
    progress: dict[str, Any] = client.get(f"/v1/imports/{found['id']}").json
    counts = ("read", "queued", "indexed", "failed", "refused", "skipped", "stale")
    assert {name: progress[name] for name in counts} == {name: said[name] for name in counts}
    return progress
