"""`lookalike failures`: what could not be indexed or accepted; try it again, or give it up."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

import click

from services.products import Problem
from services.settings import load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform
    from workers.queue import WorkQueue


@click.group()
def failures() -> None:
    """Products that could not be indexed, and queue messages that could not be accepted."""


@failures.command("list")
@click.option("--code", help="Only products that failed for this reason.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Rows shown of each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line each.")
def list_(code: str | None, limit: int, as_json: bool) -> None:
    """List them, with reason, attempts and time."""
    from web.serialise import message_json, moment, record_json

    platform = _platform()
    records = platform.failures.page(limit, code=code)
    messages = [] if code else platform.refused.page(limit)
    if as_json:
        least = platform.settings.predict_from
        products = (record_json(record, least) for record in records)
        for told in chain(products, map(message_json, messages)):
            click.echo(json.dumps(told, ensure_ascii=False))
        return
    for record in records:
        problem = record.problem or Problem("unknown", "")
        when = moment(record.problem_at or record.updated_at)
        click.echo(f"{record.product.id}: {problem.code}, {record.attempts} attempts, {when}\n    {problem.detail}")
    for message in messages:
        name = f"message {message.id} for {message.task}"
        click.echo(f"{name}: {message.problem.code}, {moment(message.received_at)}\n    {message.problem.detail}")
    counts = ", ".join(f"{number:,} {name}" for name, number in sorted(platform.failures.by_code().items()))
    click.echo(f"Products by reason: {counts or 'none'}. Messages: {platform.refused.count():,}.")


@failures.command()
@click.argument("ids", nargs=-1)
@click.option("--code", help="All products that failed for this reason.")
@click.option("--all", "everything", is_flag=True, help="All products and messages.")
def retry(ids: tuple[str, ...], code: str | None, everything: bool) -> None:
    """Try products or messages again, by IDS, by reason, or all."""
    from web.failures import retry_messages, retry_products

    platform, queue = _platform(), _queue()
    products, messages = _chosen(platform, ids, code, everything)
    tried = retry_products(platform, queue, products)
    accepted = retry_messages(platform, queue, messages)
    click.echo(f"{tried:,} products wait again; {accepted:,} messages were accepted")


@failures.command()
@click.argument("ids", nargs=-1)
@click.option("--code", help="All products that failed for this reason.")
@click.option("--all", "everything", is_flag=True, help="All products and messages.")
@click.confirmation_option(prompt="Failed products are deleted from the catalogue, messages forgotten. Go on?")
def drop(ids: tuple[str, ...], code: str | None, everything: bool) -> None:
    """Give products up, which deletes them, and forget messages: by IDS, by reason, or all."""
    from web.failures import drop_messages, drop_products

    platform, queue = _platform(), _queue()
    products, messages = _chosen(platform, ids, code, everything)
    dropped = drop_products(platform, queue, products)
    click.echo(f"{dropped:,} products were deleted; {drop_messages(platform, messages):,} messages were forgotten")


def _chosen(
    platform: "Platform", ids: tuple[str, ...], code: str | None, everything: bool
) -> tuple[Iterable[list[str]], Iterable[list[str]]]:
    """The products and the messages that are meant, in chunks. An id may be either's."""
    if not (ids or code or everything):
        raise click.UsageError("say which: IDS, --code or --all")
    products = platform.failures.every(code) if everything or code else iter(())
    messages = platform.refused.every() if everything else iter(())
    named = [list(ids)] if ids else []
    return chain(named, products), chain(named, messages)


def _platform() -> "Platform":
    from services.bootstrap import build

    platform = build(load_settings())
    platform.database.check()
    return platform


def _queue() -> "WorkQueue":
    from workers.app import make_app
    from workers.queue import WorkQueue

    settings = load_settings()
    return WorkQueue(make_app(settings), settings.chunk_size)
