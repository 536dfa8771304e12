"""When what is killed: drawn from a seed, so that a run can be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Victim = Literal["worker", "worker family", "redis", "milvus", "beat", "import"]
VICTIMS: tuple[Victim, ...] = ("worker", "worker family", "redis", "milvus", "beat", "import")
# Who is hit when a component is: a worker's main process alone, or with its children.
COMPONENTS_VICTIMS: dict[str, tuple[Victim, ...]] = {
    "worker": ("worker", "worker family"),
    "redis": ("redis",),
    "milvus": ("milvus",),
    "beat": ("beat",),
}
# Shares of the import between which kills fall; it ends in peace, so that all of them come while it runs.
FIRST, LAST = 0.02, 0.7
TOGETHER = 0.3


@dataclass(frozen=True)
class Kill:
    """A SIGKILL, `delay_s` after a share `at` of the import is done; then a pause."""

    victim: Victim
    at: float
    delay_s: float
    pause_s: float


def draw_kills(random: Random, each: int, longest_delay_s: float, longest_pause_s: float) -> list[Kill]:
    """`each` kills of every victim, in the order of their moments. Some fall together with one of another victim."""
    kills: list[Kill] = []
    for victim in VICTIMS * each:
        at = random.uniform(FIRST, LAST)
        if kills and random.random() < TOGETHER:
            at = random.choice(kills).at
        kills.append(Kill(victim, at, random.uniform(0, longest_delay_s), random.uniform(0.1, longest_pause_s)))
    return sorted(kills, key=lambda kill: kill.at)


def of(kills: Sequence[Kill], *victims: Victim) -> list[Kill]:
    """The kills of some victims."""
    return [kill for kill in kills if kill.victim in victims]
