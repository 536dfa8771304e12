"""An import while worker, Redis, Milvus, the clock and the import itself are killed: nothing lost, nothing doubled."""

import os
from pathlib import Path

from chaos.goods import drawn_goods
from chaos.run import Chaos, run_chaos
from chaos.stack import Stack

# CHAOS_SEED asks for another run; `make chaos` for a long one, on real products.
SEED = int(os.environ.get("CHAOS_SEED", "1"))
QUICK = {
    "task_time_limit_s": 5.0,
    "lease_s": 6.0,
    "visibility_timeout_s": 7.0,
    "sweep_interval_s": 1.0,
    "resend_after_s": 4.0,
    "chunk_size": 16,
}


def test_an_import_outlives_every_kill(tmp_path: Path) -> None:
    goods = drawn_goods(tmp_path, 250, SEED)
    stack = Stack(tmp_path, **QUICK)
    chaos = Chaos(SEED, kills=1, changes=40, longest_delay_s=0.1, longest_pause_s=1.0, timeout_s=120, searches=50)
    try:
        result = run_chaos(stack, goods, chaos, print)
    finally:
        stack.end()
    assert not result.wrong
    assert sum(result.kills.values()) == 6
    assert result.late <= 1, "they fall into the import"
