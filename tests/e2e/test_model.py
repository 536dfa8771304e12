"""Whatever happens to a change on its way, catalogue and index come to hold what the rules say: at random."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from convergence.checks import check_index
from convergence.machine import Convergence
from convergence.photos import STORED, digest
from convergence.workers import Steps
from convergence.world import World
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from services.catalogue import Delete, Put
from services.products import ImageRef, Product
from services.settings import FASHION_FIELDS
from services.stores import IndexServer
from services.stores.milvus import MilvusIndexServer

# As many as fit into a test run; MODEL_EXAMPLES asks for more.
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "100"))
STEPS = 30
aliases = itertools.count(1)
BEFORE_UPSERT, BEFORE_DELETE, BEFORE_FINISH = 5, 6, 7


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path)
    yield opened
    opened.close()


def put(product_id: str, image: ImageRef, **attributes: str) -> Put:
    return Put(Product(product_id, attributes, (image,)))


RED, GREEN = (ImageRef("1", digest(data)) for data in STORED[:2])
BLUE, YELLOW = (ImageRef("1", url=f"https://cdn.example/{colour}.png") for colour in ("blue", "yellow"))


def test_any_life_of_a_few_products_ends_in_an_exact_index() -> None:
    run_state_machine_as_test(Convergence, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))


def test_any_life_ends_so_on_milvus(milvus_uri: str) -> None:
    class OnMilvus(Convergence):
        def indexes(self) -> IndexServer:
            return MilvusIndexServer(milvus_uri, f"model{next(aliases)}", FASHION_FIELDS)

    few = max(EXAMPLES // 20, 1)
    run_state_machine_as_test(OnMilvus, settings=settings(max_examples=few, stateful_step_count=STEPS))


# Lives that chance leads into too seldom.


@pytest.mark.parametrize("change", [put("a", GREEN), Delete("a")], ids=["put", "delete"])
def test_late_writes_are_written_over_though_the_worker_fails_after_them(world: World, change) -> None:
    world.ask([put("a", RED)])
    world.fall_asleep(["a"], Steps(sleeps_at=BEFORE_UPSERT, fails_at=BEFORE_DELETE))
    world.clock.now += 50
    world.ask([change])
    world.work(["a"], Steps())
    world.wake(0)
    world.settle()
    check_index(world)


@pytest.mark.parametrize("sleeps_at", range(1, BEFORE_FINISH + 1))
@pytest.mark.parametrize("image", [RED, BLUE], ids=["stored", "linked"])
def test_a_worker_that_slept_through_a_rebuild(world: World, image: ImageRef, sleeps_at: int) -> None:
    world.ask([put("z", RED)])
    world.work(["z"], Steps())
    world.rebuild(lambda: (world.ask([put("a", image)]), world.fall_asleep(["a"], Steps(sleeps_at=sleeps_at))))
    world.settle()
    check_index(world)


@pytest.mark.parametrize("sleeps_at", range(1, BEFORE_FINISH + 1))
@pytest.mark.parametrize("image", [RED, BLUE], ids=["stored", "linked"])
def test_a_worker_that_ends_while_an_index_is_rebuilt(world: World, image: ImageRef, sleeps_at: int) -> None:
    world.ask([put("a", image)])
    world.fall_asleep(["a"], Steps(sleeps_at=sleeps_at))
    world.clock.now += 70
    world.rebuild(lambda: world.wake(0))
    world.settle()
    check_index(world)


def test_a_photo_that_was_fetched_too_late_is_not_taken_for_the_one_that_follows_it(world: World) -> None:
    world.ask([put("a", BLUE)])
    world.fall_asleep(["a"], Steps(sleeps_at=BEFORE_FINISH))
    world.ask([put("a", YELLOW)])
    world.wake(0)
    world.settle()
    check_index(world)
