"""Names: looked up once, checked whole, and asked at just the address that was checked."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from unittest.mock import patch

import pytest
from photo_server import PhotoServer, answer

from services.errors import BlockedAddress, HostAway, UnreachableUrl
from services.images import FetchLimits, ImageFetcher

Make = Callable[..., ImageFetcher]
PHOTO = b"\xff\xd8\xff" + os.urandom(50_000)
QUICK = FetchLimits(max_bytes=100_000, timeout_s=0.6)


def test_a_name_is_looked_up_once_and_what_was_checked_is_asked(server: PhotoServer, make: Make) -> None:
    """DNS rebinding: the second answer would be another machine, here one that is not even listening."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    assert make(resolve=lambda host, port: next(answers)).fetch(_named(server)) == PHOTO
    assert next(answers) == ["127.0.0.2"], "and nobody asked for it"


@pytest.mark.parametrize("answer", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.169.254", "fe80::1%1", "odd"])
def test_a_name_with_any_private_address_is_not_asked(server: PhotoServer, make: Make, answer: str) -> None:
    for answers in ([answer], ["93.184.216.34", answer]):
        with pytest.raises(BlockedAddress, match=r"photos.test.*add photos.test:\d+ to LOOKALIKE_PRIVATE"):
            make(resolve=lambda host, port, answers=answers: answers, private=False).fetch(_named(server))
    assert server.connections == 0


def test_a_public_name_is_asked_at_just_the_address_that_was_checked(server: PhotoServer, make: Make) -> None:
    """The first answer is public, and passes; were the name looked up again to connect, it would be ours."""
    answers: Iterator[Sequence[str]] = iter([["93.184.216.34"], ["127.0.0.1"]])
    refused = patch("socket.create_connection", side_effect=ConnectionRefusedError())
    with refused as connect, pytest.raises(HostAway):
        make(resolve=lambda host, port: next(answers), private=False).fetch(_named(server))
    assert [call.args[0] for call in connect.call_args_list] == [("93.184.216.34", server.port)]


def test_a_kept_connection_needs_no_second_look(server: PhotoServer, make: Make) -> None:
    answers = iter([["127.0.0.1"]])
    fetcher = make(resolve=lambda host, port: next(answers))
    assert [fetcher.fetch(_named(server)) for _ in range(2)] == [PHOTO, PHOTO]


def test_the_next_address_is_tried(server: PhotoServer, make: Make) -> None:
    assert make(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]).fetch(_named(server)) == PHOTO


def test_a_slow_name_server_ends_with_the_time(server: PhotoServer, make: Make) -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        done.wait(20)
        return []

    started = time.monotonic()
    with pytest.raises(HostAway, match=r"within 0.6 s"):
        make(QUICK, resolve=slow).fetch(_named(server))
    assert time.monotonic() - started < 10
    done.set()


@pytest.mark.parametrize(
    ("number", "kind"),
    [(socket.EAI_NONAME, UnreachableUrl), (socket.EAI_AGAIN, HostAway), (socket.EAI_FAIL, HostAway)],
)
def test_names_that_do_not_exist_stay_so(server: PhotoServer, make: Make, number: int, kind: type[Exception]) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror(number, "no luck")

    with pytest.raises(kind, match=r"photos\.test.*no luck"):
        make(resolve=fail).fetch(_named(server))


def test_a_name_without_addresses_may_pass(server: PhotoServer, make: Make) -> None:
    with pytest.raises(HostAway, match="no address"):
        make(resolve=lambda host, port: []).fetch(_named(server))


def _named(server: PhotoServer) -> str:
    server.routes["/a"] = answer(PHOTO)
    return f"http://photos.test:{server.port}/a"
