"""Public messages, from the queue into the catalogue; what cannot be accepted is kept, product by product."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.bootstrap import Platform
from services.catalogue import Accepted, Change, Delete, RefusedMessage
from services.errors import InvalidMessage, InvalidRequest
from services.intake import IncomingImage, Intake
from services.messages import DeleteProduct, MessageImage, PatchProduct, UpsertProduct, checked_product, products_of
from services.products import Problem

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """A message, or one product of it as a message of its own, and why it was refused."""

    product_id: str | None
    problem: Problem
    body: str


@dataclass
class Received:
    """What became of a message: the products with work to queue, and what was refused.

    `settled` counts products for which nothing is left to do: the change is older than what is there, is there
    already, or takes away what is not there.
    """

    changed: list[str] = field(default_factory=list)
    settled: int = 0
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class AcceptedAgain:
    """How many messages that were refused before were accepted, and the products with work to queue."""

    accepted: int
    changed: list[str]


def accept(platform: Platform, task: str, kwargs: object) -> list[str]:
    """Make the changes that a message of `task` asks for, and keep what is refused; returns the ids to queue.

    Safe to run again for the same message. Raises Unavailable while the database is away: then it has to run again,
    or the message is lost.
    """
    received = receive(platform, task, kwargs)
    _keep(platform, task, received.refusals)
    if received.settled:
        log.info("%s: nothing was left to do for %d products", task, received.settled)
    return received.changed


def accept_again(platform: Platform, message_ids: Sequence[str]) -> AcceptedAgain:
    """Accept refused messages after all, and forget those that were. One that is refused again stays as it is.

    Raises Unavailable; what was accepted until then stays accepted, and running it again is harmless.
    """
    accepted: list[RefusedMessage] = []
    changed: list[str] = []
    for message in platform.refused.get_many(message_ids):
        received = _receive_kept(platform, message)
        if not (received.changed or received.settled):
            continue
        # Where a message of several products is accepted in part, what is left of it takes its place.
        _keep(platform, message.task, received.refusals)
        platform.refused.drop([message.id])
        changed += received.changed
        accepted.append(message)
    return AcceptedAgain(len(accepted), changed)


def receive(platform: Platform, task: str, kwargs: object) -> Received:
    """Make the changes that a message asks for. What is refused is only told. Raises Unavailable."""
    received = Received()
    try:
        products = products_of(task, kwargs)
    except InvalidMessage as exc:
        received.refusals.append(Refusal(None, Problem(exc.code, str(exc)), _json(kwargs)))
        return received
    wanted: list[tuple[object, Change]] = []
    for product in products:
        try:
            wanted.append((product, _change(platform.intake, task, product)))
        except InvalidRequest as exc:
            received.refusals.append(_refusal(product, Problem(exc.code, str(exc))))
    _write(platform, wanted, received)
    return received


def _receive_kept(platform: Platform, message: RefusedMessage) -> Received:
    try:
        kwargs = json.loads(message.body)
    except ValueError:
        return Received(refusals=[Refusal(None, message.problem, message.body)])
    return receive(platform, message.task, kwargs)


def _write(platform: Platform, wanted: Sequence[tuple[object, Change]], received: Received) -> None:
    """Write changes together; where the database cannot hold one of them, each by itself."""
    try:
        done = platform.catalogue.write([change for _, change in wanted])
    except InvalidRequest as exc:
        if len(wanted) == 1:
            received.refusals.append(_refusal(wanted[0][0], Problem(exc.code, str(exc))))
        else:
            for each in wanted:
                _write(platform, [each], received)
        return
    for (product, change), accepted in zip(wanted, done, strict=True):
        _note(product, change, accepted, received)


def _note(product: object, change: Change, accepted: Accepted, received: Received) -> None:
    problem = accepted.problem
    # An older change is late by definition. A delete of what is not there has what it wants: its message may have come
    # twice. Neither is anything to look into.
    late = problem is not None and problem.code == "stale"
    done_before = problem is not None and problem.code == "not_found" and isinstance(change, Delete)
    if problem is not None and not (late or done_before):
        received.refusals.append(_refusal(product, problem))
    elif problem is not None or not accepted.changed:
        received.settled += 1
    elif accepted.product_id not in received.changed:
        received.changed.append(accepted.product_id)


def _change(intake: Intake, task: str, product: object) -> Change:
    """Raises InvalidRequest, of the kind that fits."""
    match checked_product(task, product):
        case UpsertProduct() as put:
            return intake.put(put.id, put.attributes, _images(put.images), put.version, put.refresh)
        case PatchProduct() as patch:
            images, removed = _images(patch.images), patch.remove_images
            return intake.patch(patch.id, patch.attributes, images, removed, patch.version)
        case DeleteProduct() as delete:
            return intake.delete(delete.id, delete.version)


def _images(images: Sequence[MessageImage]) -> list[IncomingImage]:
    return [IncomingImage(image.name, None, image.url) for image in images]


def _keep(platform: Platform, task: str, refusals: Sequence[Refusal]) -> None:
    for refusal in refusals:
        platform.refused.keep(task, refusal.product_id, refusal.problem, refusal.body)
    if refusals:
        first = refusals[0]
        log.warning("%s: %d refused, such as %r: %s", task, len(refusals), first.product_id, first.problem.detail)


def _refusal(product: object, problem: Problem) -> Refusal:
    product_id = product.get("id") if isinstance(product, dict) else None
    return Refusal(product_id if isinstance(product_id, str) else None, problem, _json({"products": [product]}))


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, default=str)
