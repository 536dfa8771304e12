"""What workers report of products, and how it is written down, inside the transaction that ends a claim.

That transaction holds the products' rows (`rows.lock`) before any of this is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from services.catalogue.backoff import Backoff
from services.catalogue.notes import storable
from services.catalogue.tables import products
from services.predictions import Predictions, predictions_json
from services.products import Problem


@dataclass(frozen=True)
class Outcome:
    """What became of one product at `revision`: in the index or not, and what was wrong with it, if anything.

    `again` asks for another attempt later: something was wrong that passes; `counts` says whether this one tells
    against the product. `image_problems` are those of photos, by name; `digests` the digests of photos that were
    fetched; `embedded` the number of photos that the encoder saw.
    """

    product_id: str
    revision: int
    indexed: bool
    problem: Problem | None = None
    again: bool = False
    counts: bool = True
    image_problems: Mapping[str, Problem] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    embedded: int = 0
    deferrals: int = 0
    """How often in a row it has been put off so far."""
    predictions: Predictions | None = None
    """What its main photo is taken for; None, which clears what was there before, where that is not known."""


def record(connection: sa.Connection, worker: str, outcomes: Sequence[Outcome], now: float, backoff: Backoff) -> None:
    """Write outcomes to the products that `worker` still holds at the revision it worked from, and let those go."""
    for statement, chosen in (
        (_INDEXED, [outcome for outcome in outcomes if outcome.indexed and not outcome.again]),
        (_FAILED, [outcome for outcome in outcomes if not outcome.indexed and not outcome.again]),
        (_AGAIN, [outcome for outcome in outcomes if outcome.again]),
    ):
        if chosen:
            connection.execute(statement, [_values(outcome, worker, now, backoff) for outcome in chosen])


def keep_digests(connection: sa.Connection, outcomes: Sequence[Outcome]) -> None:
    """Note what photos that came by URL turned out to be, where the record is still the one they were fetched for."""
    fetched = {outcome.product_id: outcome for outcome in outcomes if outcome.digests}
    if not fetched:
        return
    columns = (products.c.id, products.c.revision, products.c.images)
    rows = connection.execute(sa.select(*columns).where(products.c.id.in_(fetched))).all()
    values = [
        {"key": row.id, "photos": [_with_digest(image, fetched[row.id].digests) for image in row.images]}
        for row in rows
        if row.revision == fetched[row.id].revision
    ]
    if values:
        statement = sa.update(products).where(products.c.id == sa.bindparam("key"))
        connection.execute(statement.values(images=sa.bindparam("photos", type_=products.c.images.type)), values)


def keep_predictions(connection: sa.Connection, outcomes: Sequence[Outcome]) -> None:
    """Write the predictions of outcomes to those products that are still at the revision they were made from."""
    values = [
        {"key": outcome.product_id, "worked_from": outcome.revision, "guess": predictions_json(outcome.predictions)}
        for outcome in outcomes
    ]
    if values:
        connection.execute(_PREDICTED, values)


def moved(connection: sa.Connection, worker: str, worked_from: Mapping[str, int], now: float) -> list[str]:
    """Products that are at another revision than `worker` worked from.

    Those that it has lost its claim on get a new revision, to be written afresh: over what it wrote too late.
    """
    columns = (products.c.id, products.c.revision, products.c.claimed_by)
    current = connection.execute(sa.select(*columns).where(products.c.id.in_(worked_from))).all()
    changed = [row for row in current if row.revision != worked_from[row.id]]
    lost = [row.id for row in changed if row.claimed_by != worker]
    if lost:
        newer = sa.update(products).where(products.c.id.in_(lost))
        # Dated, so that a rebuild that is under way takes it for what it is: later than what the rebuild read.
        connection.execute(newer.values(revision=products.c.revision + 1, due_at=now, updated_at=now))
    return [row.id for row in changed]


def _finish(**values: Any) -> sa.Update:
    return (
        sa.update(products)
        .where(
            products.c.id == sa.bindparam("key"),
            products.c.revision == sa.bindparam("worked_from"),
            products.c.claimed_by == sa.bindparam("worker"),
        )
        .values(
            claimed_by=None,
            claimed_until=0.0,
            problem_code=sa.bindparam("code"),
            problem_detail=sa.bindparam("detail"),
            problem_at=sa.bindparam("at"),
            image_problems=sa.bindparam("photos", type_=products.c.image_problems.type),
            predictions=sa.bindparam("guess", type_=products.c.predictions.type),
            **values,
        )
    )


_INDEXED = _finish(indexed_revision=products.c.revision, attempts=0, deferrals=0)
_FAILED = _finish(failed_revision=products.c.revision)
_AGAIN = _finish(
    due_at=sa.bindparam("due"),
    deferrals=products.c.deferrals + 1,
    attempts=products.c.attempts - sa.bindparam("uncounted", type_=sa.Integer),
)

_PREDICTED = (
    sa.update(products)
    .where(products.c.id == sa.bindparam("key"), products.c.revision == sa.bindparam("worked_from"))
    .values(predictions=sa.bindparam("guess", type_=products.c.predictions.type))
)


def _values(outcome: Outcome, worker: str, now: float, backoff: Backoff) -> dict[str, object]:
    problem = outcome.problem
    values: dict[str, object] = {
        "key": outcome.product_id,
        "worked_from": outcome.revision,
        "worker": worker,
        "code": problem and problem.code,
        "detail": problem and problem.detail[:1000],
        "at": now if problem else None,
        "photos": {name: _note(found) for name, found in outcome.image_problems.items()} or None,
        "guess": predictions_json(outcome.predictions),
    }
    if not outcome.again:
        return values
    return {**values, "due": now + backoff.wait_s(outcome.deferrals + 1), "uncounted": int(not outcome.counts)}


def _note(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "detail": storable(problem.detail[:1000])}


def _with_digest(image: dict[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    return {**image, "digest": digests.get(image["name"], image["digest"])}
