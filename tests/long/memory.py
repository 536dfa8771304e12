"""How much memory `lookalike ingest` and a worker hold over a long import; exit status 1 if that grows with it."""

import shutil
import tempfile
import time
from pathlib import Path

import click
import psutil
from chaos.feeding import Feeding
from chaos.residents import SHARES, Curve, Sampler
from chaos.sources import choose_goods
from chaos.stack import COMPONENTS, Stack
from chaos.watch import Watch

TIMEOUT_S = 4 * 3600.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--products", default=40_000, show_default=True, help="Rows to import.")
@click.option("--allowed", default=0.15, show_default=True, help="How much more the end may take than the beginning.")
@click.option("--every", default=1.0, show_default=True, help="Seconds between two looks.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the Fashion Product Images catalogue.")
def main(products: int, allowed: float, every: float, data: Path | None) -> None:
    """Import PRODUCTS products into a fresh stack with the default settings, and watch its processes."""
    folder = Path(tempfile.mkdtemp(prefix="lookalike-memory-"))
    goods = choose_goods(data, folder / "goods", products, 0, click.echo)
    stack = Stack(folder)
    try:
        for name in COMPONENTS:
            stack.start(name)
        platform = stack.platform()
        watch = Watch(platform, goods.rows)
        feeding = Feeding(stack, goods, [], watch, click.echo)
        samplers = {
            "ingest": Sampler(feeding.family, lambda: watch.read / goods.rows, every),
            "worker": Sampler(lambda: stack.family("worker"), lambda: watch.settled, every),
        }
        began = time.monotonic()
        for sampler in samplers.values():
            sampler.start()
        feeding.run(TIMEOUT_S, lambda: None)
        click.echo(f"{goods.rows:,} rows of {goods.source} in {time.monotonic() - began:.0f} s; {_machine()}")
        for sampler in samplers.values():
            sampler.stop.set()
            sampler.join()
        platform.close()
    finally:
        stack.end()
        shutil.rmtree(folder, ignore_errors=True)
    curves = {name: sampler.curve for name, sampler in samplers.items()}
    _print(curves)
    raise SystemExit(any(curve.growth > allowed for curve in curves.values()))


def _print(curves: dict[str, Curve]) -> None:
    click.echo(f"{'MB held at':10}" + "".join(f"{share:>8.0%}" for share in SHARES) + f"{'peak':>8}{'growth':>8}")
    for name, curve in curves.items():
        held = "".join(f"{curve.at(share):8.0f}" for share in SHARES)
        click.echo(f"{name:10}{held}{curve.peak:8.0f}{curve.growth:8.1%}")


def _machine() -> str:
    return f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"


if __name__ == "__main__":
    main()
