"""What a view needs at hand: the platform, and the queue."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from services.bootstrap import Platform
from workers.queue import WorkQueue

EXTENSION = "lookalike"


@dataclass(frozen=True)
class Context:
    """The services of this process, and the way to its workers."""

    platform: Platform
    queue: WorkQueue


def context() -> Context:
    """The context of the app that serves this request."""
    return cast(Context, current_app.extensions[EXTENSION])
