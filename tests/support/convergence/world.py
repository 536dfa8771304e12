"""A platform whose clock, queue, workers and components do as a test says, and the rules that it is held against."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from convergence.photos import STORED, Web
from convergence.platform import LEASE_S, Clock, Workplace, open_platform, rebuild
from convergence.rules import Rules
from convergence.workers import Died, Sleeper, Steps

from indexer.reconcile import Audit, audit, sweep
from services.catalogue import Accepted, Change, Delete, Line, Transaction
from services.errors import Unavailable
from services.stores import IndexServer


class World:
    """Everything that a change can meet on its way to the index."""

    def __init__(self, folder: Path, indexes: IndexServer | None = None) -> None:
        self.clock, self.rules, self.web = Clock(), Rules(), Web()
        self.platform = open_platform(folder, self.clock, indexes)
        for data in STORED:
            self.platform.images.add(data)
        self.import_id = self.platform.imports.begin("changes")
        self.answers: list[str | None] = []
        """Of each change that was ever asked for, why it was refused."""
        self.mail: list[list[str]] = []
        """Every message that was ever sent, delivered or not."""
        self.sleepers: list[Sleeper] = []
        self.milvus_away = False
        self._workplace = Workplace(self.platform, self.web, lambda: self.milvus_away)
        self.tampered = False
        """Something happened to the index that only an audit can find."""

    def ask(self, changes: Sequence[Change]) -> list[Accepted]:
        """Make changes in one transaction, noted as lines of an import; a message about them is in the mail."""
        first = len(self.answers) + 1
        self.answers += self._expected(changes)

        def note(transaction: Transaction, accepted: Sequence[Accepted]) -> None:
            lines = [_line(number, answer) for number, answer in enumerate(accepted, first)]
            self.platform.imports.add(transaction, self.import_id, lines)

        accepted = self.platform.catalogue.write(changes, then=note)
        self.mail.append(list({answer.product_id: None for answer in accepted if answer.changed}))
        return accepted

    def work(self, product_ids: Sequence[str], steps: Steps, gather: int = 0) -> None:
        """A worker gets a message. If it dies, everything is left as it lies."""
        with suppress(Died):
            self._work(product_ids, steps, gather)

    def fall_asleep(self, product_ids: Sequence[str], steps: Steps) -> None:
        """A worker gets a message, and stands still before the step where `steps` has it sleep."""
        sleeper = Sleeper(lambda: self._work(product_ids, steps), steps, self.clock.now)
        if not sleeper.ended:
            self.sleepers.append(sleeper)

    def wake(self, place: int) -> None:
        """A worker that slept goes on to its end."""
        sleeper = self.sleepers.pop(place)
        sleeper.wake()
        # It may have written old rows over newer ones, and could not say so.
        self.tampered |= sleeper.died and self.clock.now >= sleeper.since + LEASE_S

    def sweep(self) -> int:
        """Queue what has waited for too long; a worker takes it at once."""
        return sweep(self.platform.claims, lambda ids: self.work(ids, Steps()), room=1000)

    def audit(self, fix: bool) -> Audit:
        """Compare index and catalogue."""
        platform = self.platform
        return audit(platform.catalogue, platform.claims, platform.index.store(), fix, chunk=3)

    def rebuild(self, meanwhile: Callable[[], None]) -> None:
        """Build the index anew; `meanwhile` is called when the first product is done, or at the end."""
        calls = iter([meanwhile])
        rebuild(self.platform, self._workplace.builder, self.clock, lambda: next(calls, lambda: None)())
        for call in calls:
            call()

    def settle(self) -> None:
        """Everything is there again, and time passes until nothing waits any more."""
        self.milvus_away = self.web.away = False
        while self.sleepers:
            self.wake(0)
        for _ in range(30):
            self.clock.now += 1000
            if not self.sweep():
                return
        raise AssertionError("after thirty sweeps something still waits")

    def close(self) -> None:
        """End every worker, and let go of the database."""
        while self.sleepers:
            self.wake(0)
        self.platform.close()

    def _work(self, product_ids: Sequence[str], steps: Steps, gather: int = 0) -> None:
        with suppress(Unavailable):  # everything was released, and is swept up later
            self._workplace.pipeline(steps, gather).run(product_ids)

    def _expected(self, changes: Sequence[Change]) -> list[str | None]:
        records = self.platform.catalogue.get_many([change.product_id for change in changes])
        failed = {key for key, record in records.items() if record.state == "failed"}
        answers = []
        for change in changes:
            answers.append(self.rules.apply(change, change.product_id in failed))
            if isinstance(change, Delete) and answers[-1] is None:
                failed.discard(change.product_id)
        return answers


def _line(number: int, answer: Accepted) -> Line:
    revision = None if answer.problem else answer.revision
    return Line(number, answer.product_id, revision, answer.changed, answer.problem)
