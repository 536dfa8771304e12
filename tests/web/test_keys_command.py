"""`lookalike keys`: what is printed where, and that what it makes and ends works."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from keyed_service import Service

from services.api_keys import digest_of
from web.cli import stack
from web.cli.main import cli


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service that needs keys, on the data folder that the command uses."""
    monkeypatch.setenv("LOOKALIKE_DATA_DIR", str(tmp_path))
    made = Service(tmp_path, auth="required")
    yield made
    made.close()


@pytest.mark.parametrize(("host", "has_key", "told"), [("0.0.0.0", 0, 1), ("0.0.0.0", 1, 0), ("127.0.0.1", 0, 0)])
def test_a_stack_that_nobody_can_call_says_how_to_make_a_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
    has_key: int,
    told: int,
) -> None:
    shop = Service(tmp_path, host=host)
    if has_key:
        shop.key()
    monkeypatch.setattr(stack, "_await_ready", lambda *_: True)
    stack._welcome(shop.platform.settings, False, lambda: False)
    said = capsys.readouterr().out
    assert "Lookalike is at" in said
    assert ("lookalike keys create me --scope admin" in said) == bool(told)
    shop.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["keys", *words])


def test_a_key_is_printed_once_alone_on_stdout_and_works(shop: Service) -> None:
    made = run("create", "my shop", "--scope", "write", "--rate-limit", "600/minute", "--expires", "90d")
    assert made.exit_code == 0
    assert re.fullmatch(r"lk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n", made.stdout)
    key = made.stdout.strip()
    assert "my shop" in made.stderr
    assert key[16:] not in made.stderr
    assert shop.call(key).status_code == 200
    assert shop.call(key).headers["RateLimit-Policy"] == '"default";q=600;w=60'
    for listed in (run("list").output, run("list", "--json").output):
        assert key[3:15] in listed
        assert key[16:] not in listed
        assert digest_of(key[16:]) not in listed


def test_the_list_as_json_tells_everything_but_the_secret(shop: Service) -> None:
    run("create", "a", "--scope", "admin", "--expires", "1h")
    run("create", "[red]b", "--scope", "read", "--scope", "write")
    first, second = map(json.loads, run("list", "--json").output.splitlines())
    assert (first["name"], first["scopes"], first["rate_limit"]) == ("a", ["read", "write", "admin"], None)
    assert (second["name"], second["scopes"], second["state"]) == ("[red]b", ["read", "write"], "valid")
    assert first["expires_at"] > first["created_at"]
    assert second["expires_at"] is second["last_used_at"] is second["revoked_at"] is None
    assert "[red]b" in run("list").output


def test_a_revoked_key_no_longer_works(shop: Service) -> None:
    key = run("create", "a", "--scope", "read").stdout.strip()
    assert run("revoke", key[3:15]).exit_code == 0
    assert shop.call(key).status_code == 401
    assert json.loads(run("list", "--json").output)["state"] == "revoked"
    assert "revoked" in run("list").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "a"), "--scope"),
        (("create", "a", "--scope", "root"), "root"),
        (("create", "a", "--scope", "read", "--rate-limit", "lots"), "600/minute"),
        (("create", "a", "--scope", "read", "--rate-limit", "0/minute"), "600/minute"),
        (("create", "a", "--scope", "read", "--rate-limit", "9" * 30 + "/minute"), "600/minute"),
        (("create", "a", "--scope", "read", "--expires", "0d"), "90d"),
        (("create", "a", "--scope", "read", "--expires", "-1d"), "90d"),
        (("create", "a", "--scope", "read", "--expires", "9" * 30 + "d"), "90d"),
        (("create", "a", "--scope", "read", "--expires", "soon"), "90d"),
        (("create", "", "--scope", "read"), "between 1 and 100"),
        (("revoke", "nope"), "keys list"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(shop: Service, words: tuple[str, ...], says: str) -> None:
    refused = run(*words)
    assert refused.exit_code != 0
    assert says in refused.output + str(refused.exception)
    assert refused.stdout == ""
    assert shop.platform.api_keys.every() == []
