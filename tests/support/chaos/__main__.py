"""`python -m chaos`: an import of thousands of products while everything is killed; exit status 1 if any is lost."""

import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import click
from chaos.goods import Goods, drawn_goods, real_goods
from chaos.run import Chaos, Result, run_chaos
from chaos.stack import Stack

ROOT = Path(__file__).parents[3]
# Everything that decides how long a crash is felt, at about a third of what it is by default: a run takes minutes.
SETTINGS = {
    "task_time_limit_s": 10.0,
    "lease_s": 12.0,
    "visibility_timeout_s": 15.0,
    "sweep_interval_s": 2.0,
    "resend_after_s": 10.0,
    "chunk_size": 32,
}
EXAMPLES = 5


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--products", default=5000, show_default=True, help="Rows to import.")
@click.option("--kills", default=4, show_default=True, help="Kills of each: worker, its family, Redis, Milvus, ...")
@click.option("--changes", type=int, help="Changes of products meanwhile.  [default: one for 20 products]")
@click.option("--seed", type=int, help="What the run is drawn from.  [default: a new one]")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the Fashion Product Images catalogue.")
@click.option("--keep", is_flag=True, help="Keep the data and logs, also where all is well.")
def main(products: int, kills: int, changes: int | None, seed: int | None, data: Path | None, keep: bool) -> None:
    """Import PRODUCTS products while workers, Redis, Milvus, the clock and the import itself are killed."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="lookalike-chaos-"))
    began = time.monotonic()
    goods = _goods(data, folder / "goods", products, seed)
    click.echo(f"seed {seed}: {goods.rows:,} rows of {goods.source}; settings: {_shown(SETTINGS)}")
    chaos = Chaos(seed, kills, products // 20 if changes is None else changes)
    stack = Stack(folder, **SETTINGS)
    try:
        result = run_chaos(stack, goods, chaos, lambda line: click.echo(f"{time.monotonic() - began:5.0f} s  {line}"))
    except BaseException:
        click.echo(f"broken off; data and logs are in {folder}, the seed was {seed}")
        raise
    finally:
        stack.end()
    _print(result)
    if keep or result.wrong:
        click.echo(f"data and logs are in {folder}; again with --seed {seed}")
    else:
        shutil.rmtree(folder)
    raise SystemExit(1 if result.wrong else 0)


def _goods(data: Path | None, folder: Path, products: int, seed: int) -> Goods:
    place = Path(os.environ.get("LOOKALIKE_DATA") or ROOT.parent / "shared" / "data") / "fashion-products"
    source = data or place
    if (source / "catalogue.csv").is_file():
        return real_goods(source, folder, products, seed)
    click.echo(
        f"No Fashion Product Images catalogue in {source} (--data, or LOOKALIKE_DATA); the drawn sample will do."
    )
    return drawn_goods(folder, products, seed)


def _print(result: Result) -> None:
    ledger, progress = result.ledger, result.progress
    kills = ", ".join(f"{victim} {number}" for victim, number in sorted(result.kills.items()))
    late = sum(result.kills.values()) - sum(result.in_time.values())
    seconds = ", ".join(f"{part} {taken:.0f} s" for part, taken in result.seconds.items())
    counts = ("read", "indexed", "skipped", "failed", "refused", "stale", "queued")
    click.echo(
        f"\nimport    {', '.join(f'{name} {progress[name]:,}' for name in counts)}"
        f"\nproducts  accepted {ledger.accepted:,}: indexed {ledger.indexed:,}, failed {ledger.failed:,}, "
        f"deleted {ledger.deleted:,}; {result.changes:,} changes while they were imported"
        f"\nindex     {ledger.rows:,} rows: lost {len(ledger.lost)}, doubled {len(ledger.doubled)}, "
        f"extra {len(ledger.extra)}; {ledger.searched:,} searches, {len(ledger.unfound)} in vain; audit: {result.audit}"
        f"\nkills     {kills}; {late} of them after the import"
        f"\ntime      {seconds}"
    )
    for name, found in result.wrong.items():
        click.echo(f"{name}: {len(found):,}")
        for line in found[:EXAMPLES]:
            click.echo(f"  {line}")


def _shown(settings: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


if __name__ == "__main__":
    main()
