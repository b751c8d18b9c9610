"""One course whose LMS, workers, teachers and clocks are all in trouble while its scores are sent.

What happens is drawn from a seed. A journal is kept beside it, by which one can say afterwards whether the
tool did right; it is written at the LMS's door, from what goes through it, not from what the tool believes.
"""

import random
import time
from datetime import timedelta
from fractions import Fraction
from functools import partial

from sqlalchemy import select

from demo_lms import gradebook as book
from demo_lms import troubles
from lti_tool import clock
from lti_tool.errors import PlatformUnavailable
from lti_tool.lti.scores import GradebookConnection, ScoreConflict
from lti_tool.models import DeliveryState, Enrolment, LineItemState, ScoreDelivery, User
from lti_tool.services import drift
from lti_tool.transactions import transaction
from tests.faults.journal import Journal, share_of, share_seen
from tests.support.classroom import Classroom
from tests.support.world import FRENCH

LEARNERS = ("ines", "karim", "awa", "thomas", "lea", "julien")
OUR_MAXIMUM = 20
MOST_QUESTIONS = 2
# Never a value of ours, which are multiples of five.
TYPED = (1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19)
MAXIMUMS = (20, 40, 50, 100)
UNDECIDED = (DeliveryState.HELD, DeliveryState.KEPT)
UNDER_WAY = (DeliveryState.DUE, DeliveryState.SENDING)
MOST_SWEEPS = 15
# How far the clock of the one worker that is wrong goes ahead: less than a lease lasts.
FAST = (timedelta(seconds=25), timedelta(minutes=3))
# Between two sweeps: some leases have lapsed and some next tries have come, others have not.
PASSING = (timedelta(seconds=5), timedelta(seconds=70), timedelta(minutes=6), timedelta(minutes=20))
# More places at a host than this are not lost at the same time: nobody waits in earnest.
MOST_KILLS_A_SWEEP = 2
TROUBLED_CALLS = 600


class Killed(BaseException):
    """The worker ends here, as by kill -9."""


class Watched(GradebookConnection):
    """A worker's calls, noted in the journal. A killed worker gives nothing back."""

    def __init__(self, run: "TroubledRun", worker: int, *access: object) -> None:
        super().__init__(*access)
        self._run, self._worker = run, worker

    def __exit__(self, kind: object, *failure: object) -> None:
        if kind is not Killed:
            super().__exit__(kind, *failure)

    def results(self, line_item_url, page_read=lambda: None):
        began = self._run.journal.tick(f"{self._worker} reads")
        found = super().results(line_item_url, page_read)
        self._run.journal.read_at[self._worker] = began
        return found

    def send_score(self, line_item_url, score):
        run, key = self._run, score.sub.removeprefix("u-")
        asked_again = run.classroom.cell(key).asked_since
        before = run.scores_stored()
        try:
            super().send_score(line_item_url, score)
        except ScoreConflict:
            # Told that there is something newer, the worker has to look at it.
            run.journal.read_at[self._worker] = run.journal.tick(f"conflict {key}")
            raise
        except PlatformUnavailable as problem:
            if problem.code in ("timeout", "connection"):
                run.lost_answers += 1
                run.wait_for_the_lms()
            raise
        finally:
            if run.scores_stored() > before:
                run.journal.stored(self._worker, key, score.value, asked_again=asked_again)


