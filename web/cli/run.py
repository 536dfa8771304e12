"""Commands that run things: the whole stack, or one process of it."""

import click

from services.settings import load_settings


@click.command()
@click.option("--sample/--no-sample", default=True, help="Feed the drawn sample catalogue to an empty stack.")
def up(sample: bool) -> None:
    """Run the whole stack on this machine: Redis, Milvus Lite, a worker, its clock, the web process."""
    from web.cli.stack import run_stack

    raise SystemExit(run_stack(load_settings(), sample))


@click.command()
def serve() -> None:
    """Run the web process."""
    from web.serve import serve as run

    run(load_settings())


@click.command()
def worker() -> None:
    """Run a worker."""
    from workers.main import run_worker

    run_worker(load_settings())


@click.command()
def beat() -> None:
    """Run the clock that sends the periodic repairs; one in a stack."""
    from workers.main import run_beat

    run_beat(load_settings())
