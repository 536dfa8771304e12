"""`python -m chaos`: an import of thousands of products while everything is killed; exit status 1 if any is lost."""

import secrets
import shutil
import tempfile
import time
from pathlib import Path

import click
from chaos.report import report
from chaos.run import Chaos, run_chaos
from chaos.sources import choose_goods
from chaos.stack import Stack


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--products", default=5000, show_default=True, help="Rows to import.")
@click.option("--kills", default=12, show_default=True, help="Kills of each part, the import itself among them.")
@click.option("--changes", type=int, help="Changes of products meanwhile.  [default: one for 20 products]")
@click.option("--seed", type=int, help="What the run is drawn from.  [default: a new one]")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the Fashion Product Images catalogue.")
@click.option("--keep", is_flag=True, help="Keep the data and logs, also where all is well.")
def main(products: int, kills: int, changes: int | None, seed: int | None, data: Path | None, keep: bool) -> None:
    """Import PRODUCTS products into a stack with the default settings, while all of it is killed again and again."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="lookalike-chaos-"))
    began = time.monotonic()
    goods = choose_goods(data, folder / "goods", products, seed, click.echo)
    click.echo(f"seed {seed}: {goods.rows:,} rows of {goods.source}, on the default settings")
    chaos = Chaos(seed, kills, products // 20 if changes is None else changes)
    stack = Stack(folder)
    try:
        result = run_chaos(stack, goods, chaos, lambda line: click.echo(f"{time.monotonic() - began:5.0f} s  {line}"))
    except BaseException:
        click.echo(f"broken off; data and logs are in {folder}, the seed was {seed}")
        raise
    finally:
        stack.end()
    for line in report(result):
        click.echo(line)
    if keep or result.wrong:
        click.echo(f"data and logs are in {folder}; again with --seed {seed}")
    else:
        shutil.rmtree(folder)
    raise SystemExit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
