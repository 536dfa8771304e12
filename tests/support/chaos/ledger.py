"""What became of every row and every change, found out from the index and the catalogue themselves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

import numpy as np
from chaos.goods import Goods, Wanted

from services.bootstrap import Platform
from services.predictions import with_suggestions
from services.products import Record
from services.stores import Row

# Two photos that are the same, or nearly, have the same score up to rounding.
TIED = 1e-3
SEARCHED_TOGETHER = 20
LIMIT = 50


@dataclass
class Ledger:
    """Products and rows of the index (images) by what became of them; all is well when nothing is wrong."""

    accepted: int = 0
    indexed: int = 0
    failed: int = 0
    refused: int = 0
    deleted: int = 0
    rows: int = 0
    searched: int = 0
    lost: list[str] = field(default_factory=list)
    """Rows that are not in the index, or not as they should be, and products in the wrong state."""
    doubled: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unfound: list[str] = field(default_factory=list)
    """Products that a search by their own vector does not find."""
    miscounted: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> dict[str, list[str]]:
        """All that is wrong."""
        lists = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: found for name, found in lists.items() if isinstance(found, list) and found}


def draw_up(
    platform: Platform, goods: Goods, shelf: Mapping[str, Wanted | None], progress: Mapping[str, Any], sample: int
) -> Ledger:
    """Hold the index against what was asked for: `shelf` has each good product as it must be, None for one gone."""
    ledger = Ledger(refused=progress["refused"])
    records = {record.product.id: record for chunk in platform.catalogue.everything(500) for record in chunk}
    _check_records(ledger, records, goods, shelf)
    _check_rows(ledger, platform, records, shelf)
    _check_counts(ledger, progress, goods)
    present = sorted(key for key, wanted in shelf.items() if wanted is not None)
    _search(ledger, platform, Random(0).sample(present, min(sample, len(present))))
    return ledger


def _check_records(
    ledger: Ledger, records: Mapping[str, Record], goods: Goods, shelf: Mapping[str, Wanted | None]
) -> None:
    wanted = {key: "deleted" if product is None else "indexed" for key, product in shelf.items()}
    wanted |= dict.fromkeys(goods.broken, "failed")
    states = {key: record.state for key, record in records.items()}
    ledger.accepted = len(records)
    counts = Counter(states.values())
    ledger.indexed, ledger.failed, ledger.deleted = counts["indexed"], counts["failed"], counts["deleted"]
    for key in wanted.keys() | states.keys():
        if wanted.get(key) != states.get(key):
            ledger.lost.append(f"{key}: {states.get(key)} where it should be {wanted.get(key)}")
        elif wanted[key] != "failed" and records[key].indexed_revision != records[key].revision:
            ledger.lost.append(f"{key}: revision {records[key].revision} is not in the index")


def _check_rows(
    ledger: Ledger, platform: Platform, records: Mapping[str, Record], shelf: Mapping[str, Wanted | None]
) -> None:
    found: dict[tuple[str, str], Row] = {}
    for chunk in platform.index.store().scan():
        for row in chunk:
            ledger.rows += 1
            place = (row.product_id, row.image)
            if place in found:
                ledger.doubled.append(f"{place}")
            found[place] = row
    wanted = {(key, name): product for key, product in shelf.items() if product for name in product.photos}
    ledger.extra += [f"{place}" for place in found.keys() - wanted.keys()]
    ledger.lost += [f"{place}: not in the index" for place in wanted.keys() - found.keys()]
    for place in found.keys() & wanted.keys():
        row, product, record = found[place], wanted[place], records[place[0]]
        held = (row.revision, row.content_hash, dict(row.attributes))
        seen = with_suggestions(product.attributes, record.predictions, platform.settings.predict_from)
        if held != (record.revision, product.photos[row.image], seen):
            ledger.lost.append(f"{place}: {held}, where it should be {record.revision}, {product}")


def _check_counts(ledger: Ledger, progress: Mapping[str, Any], goods: Goods) -> None:
    """The import's own figures. A product's second row is skipped, unless the product was still waiting."""
    right = {"read": goods.rows, "failed": len(goods.broken), "refused": goods.refused, "queued": 0, "stale": 0}
    for name, number in right.items():
        if progress[name] != number:
            ledger.miscounted.append(f"{name}: {progress[name]} where it should be {number}")
    good = len(goods.good) + len(goods.doubled)
    if progress["indexed"] + progress["skipped"] != good or progress["skipped"] > len(goods.doubled):
        ledger.miscounted.append(f"{progress['indexed']} indexed and {progress['skipped']} skipped of {good}")


def _search(ledger: Ledger, platform: Platform, product_ids: list[str]) -> None:
    """A product's own vector finds it first, or together with those that look the same."""
    store = platform.index.store()
    for start in range(0, len(product_ids), SEARCHED_TOGETHER):
        rows = store.rows_of(product_ids[start : start + SEARCHED_TOGETHER], with_vectors=True)
        vectors = np.stack([row.vector for row in rows if row.vector is not None])  # (Q, D)
        for row, matches in zip(rows, store.search(vectors, LIMIT), strict=True):
            ledger.searched += 1
            best = matches[0].score if matches else 0.0
            if not any(match.product_id == row.product_id and match.score >= best - TIED for match in matches):
                ledger.unfound.append(f"{row.product_id}, {row.image}")