class TroubledRun:
    """One run; `kills` and `lost_answers` say how much trouble there was."""

    def __init__(self, classroom: Classroom, seed: int) -> None:
        self.classroom, self.lms = classroom, classroom.lms
        self.chance = random.Random(seed)
        self.journal = Journal()
        self.kills = self.lost_answers = self.workers = self._kills_of_sweep = 0
        self.questions = dict.fromkeys(LEARNERS, 0)
        self.deleted = False
        self.fast = self.chance.choice(FAST)
        self._ahead = timedelta()  # of the machine's clock: nobody waits in earnest
        self._hangs, self._lined_up, self._ended_before = 1, 0, 0

    # The course

    def prepare(self) -> None:
        """Everybody has contributed; the column is made by workers in trouble."""
        for key in LEARNERS:
            self.contribute(key)
        self.classroom.switch_on()
        self.lms.settings.clock = self.now
        self.line_up()
        for _ in range(self.chance.randint(1, 3)):
            self.make_columns()
        self.calm_down()
        self.have_a_column()

    def now(self):
        """The moment by every clock that is right."""
        return clock.now() + self._ahead

    def pass_time(self, by: timedelta) -> None:
        self._ahead += by

    def contribute(self, key: str) -> None:
        """Let a learner ask a question that counts, while there is one more that does."""
        if self.questions[key] < MOST_QUESTIONS:
            self.questions[key] += 1
            page = self.classroom.ask(key, about=f"{key}{self.questions[key]}")
            assert page.status == 200

    def send(self, *keys: str) -> None:
        self.journal.asked(*keys)
        wanted = [str(self.classroom.number(key)) for key in keys]
        assert self.classroom.trainer.post("grading/send", follow=False, member=wanted).status == 303

    def make_columns(self) -> None:
        """Let a worker make the column; it may be killed at any step, and its clock may be wrong."""
        try:
            self.classroom.make_columns(after=self._ahead + self.lead(), pause=self.may_be_killed)
        except Killed:
            self.kills += 1
        self.pass_time(self.chance.choice(PASSING))

    def have_a_column(self) -> None:
        """Have the column made, now that nothing is wrong; a refused one is asked for again."""
        for _ in range(10):
            if self.classroom.item().state is LineItemState.BOUND:
                return
            if self.classroom.item().state is LineItemState.REFUSED:
                self.classroom.trainer.post(
                    f"grading/line-items/{self.classroom.item().id}/again", follow=False
                )
            self.classroom.make_columns(after=self._ahead)
            self.pass_time(timedelta(minutes=30))
        raise AssertionError(f"no column: {self.classroom.item().problem}")

    # Trouble

    def line_up(self) -> None:
        """Line up what the next calls meet."""
        kinds = [kind for kind in troubles.TROUBLES if kind != troubles.FINE]
        often = self.chance.choice((0.05, 0.15, 0.3))
        self._lined_up, self._ended_before = TROUBLED_CALLS, self._calls_ended()
        self.lms.quirks.troubles = [self._trouble(kinds, often) for _ in range(TROUBLED_CALLS)]

    def _trouble(self, kinds: list[str], often: float) -> str:
        kind = self.chance.choice(kinds) if self.chance.random() < often else troubles.FINE
        if kind == troubles.HANG:
            self._hangs -= 1
            return kind if self._hangs >= 0 else troubles.ERROR
        return kind

    def calm_down(self) -> None:
        """From now on the LMS answers as it should."""
        waiting = self.lms.quirks.troubles
        waiting[:] = [troubles.FINE] * len(waiting)

    def lead(self) -> timedelta:
        """How far ahead the clock of the next worker is: now and then it is the one that is wrong."""
        return self.fast if self.chance.random() < 0.25 else timedelta()

    def break_it(self) -> None:
        """Send everything, and let a few sweeps go through whatever happens meanwhile."""
        self.line_up()
        if self.chance.random() < 0.3:
            self.meddle()
        self.send(*LEARNERS)
        for _ in range(self.chance.randint(2, 4)):
            self._kills_of_sweep = 0
            self.work()
            self.pass_time(self.chance.choice(PASSING[2:] if self._kills_of_sweep else PASSING))
            for _ in range(self.chance.randint(0, 2)):
                self.meddle()

    def work(self, among_others: bool = False) -> None:
        """Let a worker deliver until nothing is due, or until it is killed."""
        self.workers += 1
        worker, lead = self.workers, self.lead()
        self.journal.tick(f"worker {worker} begins, {lead} ahead")
        try:
            self.classroom.deliver(
                now=lambda: self.now() + lead,
                connect=partial(Watched, self, worker),
                pause=partial(self.between_steps, worker, among_others),
            )
        except Killed:
            self.kills += 1

    def between_steps(self, worker: int, among_others: bool, step: str) -> None:
        """Whatever can happen between two steps of a worker."""
        self.journal.tick(f"{worker} {step}")
        self.may_be_killed(step)
        drawn = self.chance.random()
        if drawn < 0.15:
            self.meddle()
        elif drawn < 0.21 and not among_others:
            self.work(among_others=True)

    def may_be_killed(self, step: str) -> None:
        if self._kills_of_sweep < MOST_KILLS_A_SWEEP and self.chance.random() < 0.06:
            self._kills_of_sweep += 1
            self.journal.tick(f"killed at {step}")
            raise Killed

    # People in the LMS and in the tool

    def meddle(self) -> None:
        """Let somebody do something."""
        acts = {
            self.type: 8,
            self.empty: 3,
            self.contribute_more: 4,
            self.send_some: 4,
            self.decide: 8,
            self.rescale: 2,
            self.look_at_night: 2,
            self.delete_column: 0.5,
        }
        act = self.chance.choices(list(acts), weights=list(acts.values()))[0]
        key = self.chance.choice(LEARNERS)
        if self.classroom.columns():
            act(key)

    def type(self, key: str) -> None:
        column = self.classroom.columns()[0]
        value = self.chance.choice(TYPED)
        self._type(key, value * column.maximum / OUR_MAXIMUM, Fraction(value, OUR_MAXIMUM))

    def empty(self, key: str) -> None:
        self._type(key, None, None)

    def _type(self, key: str, value: float | None, share: Fraction | None) -> None:
        was_ours = self._was_confirmed(key)
        self.lms.teacher_sets_grade(FRENCH, f"u-{key}", value, self.classroom.columns()[0].id)
        self.journal.typed(key, share, was_ours=was_ours)

    def _was_confirmed(self, key: str) -> bool:
        return any(cell.confirmed_value is not None for cell in self.cells(key))

    def contribute_more(self, key: str) -> None:
        self.contribute(key)

    def send_some(self, key: str) -> None:
        self.send(*self.chance.sample(LEARNERS, self.chance.randint(1, len(LEARNERS))))

    def decide(self, _: str) -> None:
        """Let the trainer settle the first difference that there is."""
        held = [(key, cell) for key in LEARNERS for cell in self.cells(key) if cell.state in UNDECIDED]
        for key, cell in held[:1]:
            decision = self.chance.choice(("keep", "overwrite", "overwrite"))
            self.journal.tick(f"{decision} {key}")
            address = f"grading/deliveries/{cell.id}/decision"
            answer = self.classroom.trainer.post(address, follow=False, decision=decision)
            if answer.status == 303 and decision == "overwrite":
                self.journal.decided(key, share_seen(cell))

    def rescale(self, _: str) -> None:
        """Give the column another maximum; Moodle makes every empty grade a zero by it."""
        column, maximum = self.classroom.columns()[0], self.chance.choice(MAXIMUMS)
        if maximum == column.maximum:
            return
        empty = [sub for sub, grade in column.grades.items() if grade.score is None]
        with self.lms.changing():
            book.rescale(column, maximum, self.lms.now())
        self.journal.tick(f"rescaled to {maximum}")
        for sub in empty:
            self.journal.typed(sub.removeprefix("u-"), Fraction(0), was_ours=False)

    def look_at_night(self, _: str) -> None:
        """Have the tool look at the column, in a time zone where it is evening."""
        self.workers += 1
        east = (18 - self.now().hour) % 24
        zone = f"Etc/GMT{-east:+d}" if east <= 14 else f"Etc/GMT{24 - east:+d}"
        with self.classroom.world.app.app_context():
            drift.look_at_columns(zone, self.now, transaction, connect=partial(Watched, self, self.workers))

    def delete_column(self, _: str) -> None:
        self.lms.gradebook.items.pop(self.classroom.columns()[0].id)
        self.journal.column_is_gone()
        self.deleted = True

    # The LMS's door

    def scores_stored(self) -> int:
        return len(self.lms.calls_described("score stored"))

    def wait_for_the_lms(self) -> None:
        """Wait until the LMS has done with every call that it began: we may have hung up before."""
        give_up = time.monotonic() + 20
        while self._calls_begun() > self._calls_ended():
            assert time.monotonic() < give_up
            time.sleep(0.01)

    def _calls_begun(self) -> int:
        return self._ended_before + self._lined_up - len(self.lms.quirks.troubles)

    def _calls_ended(self) -> int:
        return sum(call.path.startswith("/lti/services/") for call in self.lms.requests)

    # Afterwards

    def settle(self) -> None:
        """Let workers that are in no trouble go on until nothing is under way, or the column is refused."""
        self.calm_down()
        for _ in range(MOST_SWEEPS):
            self.work_in_peace()
            is_refused = self.classroom.item().state is LineItemState.REFUSED
            if is_refused or not any(cell.state in UNDER_WAY for cell in self.cells(*LEARNERS)):
                return
            self.pass_time(timedelta(minutes=40))
        raise AssertionError(f"never settled: {self.states()}")

    def work_in_peace(self) -> None:
        self.workers += 1
        self.classroom.deliver(now=self.now, connect=partial(Watched, self, self.workers))

    def ask_once_more(self) -> None:
        """Let the trainer send everybody by name; a column that is gone is made again."""
        for _ in range(3):
            self.pass_time(timedelta(seconds=10))
            self.send(*LEARNERS)
            self.settle()
            if self.classroom.item().state is LineItemState.BOUND:
                return
            self.have_a_column()
        raise AssertionError(f"no column: {self.classroom.item().problem}")

    def cells(self, *keys: str) -> list[ScoreDelivery]:
        """Return the deliveries of these learners, of those who have one."""
        with self.classroom.world.database() as session:
            wanted = select(ScoreDelivery).join(Enrolment).join(User)
            found = session.scalars(wanted.where(User.sub.in_([f"u-{key}" for key in keys])))
            cells = list(found)
            session.expunge_all()
        return cells

    def states(self) -> dict[str, tuple]:
        """Return how everything stands, for whoever has to understand a failure."""
        return {
            key: [(cell.state.value, cell.problem, cell.problem_detail) for cell in self.cells(key)]
            for key in LEARNERS
        }

    def share_in_the_lms(self, key: str) -> Fraction | None:
        """Return what the LMS has for a learner."""
        grade = self.classroom.grade(key)
        return None if grade is None else share_of(grade, self.classroom.columns()[0].maximum)
