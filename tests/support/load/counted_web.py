"""`lookalike serve`, which at its end writes how many calls there were and how many callers and items shared them.

python counted_web.py FILE writes JSON: {method: {"calls": N, "callers": N, "items": N}}. Without gathering it is empty.
"""

import json
import signal
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.gathering import Gatherer
from services.settings import load_settings
from web.serve import serve


def main(target: Path) -> None:
    """Serve until SIGTERM, then write the counts to `target`."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    lock, called = threading.Lock(), Gatherer._called

    def counted(gatherer: Any, key: Any, batch: Sequence[Any], timeout_s: float | None) -> Any:
        with lock:
            counts[_name(gatherer)].update(calls=1, callers=len(batch), items=sum(len(one.items) for one in batch))
        return called(gatherer, key, batch, timeout_s)

    Gatherer._called = counted  # type: ignore[method-assign]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(load_settings())
    finally:
        with lock:
            target.write_text(json.dumps(counts))


def _name(gatherer: Any) -> str:
    """The method that is shared."""
    owner = gatherer._call.__self__
    return str(getattr(owner, "_method", gatherer._call).__name__).lstrip("_")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
