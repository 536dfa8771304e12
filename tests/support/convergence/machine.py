"""Random lives of a few products: whatever is asked for, dies, sleeps or vanishes, the index comes to be exact."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from convergence.changes import IDS, changes
from convergence.checks import check_catalogue, check_import, check_index
from convergence.workers import Steps
from convergence.world import World
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.catalogue import Change
from services.stores import IndexServer, Row

places = st.integers(0, 1000)
# A worker makes seven steps with a message, and as many again where products moved on: it claims, fetches, opens the
# index, reads rows, writes, deletes, and says so.
steps = st.integers(1, 10)
never = st.just(0)
some_ids = st.sampled_from([IDS, *([one] for one in IDS)])


class Convergence(RuleBasedStateMachine):
    """Drives one world, and holds it against the rules at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lookalike-model-"))
        self.world = World(self.folder, self.indexes())
        self.asked: list[list[Change]] = []
        self.old_rows: list[Row] = []
        self.calm = True

    def indexes(self) -> IndexServer | None:
        """Where the rows are kept; None is the exact store."""
        return None

    @initialize(calm=st.booleans())
    def settle_in(self, calm: bool) -> None:
        """In a calm world nobody touches the index behind the catalogue's back, and no audit is needed, or helps."""
        self.calm = calm

    @rule(wanted=st.lists(changes(st.sampled_from(IDS)), min_size=1, max_size=3), taken_up=st.booleans())
    def ask(self, wanted: list[Change], taken_up: bool) -> None:
        """A shop asks for changes, and a worker gets the message at once, or later, or never."""
        self.asked.append(wanted)
        self._ask(wanted, taken_up)

    @precondition(lambda self: self.asked)
    @rule(place=places, taken_up=st.booleans())
    def ask_again(self, place: int, taken_up: bool) -> None:
        """Changes arrive that came before: doubled, or late."""
        self._ask(self.asked[place % len(self.asked)], taken_up)

    @precondition(lambda self: self.world.mail)
    @rule(place=places, gather=st.sampled_from([0, 3]))
    def deliver(self, place: int, gather: int) -> None:
        """A worker gets a message, new or old."""
        self.world.work(self._message(place), Steps(), gather)

    @rule(product_ids=some_ids, dies_at=steps)
    def die(self, product_ids: list[str], dies_at: int) -> None:
        """A worker is killed at its work."""
        self.world.work(product_ids, Steps(dies_at=dies_at))

    @rule(product_ids=some_ids, fails_at=steps)
    def fail(self, product_ids: list[str], fails_at: int) -> None:
        """A worker meets a component that does not answer, once."""
        self.world.work(product_ids, Steps(fails_at=fails_at))

    @precondition(lambda self: len(self.world.sleepers) < 3)
    @rule(product_ids=some_ids, sleeps_at=steps, dies_at=never | steps, fails_at=never | steps)
    def fall_asleep(self, product_ids: list[str], sleeps_at: int, dies_at: int, fails_at: int) -> None:
        """A worker stands still at its work."""
        self.world.fall_asleep(product_ids, Steps(dies_at, fails_at, sleeps_at))

    @precondition(lambda self: len(self.world.sleepers) < 3)
    @rule(
        before=changes(st.just(IDS[0])),
        sleeps_at=steps,
        fails_later=st.integers(0, 3),
        seconds=st.sampled_from([1, 50]),
        after=changes(st.just(IDS[0])),
        taken_up=st.booleans(),
    )
    def overtake(
        self, before: Change, sleeps_at: int, fails_later: int, seconds: int, after: Change, taken_up: bool
    ) -> None:
        """A worker stands still at its work, and the product changes before its eyes, its claim over or not."""
        self._ask([before], taken_up=False)
        fails_at = sleeps_at + fails_later if fails_later else 0
        self.world.fall_asleep(IDS[:1], Steps(fails_at=fails_at, sleeps_at=sleeps_at))
        self.world.clock.now += seconds
        self._ask([after], taken_up)

    @precondition(lambda self: self.world.sleepers)
    @rule(place=places)
    def wake(self, place: int) -> None:
        """It goes on, as if no time had passed."""
        self.world.wake(place % len(self.world.sleepers))

    @rule(seconds=st.sampled_from([1, 35, 50]))
    def wait(self, seconds: int) -> None:
        """Time passes: less than a claim lasts, or more."""
        self.world.clock.now += seconds

    @rule()
    def sweep(self) -> None:
        """The clock queues what was forgotten."""
        self.world.sweep()

    @rule(milvus=st.booleans(), web=st.booleans())
    def go_away(self, milvus: bool, web: bool) -> None:
        """Milvus and the web go away, or come back."""
        self.world.milvus_away, self.world.web.away = milvus, web

    @rule(product_ids=some_ids)
    def retry(self, product_ids: list[str]) -> None:
        """Somebody asks for failed products to be tried again."""
        self.world.mail.append(self.world.platform.failures.retry(product_ids))

    @rule(
        seconds=st.sampled_from([1, 70]),
        wakes=st.booleans(),
        wanted=changes(st.sampled_from(IDS)),
        taken_up=st.booleans(),
        sleeps_at=never | steps,
    )
    def rebuild(self, seconds: int, wakes: bool, wanted: Change, taken_up: bool, sleeps_at: int) -> None:
        """The index is built anew, and when half of it is done the world goes on turning."""

        def meanwhile() -> None:
            if wakes and self.world.sleepers:
                self.world.wake(0)
            self._ask([wanted], taken_up=False)
            if sleeps_at and len(self.world.sleepers) < 3:
                self.world.fall_asleep([wanted.product_id], Steps(sleeps_at=sleeps_at))
            elif taken_up:
                self.world.work([wanted.product_id], Steps())

        self.world.clock.now += seconds
        self.world.rebuild(meanwhile)

    @precondition(lambda self: not self.calm)
    @rule()
    def audit(self) -> None:
        """Index and catalogue are compared, and repairs asked for."""
        self.world.audit(fix=True)

    @precondition(lambda self: not self.calm)
    @rule()
    def remember(self) -> None:
        """Rows are put by, as a backup does."""
        self.old_rows = self.world.platform.index.store().rows_of(IDS, with_vectors=True)

    @precondition(lambda self: not self.calm)
    @rule(product_ids=some_ids)
    def drop(self, product_ids: list[str]) -> None:
        """Rows vanish from the index."""
        store = self.world.platform.index.store()
        store.delete([row.key for row in store.rows_of(product_ids)])
        self.world.tampered = True

    @precondition(lambda self: self.old_rows and not self.calm)
    @rule(stranger=st.booleans())
    def bring_back(self, stranger: bool) -> None:
        """Old rows come back into the index, perhaps under the id of a product that nobody knows."""
        rows = [replace(row, product_id="nobody's") if stranger else row for row in self.old_rows]
        self.world.platform.index.store().upsert(rows)
        self.world.tampered = True

    def teardown(self) -> None:
        """Time passes until nothing waits. Then everything is as the rules say."""
        try:
            self._check()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def _ask(self, wanted: list[Change], taken_up: bool) -> None:
        accepted = self.world.ask(wanted)
        answers = self.world.answers[-len(wanted) :]
        assert [answer.problem and answer.problem.code for answer in accepted] == answers
        check_catalogue(self.world, [change.product_id for change in wanted])
        if taken_up:
            self.world.work(self.world.mail[-1], Steps())

    def _message(self, place: int) -> list[str]:
        return self.world.mail[place % len(self.world.mail)]

    def _check(self) -> None:
        self.world.settle()
        if self.world.tampered:
            self.world.audit(fix=True)
            self.world.settle()
        check_catalogue(self.world, IDS)
        check_index(self.world)
        check_import(self.world)
