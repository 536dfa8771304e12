"""The tables of a load, in Markdown."""

from collections.abc import Mapping, Sequence

import numpy as np
from load.clients import Measured
from load.stack import Cost

HEAD = ["", "requests/s", "p50 ms", "p90 ms", "p99 ms", "errors", "queries a call", "web MB", "client CPU"]


def load_table(rows: Sequence[tuple[str, Measured, Cost]]) -> list[str]:
    """A line for each (name, what clients met, what the web process took)."""
    return _table(
        HEAD,
        [
            [name, *_figures(measured), _a_call(cost), f"{cost.web_mb:.0f}", f"{measured.cpu_s / measured.seconds:.0%}"]
            for name, measured, cost in rows
        ],
    )


def kinds_table(latencies: Mapping[str, Sequence[float]]) -> list[str]:
    """A line for each kind of call."""
    rows = [[kind, str(len(some)), *_percentiles(some)] for kind, some in latencies.items()]
    return _table(["", "calls", "p50 ms", "p90 ms", "p99 ms"], rows)


def sharing_table(shared: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many callers shared a call of each method."""
    rows = [
        [name, str(n["callers"]), str(n["calls"]), f"{n['callers'] / n['calls']:.1f}"] for name, n in shared.items()
    ]
    return _table(["", "callers", "calls", "callers a call"], rows)


def _figures(measured: Measured) -> list[str]:
    return [f"{measured.per_second:.0f}", *_percentiles(measured.all_latencies), str(measured.errors.total())]


def _percentiles(seconds: Sequence[float]) -> list[str]:
    return [f"{np.percentile(seconds, part) * 1000:.0f}" if seconds else "-" for part in (50, 90, 99)]


def _a_call(cost: Cost) -> str:
    """Of all shared methods together."""
    calls = sum(counted["calls"] for counted in cost.shared.values())
    return f"{sum(counted['callers'] for counted in cost.shared.values()) / calls:.1f}" if calls else "1.0"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
