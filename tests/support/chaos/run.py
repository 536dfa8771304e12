"""A run: an import while everything is killed in turn, time to recover, and the ledger."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.feeding import Feeding
from chaos.goods import Goods
from chaos.killer import Done, Killer
from chaos.ledger import Ledger, draw_up
from chaos.plan import COMPONENTS_VICTIMS, draw_kills, of
from chaos.stack import COMPONENTS, Stack
from chaos.traffic import Traffic
from chaos.watch import Watch
from components import wait_for

from indexer.reconcile import Audit, audit
from services.bootstrap import Platform
from web.app import create_app

Say = Callable[[str], None]
RECOVERY_S = 120.0
COUNTS = ("read", "queued", "indexed", "failed", "refused", "skipped", "stale")


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
    """The ledger; what a comparison of index and catalogue found after the recovery; kills; seconds of each part."""

    ledger: Ledger
    audit: Audit
    progress: dict[str, Any]
    changes: int
    kills: Counter[str]
    late: int
    """Kills that came when the import was over."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[str, list[str]]:
        """All that is wrong, in words."""
        found = self.ledger.wrong
        return found if self.audit.clean else {**found, "audit": [str(self.audit)]}


def run_chaos(stack: Stack, goods: Goods, chaos: Chaos, say: Say) -> Result:
    """Import `goods` into a fresh stack, and kill what there is meanwhile. The stack is left running."""
    platform = stack.platform()
    try:
        for name in COMPONENTS:
            stack.start(name)
        return _run(stack, platform, goods, chaos, say)
    finally:
        platform.close()


def _run(stack: Stack, platform: Platform, goods: Goods, chaos: Chaos, say: Say) -> Result:
    began = time.monotonic()
    watch, random = Watch(platform, goods.rows), Random(chaos.seed)
    kills = draw_kills(random, chaos.kills, chaos.longest_delay_s, chaos.longest_pause_s)
    traffic = Traffic(platform, stack.queue(), goods, watch, chaos.changes, random)
    killers = [Killer(stack, name, of(kills, *victims), watch, say) for name, victims in COMPONENTS_VICTIMS.items()]
    threads: list[Traffic | Killer] = [traffic, *killers]
    for thread in threads:
        thread.start()
    feeding = Feeding(stack, goods, of(kills, "import"), watch, say)
    said = feeding.run(chaos.timeout_s, lambda: _raise_first(threads))
    imported = time.monotonic()
    for thread in threads:
        thread.join(chaos.timeout_s)
    _raise_first(threads)
    wait_for("everything to settle", lambda: not _waiting(platform), RECOVERY_S)
    settled = time.monotonic()
    wait_for("children of killed processes to end", lambda: not stack.orphans(), RECOVERY_S)
    progress = _progress(platform, stack, said)
    ledger = draw_up(platform, goods, traffic.shelf, progress, chaos.searches)
    found = audit(platform.catalogue, platform.claims, platform.index.store(), fix=False)
    done: list[Done] = sum((killer.done for killer in killers), feeding.done)
    victims = Counter(kill.victim for kill, _ in done)
    late = sum(not in_time for _, in_time in done)
    seconds = {"import": imported - began, "recovery": settled - imported, "ledger": time.monotonic() - settled}
    return Result(ledger, found, progress, traffic.made, Counter(victims), late, seconds)


def _raise_first(threads: list[Traffic | Killer]) -> None:
    for thread in threads:
        if thread.error is not None:
            raise thread.error


def _waiting(platform: Platform) -> bool:
    """Whether there are products, tombstones too, whose newest revision has not been dealt with."""
    return any(
        max(record.indexed_revision, record.failed_revision) < record.revision
        for chunk in platform.catalogue.everything(500)
        for record in chunk
    )


def _progress(platform: Platform, stack: Stack, said: dict[str, Any]) -> dict[str, Any]:
    """What the API says of the one import that there is, which is also what the command said."""
    client = create_app(platform, stack.queue()).test_client()
    (found,) = client.get("/v1/imports").json["imports"]
    progress: dict[str, Any] = client.get(f"/v1/imports/{found['id']}").json
    assert {name: progress[name] for name in COUNTS} == {name: said[name] for name in COUNTS}
    return progress
