"""Clients of a load: threads of one process, each with a connection that stays open."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from load.mix import Call

TIMEOUT_S = 60.0


@dataclass
class Measured:
    """What clients met: seconds of each answer by kind of call, what went wrong how often, and their own CPU time."""

    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0

    @property
    def all_latencies(self) -> list[float]:
        """Of whatever kind, the shortest first."""
        return sorted(one for some in self.latencies.values() for one in some)

    @property
    def per_second(self) -> float:
        """Calls answered each second."""
        return len(self.all_latencies) / self.seconds if self.seconds else 0.0

    def add(self, other: "Measured") -> None:
        """Take in what another met, over time that comes after."""
        self.seconds += other.seconds
        self.cpu_s += other.cpu_s
        self.errors += other.errors
        for kind, some in other.latencies.items():
            self.latencies.setdefault(kind, []).extend(some)


class Client:
    """One customer, who asks again as soon as the answer is there."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self.measured = Measured()

    def ask(self, call: Call) -> None:
        """Send a call, read the whole answer, and note how long it took, or what was wrong with it."""
        began = time.perf_counter()
        try:
            self._connection.request(call.method, call.path, call.body, call.headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as exc:
            self._connection.close()
            self.measured.errors[f"{type(exc).__name__}: {exc}"] += 1
            return
        if answer.status != 200 or not body.lstrip().startswith(b'{"hits":'):
            self.measured.errors[f"{answer.status} {body[:200].decode(errors='replace')}"] += 1
        else:
            self.measured.latencies.setdefault(call.kind, []).append(time.perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def run_clients(port: int, streams: list[Iterator[Call]], seconds: float) -> Measured:
    """One client for each stream of calls, all at once, for so long."""
    clients = [Client(port) for _ in streams]
    start = threading.Barrier(len(clients) + 1)
    until = [0.0]

    def work(client: Client, calls: Iterator[Call]) -> None:
        start.wait()
        while time.perf_counter() < until[0]:
            client.ask(next(calls))
        client.close()

    threads = [threading.Thread(target=work, args=pair) for pair in zip(clients, streams, strict=True)]
    for thread in threads:
        thread.start()
    began, used = time.perf_counter(), time.process_time()
    until[0] = began + seconds
    start.wait()
    for thread in threads:
        thread.join()
    whole = Measured()
    for client in clients:
        whole.add(client.measured)
    whole.seconds, whole.cpu_s = time.perf_counter() - began, time.process_time() - used
    return whole
