"""The table of API keys, on both engines: what is kept of a key, and when it stops being one."""

import math

import pytest
import sqlalchemy as sa

from services.api_keys import ApiKey, RateLimit, Scope, digest_of, read_secret, with_included
from services.catalogue import ApiKeys, Database
from services.catalogue.tables import api_keys
from services.errors import InvalidRequest, NotFound

DAY = 86400


@pytest.fixture
def keys(database: Database, clock) -> ApiKeys:
    return ApiKeys(database, clock)


def test_a_key_comes_back_as_it_was_made_and_its_secret_does_not(keys: ApiKeys, database: Database, clock) -> None:
    limit = RateLimit(5, 20)
    made, text = keys.create("shop 👗", [Scope.WRITE, Scope.READ], limit, DAY)
    assert keys.every() == [made] == keys.valid()
    assert (made.name, made.scopes, made.rate_limit) == ("shop 👗", {Scope.READ, Scope.WRITE}, limit)
    assert (made.created_at, made.expires_at) == (clock.now, clock.now + DAY)
    assert read_secret(text) == (made.id, made.digest)
    secret = text.rpartition("_")[2] if text.count("_") == 2 else text[16:]
    with database.read() as connection:
        row = str(connection.execute(sa.select(api_keys)).one())
    assert secret not in row
    assert digest_of(text[16:]) in row


def test_keys_are_all_different(keys: ApiKeys) -> None:
    made = [keys.create("same name", [Scope.READ]) for _ in range(20)]
    assert len({key.id for key, _ in made}) == len({text for _, text in made}) == 20


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_is_needed_and_not_a_long_one(keys: ApiKeys, name: str) -> None:
    with pytest.raises(InvalidRequest, match="between 1 and 100"):
        keys.create(name, [Scope.READ])


@pytest.mark.parametrize("lasts_s", [0, -1, math.inf, math.nan])
def test_a_key_that_never_lived_is_not_made(keys: ApiKeys, lasts_s: float) -> None:
    with pytest.raises(InvalidRequest):
        keys.create("x", [Scope.READ], lasts_s=lasts_s)
    assert keys.every() == []


def test_a_scope_is_needed(keys: ApiKeys) -> None:
    with pytest.raises(InvalidRequest, match="read, write, admin"):
        keys.create("x", [])


def test_hostile_names_are_kept_as_far_as_they_can_be(keys: ApiKeys) -> None:
    for name in ("a\0b", "\ud800", "'; DROP TABLE api_keys; --", "%s"):
        keys.create(name, [Scope.READ])
    assert {key.name for key in keys.every()} == {"a\ufffdb", "?", "'; DROP TABLE api_keys; --", "%s"}


def test_an_expired_key_is_listed_and_not_valid(keys: ApiKeys, clock) -> None:
    made, _ = keys.create("x", [Scope.READ], lasts_s=DAY)
    assert made.state(clock.now + DAY - 1) == "valid"
    clock.now += DAY
    assert keys.valid() == []
    assert [key.state(clock.now) for key in keys.every()] == ["expired"]


def test_a_revoked_key_stays_revoked_as_of_the_first_time(keys: ApiKeys, clock) -> None:
    made, _ = keys.create("x", [Scope.READ])
    other, _ = keys.create("y", [Scope.READ])
    assert keys.revoke(made.id) == "x"
    clock.now += 10
    assert keys.revoke(made.id) == "x"
    (first,) = (key for key in keys.every() if key.id == made.id)
    assert (first.revoked_at, first.state(clock.now)) == (clock.now - 10, "revoked")
    assert [key.id for key in keys.valid()] == [other.id]


@pytest.mark.parametrize("key_id", ["", "nope", "' OR '1'='1", "x" * 10_000])
def test_revoking_what_there_is_not(keys: ApiKeys, key_id: str) -> None:
    keys.create("x", [Scope.READ])
    with pytest.raises(NotFound, match="keys list"):
        keys.revoke(key_id)
    assert len(keys.valid()) == 1


def test_the_last_use_only_moves_on(keys: ApiKeys) -> None:
    made, _ = keys.create("x", [Scope.READ])
    for used_at in (50.0, 70.0, 60.0):
        keys.touch(made.id, used_at)
    keys.touch("nope", 1.0)
    assert [key.last_used_at for key in keys.every()] == [70.0]


@pytest.mark.parametrize("spoilt", [{"rate_limit": "lots"}, {"scopes": ["root"]}])
def test_a_row_that_was_spoilt_by_hand_takes_no_others_with_it(keys: ApiKeys, database: Database, spoilt: dict) -> None:
    bad, _ = keys.create("bad", [Scope.READ])
    good, _ = keys.create("good", [Scope.READ])
    with database.write() as connection:
        connection.execute(sa.update(api_keys).where(api_keys.c.id == bad.id).values(**spoilt))
    assert keys.valid() == keys.every() == [good]
    assert keys.revoke(bad.id) == "bad"


@pytest.mark.parametrize(
    ("scopes", "all_of_them"),
    [([], ""), ([Scope.READ], "read"), ([Scope.WRITE], "read write"), ([Scope.ADMIN], "admin read write")],
)
def test_scopes_include_those_below(scopes: list[Scope], all_of_them: str) -> None:
    assert sorted(with_included(scopes)) == all_of_them.split()


@pytest.mark.parametrize(
    "text",
    ["", "lk_", "lk_0123456789ab_", "lk_0123456789ab_" + "x" * 42, "lk_0123456789ab_" + "x" * 44,
     "lk_0123456789AB_" + "x" * 43, "lk_0123456789ab_" + "x" * 42 + "\0", "lk_\0123456789ab_" + "x" * 43,
     "lk_0123456789ab_" + "é" * 43, "lk_0123456789ab_" + "x" * 43 + "\n", "x" * 10**6, "lk_٠١٢٣٤٥٦٧٨٩ab_" + "x" * 43],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    assert read_secret(text) is None
    assert read_secret("lk_0123456789ab_" + "x" * 43) is not None


def test_a_keys_state_does_not_depend_on_more_than_its_times() -> None:
    key = ApiKey("a", "n", "d", frozenset(), None, 0.0, expires_at=10.0, revoked_at=5.0)
    assert key.state(20.0) == "revoked"
