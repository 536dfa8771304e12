"""Schemathesis against the whole description: no server error, and no answer that is not described.

Requests are made from the schemas, valid ones and broken ones, by a fixed seed. `CONFORMANCE_EXAMPLES` is how many are
drawn for each operation, beside those that reach every corner of its schema; `make test-long` asks for more.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from documented_shop import stock
from fakes import InlineQueue, platform_of_fakes
from schemathesis.config import (
    ChecksConfig,
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    SimpleCheckConfig,
    StatefulPhaseConfig,
)
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from web.app import create_app

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "10"))
SEED = int(os.environ.get("CONFORMANCE_SEED", "1"))


def config() -> SchemathesisConfig:
    off = SimpleCheckConfig(enabled=False)
    checks = ChecksConfig(
        # A valid schema is not all: a photo must be one, and a product be there.
        positive_data_acceptance=PositiveDataAcceptanceConfig(enabled=False),
        # These follow a resource through its life, or a key: tests of their own do.
        use_after_free=off,
        ensure_resource_availability=off,
        ignored_auth=off,
        object_level_authorization=off,
    )
    generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True, with_security_parameters=False)
    phases = PhasesConfig(
        examples=ExamplesPhaseConfig(generation=generation),
        coverage=CoveragePhaseConfig(generation=generation),
        fuzzing=FuzzingPhaseConfig(generation=generation),
        stateful=StatefulPhaseConfig(enabled=False),
    )
    project = ProjectConfig(
        checks=checks,
        phases=phases,
        generation=generation,
    )
    return SchemathesisConfig(seed=SEED, projects=ProjectsConfig(default=project))


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description of an app over fakes, with the products in it that the examples name."""
    folder = tmp_path_factory.mktemp("shop")
    platform = platform_of_fakes(folder, max_image_bytes=200_000, max_request_bytes=1_000_000)
    app = create_app(platform, InlineQueue(platform))  # type: ignore[arg-type]
    stock(app.test_client(), platform)
    yield schemathesis.openapi.from_wsgi("/openapi.json", app, config=config())
    platform.close()


def test_every_answer_is_as_described(schema) -> None:
    failures, requests, operations = [], 0, set()
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError | FatalError):
            failures.append(str(event))
        if isinstance(event, ScenarioFinished):
            requests += len(event.recorder.interactions)
            operations.add(event.recorder.label)
            checks = [check for several in event.recorder.checks.values() for check in several]
            failures += [_told(check) for check in checks if check.failure_info and not _is_batch(event, check)]
    assert not failures, "\n\n".join(dict.fromkeys(failures))
    paths = schema.raw_schema["paths"]
    assert operations == {f"{method.upper()} {path}" for path, calls in paths.items() for method in calls}
    assert requests > EXAMPLES * len(operations)


def _is_batch(event: Any, check: Any) -> bool:
    """A batch answers 200 where one of its searches is wrong: that one has a problem in its place."""
    return event.recorder.label == "POST /v1/search/batch" and check.name == "negative_data_rejection"


def _told(check: Any) -> str:
    return f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
