"""`lookalike keys`: make, list and revoke API keys."""

import json
import re
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from services.api_keys import ApiKey, RateLimit, Scope, parse_rate_limit, with_included
from services.errors import InvalidRequest
from services.settings import load_settings

if TYPE_CHECKING:
    from services.catalogue import ApiKeys

SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}


class RateLimitType(click.ParamType[RateLimit]):
    """A limit such as 600/minute."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RateLimit:
        """Read it, or fail with how one is written."""
        try:
            return parse_rate_limit(value)
        except InvalidRequest as exc:
            self.fail(str(exc), param, ctx)


class LengthType(click.ParamType[float]):
    """A length of time such as 90d, in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or fail with how one is written."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", value)
        if found is None:
            self.fail(f"{value!r}: write it as 12h, 90d or 52w", param, ctx)
        return int(found[1]) * SECONDS[found[2]]


@click.group()
def keys() -> None:
    """API keys: who may call, and what. They are needed where the web process listens on more than loopback."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may do; write includes read, admin includes both. May be given several times.",
)
@click.option("--rate-limit", type=RateLimitType(), help="Such as 600/minute, in place of LOOKALIKE_RATE_LIMIT.")
@click.option("--expires", "lasts_s", type=LengthType(), help="When it ends: 12h, 90d, 52w. Never, if not given.")
def create(name: str, scopes: tuple[str, ...], rate_limit: RateLimit | None, lasts_s: float | None) -> None:
    """Make a key called NAME, and print it: the one time that it can be seen.

    The key stands alone on stdout: KEY=$(lookalike keys create shop --scope read).
    """
    key, text = _keys().create(name, with_included(map(Scope, scopes)), rate_limit, lasts_s)
    click.echo(f"{_told(key)}. It is not shown again:", err=True)
    click.echo(text)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line each.")
def list_(as_json: bool) -> None:
    """List the keys: what they may do, when they were last used, which are no longer valid."""
    every, now = _keys().every(), time.time()
    if as_json:
        for key in every:
            click.echo(json.dumps(key_json(key, now), ensure_ascii=False))
        return
    shown = Table(Column("id", no_wrap=True), "name", "scopes", "limit", "state", "expires", "last used")
    for key in every:
        cells = (", ".join(_in_order(key.scopes)), key.rate_limit or "-", key.state(now))
        shown.add_row(key.id, escape(key.name), *map(str, cells), _day(key.expires_at), _day(key.last_used_at))
    Console().print(shown)


@keys.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """End the key that ID names, and its sessions. It works for five more seconds at most."""
    click.echo(f"key {key_id} ({_keys().revoke(key_id)}) is revoked", err=True)


def key_json(key: ApiKey, now: float) -> dict[str, Any]:
    """A key as JSON: everything but its digest."""
    from web.serialise import moment

    def time_of(value: float | None) -> str | None:
        return None if value is None else moment(value)

    return {
        "id": key.id,
        "name": key.name,
        "scopes": _in_order(key.scopes),
        "rate_limit": key.rate_limit and str(key.rate_limit),
        "state": key.state(now),
        "created_at": time_of(key.created_at),
        "expires_at": time_of(key.expires_at),
        "revoked_at": time_of(key.revoked_at),
        "last_used_at": time_of(key.last_used_at),
    }


def _told(key: ApiKey) -> str:
    return f"key {key.id} ({key.name}): {', '.join(_in_order(key.scopes))}"


def _in_order(scopes: Collection[Scope]) -> list[Scope]:
    return [scope for scope in Scope if scope in scopes]


def _day(seconds: float | None) -> str:
    return "-" if seconds is None else time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _keys() -> "ApiKeys":
    from services.bootstrap import build

    platform = build(load_settings())
    platform.database.check()
    return platform.api_keys
