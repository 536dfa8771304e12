"""How many searches a stack answers, and how fast, with concurrent queries gathered and not: `make load`.

A stack of its own with so many products; so many clients that each ask again as soon as they are answered; rounds with
and without gathering in turns, so that what else the machine does meets both. The exit status is 1 after any error.
"""

import os
import shutil
import sys
import tempfile
from itertools import repeat
from pathlib import Path
from random import Random

import click

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from load.clients import Client, Measured, run_clients
from load.mix import MIX, Call, Mix
from load.report import kinds_table, load_table, sharing_table
from load.shop import choose_goods
from load.stack import Cost, LoadStack

WARM_UP_S = 8.0
LONE_CALLS = 30
"""Of each kind, for the latencies of a client that is alone."""
GATHERED, APART = "gathered", "not gathered"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=60.0, show_default=True, help="How long a round is measured.")
@click.option("--clients", default=50, show_default=True, help="Clients at once.")
@click.option("--rounds", default=3, show_default=True, help="Rounds with, and as many without, gathering.")
@click.option("--products", default=5000, show_default=True, help="Products in the index.")
@click.option("--threads", type=int, help="LOOKALIKE_WEB_THREADS.  [default: the setting's]")
@click.option("--gather-max", type=int, help="LOOKALIKE_GATHER_MAX of the gathered rounds.  [default: the setting's]")
@click.option("--seed", default=0, show_default=True, help="What queries are drawn from.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the Fashion Product Images catalogue.")
def main(
    seconds: float,
    clients: int,
    rounds: int,
    products: int,
    threads: int | None,
    gather_max: int | None,
    seed: int,
    data: Path | None,
) -> None:
    """Measure a fresh stack under the load of many clients, and of one."""
    folder = Path(tempfile.mkdtemp(prefix="lookalike-load-"))
    click.echo(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    goods = choose_goods(data, folder / "goods", products, seed)
    stack = LoadStack(folder)
    bench = Bench(stack, Mix(goods), clients, seconds, threads, seed)
    try:
        stack.fill(goods)
        click.echo(
            f"{len(goods.ids):,} products ({goods.source}) are indexed; {clients} clients, {seconds:g} s a round"
        )
        click.echo(f"mix: {', '.join(f'{share:.0%} {kind}' for kind, share in MIX.items())}; half of them filtered by:")
        for where in bench.mix.filters:
            click.echo(f"  {where}")
        for number in range(rounds):
            for name in (GATHERED, APART) if number % 2 == 0 else (APART, GATHERED):
                bench.round(number, name, gather_max if name == GATHERED else 1)
        bench.alone(gather_max)
    finally:
        stack.end()
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(bench.report())


class Bench:
    """Rounds of a load, and what each of them met."""

    def __init__(
        self, stack: LoadStack, mix: Mix, clients: int, seconds: float, threads: int | None, seed: int
    ) -> None:
        self.mix = mix
        self._stack, self._clients, self._seconds, self._threads, self._seed = stack, clients, seconds, threads, seed
        self._met: dict[str, Measured] = {GATHERED: Measured(), APART: Measured()}
        self._costs: dict[str, Cost] = {}
        self._lone = Measured()

    def round(self, number: int, name: str, gather_max: int | None) -> None:
        """Load a web process of its own; gathered and not, a round's clients ask the same."""
        seeds = [self._seed * 1_000_003 + number * 1_009 + client for client in range(self._clients)]
        with self._stack.web(gather_max, self._threads) as cost:
            run_clients(self._stack.port, [self.mix.calls(~seed) for seed in seeds], WARM_UP_S)
            measured = run_clients(self._stack.port, [self.mix.calls(seed) for seed in seeds], self._seconds)
        self._met[name].add(measured)
        self._costs[name] = cost
        (head, _, line) = load_table([(f"round {number + 1}, {name}", measured, cost)])
        click.echo(f"{head}\n{line}")
        click.echo(
            f"  CPU seconds: web {cost.web_cpu_s:.0f}, Milvus {cost.milvus_cpu_s:.0f}; load {os.getloadavg()[0]:.1f}"
        )

    def alone(self, gather_max: int | None) -> None:
        """One client, one kind of call at a time."""
        rng, client = Random(self._seed), Client(self._stack.port)
        with self._stack.web(gather_max, self._threads):
            for kind in MIX:
                for filtered in (False, True):
                    for measured in (False, True):
                        for _ in repeat(None, LONE_CALLS):
                            self._ask(client, self.mix.one(kind, filtered, rng), filtered, measured)
        client.close()

    def report(self) -> int:
        """Print it all; 1 where there was an error."""
        rows = [(name, self._met[name], self._costs[name]) for name in self._met]
        click.echo("\nall rounds together\n")
        click.echo("\n".join(load_table(rows)))
        for name, measured, _ in rows:
            click.echo(f"\n{name}, by kind\n")
            click.echo("\n".join(kinds_table(dict(sorted(measured.latencies.items())))))
        click.echo("\nwho shared calls\n")
        click.echo("\n".join(sharing_table(self._costs[GATHERED].shared)))
        click.echo("\none client\n")
        click.echo("\n".join(kinds_table(self._lone.latencies)))
        errors = self._lone.errors + self._met[GATHERED].errors + self._met[APART].errors
        for error, times in errors.most_common(10):
            click.echo(f"{times} times: {error}", err=True)
        return 1 if errors else 0

    def _ask(self, client: Client, call: Call, filtered: bool, measured: bool) -> None:
        client.measured = Measured()
        client.ask(call)
        self._lone.errors += client.measured.errors
        if measured:
            name = f"{call.kind}, filtered" if filtered else call.kind
            self._lone.latencies.setdefault(name, []).extend(client.measured.latencies.get(call.kind, []))


if __name__ == "__main__":
    main()
