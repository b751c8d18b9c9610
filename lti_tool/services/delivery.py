"""The worker that brings LMS gradebooks into line with what trainers asked to be sent (DESIGN 5, Grade).

Claim, freeze, post, record: each a transaction of its own, none open while an LMS thinks. It may be killed
at any instant and run any number of times at once; sending twice is harmless, sending wrongly is not.
"""

from sqlalchemy import update

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti.scores import GradebookConnection, Result, ScoreConflict
from lti_tool.models import Platform
from lti_tool.services import attempts, line_items, parcels
from lti_tool.services.attempts import Attempt
from lti_tool.services.line_items import Clock, Connect, Pause, Transaction, no_pause
from lti_tool.services.parcels import Batch, Parcel
from lti_tool.services.problems import Problem, code_of_outage

# What the LMS has, by `sub`, as read once for a batch.
Results = dict[str, Result]


def deliver_due_scores(
    now: Clock, transaction: Transaction, connect: Connect = GradebookConnection, pause: Pause = no_pause
) -> None:
    """Deliver everything that is due, batch after batch, until nothing is.

    What another worker took over while an LMS was slow is left to others for the rest of this run: two slow
    workers would else take the same from each other for ever.
    """
    lost: set[int] = set()
    while True:
        with transaction():
            batch = parcels.claim(now(), passing_by=lost)
        if batch is None:
            return
        pause("claimed")
        with connect(batch.access, batch.scopes, now) as gradebook:
            lost |= _Delivery(batch, now, transaction, gradebook, pause).run()


class _Delivery:
    """One batch on its way."""

    def __init__(
        self, batch: Batch, now: Clock, transaction: Transaction, gradebook: GradebookConnection, pause: Pause
    ) -> None:
        self._batch, self._now, self._transaction = batch, now, transaction
        self._gradebook, self._pause = gradebook, pause
        self._lost: set[int] = set()

    def run(self) -> set[int]:
        """Read the column once, then deliver one by one; what an LMS that is down leaves over is put off.

        Returns the ids of those deliveries that another worker took over meanwhile.
        """
        waiting = self._batch.parcels
        try:
            results = self._gradebook.results(self._batch.url, page_read=lambda: self._kept(waiting))
            self._pause("results-read")
            while waiting := self._kept(waiting):
                self._deliver(waiting[0], results)
                waiting = waiting[1:]
        except PlatformUnavailable as problem:
            self._put_off(waiting, code_of_outage(problem.code), problem)
        except ServiceRefused as problem:
            self._refuse(waiting, problem, answered=False)
        self._remember_clock()
        return self._lost

    def _kept(self, waiting: list[Parcel]) -> list[Parcel]:
        """Keep the leases of what waits while the LMS takes its time; leave what is no longer ours."""
        with self._transaction():
            kept = parcels.kept(waiting, self._now())
        self._lost |= {parcel.id for parcel in waiting} - {parcel.id for parcel in kept}
        return kept

    def _deliver(self, parcel: Parcel, results: Results) -> None:
        attempt = self._freeze(parcel, results)
        if attempt is None:
            return
        self._pause("attempt-committed")
        try:
            attempt = self._post(parcel, attempt)
        except ScoreConflict as problem:
            self._put_off([parcel], Problem.CONFLICT, problem)
        except ServiceRefused as problem:  # what a conflict made us read again, not the score
            self._refuse([parcel], problem, answered=False)
        else:
            if attempt is not None:
                self._record(parcel, attempt)

    def _post(self, parcel: Parcel, attempt: Attempt) -> Attempt | None:
        """Post, once more after a 409: read what is there, compare, stamp anew.

        None when there is nothing to record: that comparison held it, the LMS refused it, the lease is over.
        """
        try:
            return self._posted(parcel, attempt)
        except ScoreConflict:
            self._pause("conflict")
            again = self._freeze(parcel, self._gradebook.results(self._batch.url))
            return None if again is None else self._posted(parcel, again)

    def _posted(self, parcel: Parcel, attempt: Attempt) -> Attempt | None:
        if self._now() >= attempt.post_before and not self._kept([parcel]):
            return None
        try:
            self._gradebook.send_score(self._batch.url, attempt.score)
        except ServiceRefused as problem:
            self._refuse([parcel], problem, answered=True)
            return None
        return attempt

    def _freeze(self, parcel: Parcel, results: Results) -> Attempt | None:
        with self._transaction():
            return attempts.freeze(parcel, results.get(parcel.sub), self._offset(), self._now())

    def _record(self, parcel: Parcel, attempt: Attempt) -> None:
        self._pause("posted")
        held = attempt.overwrites and self._stays_theirs(parcel)
        if not held:
            with self._transaction():
                attempts.confirm(parcel, self._now())
        self._pause("recorded")

    def _stays_theirs(self, parcel: Parcel) -> bool:
        """Moodle answers 200 for a grade that a teacher overrode, and keeps the teacher's: look again."""
        try:
            results = self._gradebook.results(self._batch.url)
        except (PlatformUnavailable, ServiceRefused):
            return False
        with self._transaction():
            return attempts.hold_because_it_stays(parcel, results.get(parcel.sub), self._now())

    def _put_off(self, waiting: list[Parcel], code: str, problem: ServiceProblem) -> None:
        words, retry_after = problem.words or problem.code, problem.facts.get("retry_after")
        for parcel in waiting:
            with self._transaction():
                attempts.put_off(parcel, code, words, retry_after, self._now())

    def _refuse(self, waiting: list[Parcel], problem: ServiceRefused, *, answered: bool) -> None:
        for parcel in waiting:
            with self._transaction():
                attempts.refuse(parcel, problem.code, problem.words, self._now(), answered=answered)
        if problem.code == Problem.LINE_ITEM_GONE:
            with self._transaction():
                line_items.lost(self._batch.line_item_id, self._batch.url, problem)

    def _offset(self) -> float:
        measured = self._gradebook.clock_offset
        return self._batch.clock_offset if measured is None else measured

    def _remember_clock(self) -> None:
        with self._transaction():
            db.session.execute(
                update(Platform)
                .where(Platform.id == self._batch.platform_id)
                .values(clock_offset=self._offset())
            )
