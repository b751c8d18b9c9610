"""The worker that brings LMS gradebooks into line with what trainers asked to be sent (DESIGN 5, Grade).

Claim, freeze, post, record: each a transaction of its own, none open while an LMS thinks. It may be killed
at any instant and run any number of times at once; sending twice is harmless, sending wrongly is not.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import update

from lti_tool.errors import PlatformUnavailable, ServiceProblem, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.scores import GradebookConnection, ScoreConflict, ScoreNotStored
from lti_tool.models import Platform
from lti_tool.services import attempts, drift, last_use, line_items, outbox, parcels
from lti_tool.services.attempts import Attempt
from lti_tool.services.column_reading import ColumnReading
from lti_tool.services.line_items import Clock, Connect, Pause, Transaction, no_pause
from lti_tool.services.parcels import Batch, Parcel
from lti_tool.services.problems import Problem, code_of_outage

# So many scores in a row that an LMS met with an error are enough to leave the rest of a batch for later; one
# grade may be locked in Moodle, or all of a column.
MOST_NOT_STORED = 3
# Refusals that say nothing about the connection.
ABOUT_ONE_PERSON = frozenset((Problem.NOT_IN_COURSE, Problem.SCORE_REFUSED, Problem.LINE_ITEM_GONE))


def deliver_due_scores(
    now: Clock, transaction: Transaction, connect: Connect = GradebookConnection, pause: Pause = no_pause
) -> None:
    """Deliver everything that is due, batch after batch, until nothing is.

    What another worker took over while an LMS was slow is left to others for the rest of this run: two slow
    workers would else take the same from each other for ever. So is what waits for a host that is busy.
    """
    lost: set[int] = set()
    busy: set[int] = set()
    column: ColumnReading | None = None
    with transaction():
        parcels.put_down_what_cannot_go(now())
    while True:
        with transaction():
            batch = parcels.claim(now(), passing_by=lost, at_busy_hosts=busy)
        if batch is None:
            return
        pause("claimed")
        # Another LMS may give the same address for a column of its own: it must not learn what stands here.
        if column is None or column.line_item_id != batch.line_item_id:
            column = ColumnReading(batch.line_item_id, now, transaction)
        with connect(batch.access, batch.scopes, now, transaction) as gradebook:
            delivery = _Delivery(batch, now, transaction, gradebook, column, pause)
            delivery.run()
        lost |= delivery.lost
        if delivery.host_was_busy:
            busy.add(batch.line_item_id)


class _Delivery:
    """One batch on its way. `lost`: ids of what another worker took over meanwhile."""

    def __init__(
        self,
        batch: Batch,
        now: Clock,
        transaction: Transaction,
        gradebook: GradebookConnection,
        column: ColumnReading,
        pause: Pause,
    ) -> None:
        self._batch, self._now, self._transaction = batch, now, transaction
        self._gradebook, self._column, self._pause = gradebook, column, pause
        self._leases_kept_at: datetime = batch.claimed_at
        self._posted_last: Parcel | None = None  # accepted by the LMS, to be recorded with the next step
        self._unread = False  # the LMS shows us no grades, and a trainer agreed to that
        self._has_posted = False
        self._not_stored_in_a_row = 0
        self._not_stored: list[Parcel] = []
        self._met_with: ScoreNotStored | None = None
        self._problem: str | None = None  # the last one that was the LMS's, not one person's
        self.lost: set[int] = set()
        self.host_was_busy = False

    def run(self) -> None:
        """Deliver one by one; what an LMS that is down leaves over is put off."""
        try:
            self._deliver_all(self._batch.parcels)
        finally:
            if self._posted_last is not None:  # also when the next one could not be frozen
                self._freeze(None)
        self._look_again()
        self._note_whether_it_stores()
        self._remember()

    def _deliver_all(self, waiting: list[Parcel]) -> None:
        try:
            if not self._read_for(waiting):
                return
            self._pause("results-read")
            self._wake_others()
            while waiting := self._kept(waiting):
                self._deliver(waiting[0])
                waiting = waiting[1:]
                if waiting and self._column.is_old and not self._unread:
                    keep = partial(self._kept, waiting)
                    self._column.read_anew(self._gradebook, self._batch.url, page_read=keep)
        except ScoreNotStored as problem:
            self._put_off(waiting, Problem.NOT_STORED, problem)
        except PlatformUnavailable as problem:
            if problem.code == HOST_BUSY:
                self._give_back(waiting)
            else:
                self._problem = problem.code
                self._put_off(waiting, code_of_outage(problem.code), problem)
        except ServiceRefused as problem:
            self._problem = problem.code
            self._refuse(waiting, problem, answered=False)

    def _read_for(self, waiting: list[Parcel]) -> bool:
        """Have a good reading of the column; tell whether scores may go, with it or knowingly without."""
        try:
            keep = partial(self._kept, waiting)
            self._column.read_for(waiting, self._gradebook, self._batch.url, page_read=keep)
        except ServiceRefused as problem:
            if problem.code != Problem.SCOPE_MISSING:
                raise
            with self._transaction():
                line_items.note_unreadable(self._batch.line_item_id)
            self._unread = self._batch.may_send_unread
            if not self._unread:
                unread = ServiceRefused(Problem.RESULTS_UNREADABLE, problem.words)
                self._refuse(waiting, unread, answered=False)
            return self._unread
        return True

    def _look_again(self) -> None:
        """Hold what somebody changed in the LMS while we wrote; a full batch is followed by another one."""
        if not self._has_posted or self._unread or len(self._batch.parcels) >= parcels.PER_BATCH:
            return
        before = self._column.all
        try:
            self._column.read_anew(self._gradebook, self._batch.url)
        except (PlatformUnavailable, ServiceRefused):
            return  # the night's look finds it
        # What still stands as it did before we wrote may be shown late by an LMS that took ours.
        changed = {sub: seen for sub, seen in self._column.all.items() if seen != before.get(sub)}
        with self._transaction():
            drift.hold_what_differs(self._column, changed, self._now(), emptied=False)

    def _wake_others(self) -> None:
        """Have another worker take part when there is more than one batch; each takes the next one."""
        if len(self._batch.parcels) >= parcels.PER_BATCH:
            with self._transaction():
                outbox.wake(outbox.SCORES)

    def _kept(self, waiting: list[Parcel]) -> list[Parcel]:
        """Keep the leases of what waits while the LMS takes its time; leave what is no longer ours."""
        if self._now() - self._leases_kept_at < parcels.LEASE / 2:
            return waiting
        return self._renewed(waiting)

    def _renewed(self, waiting: list[Parcel]) -> list[Parcel]:
        self._leases_kept_at = self._now()
        with self._transaction():
            kept = parcels.kept(waiting, self._leases_kept_at)
        self.lost |= {parcel.id for parcel in waiting} - {parcel.id for parcel in kept}
        return kept

    def _deliver(self, parcel: Parcel) -> None:
        attempt = self._freeze(parcel)
        if attempt is None:
            return
        self._pause("attempt-committed")
        try:
            attempt = self._post(parcel, attempt)
        except ScoreNotStored as problem:
            self._leave_for_later(parcel, problem)
        except ScoreConflict as problem:
            self._put_off([parcel], Problem.CONFLICT, problem)
        except ServiceRefused as problem:  # what a conflict made us read again, not the score
            self._refuse([parcel], problem, answered=False)
        else:
            if attempt is not None:
                self._remember_posted(parcel, attempt)

    def _remember_posted(self, parcel: Parcel, attempt: Attempt) -> None:
        self._pause("posted")
        self._not_stored_in_a_row = 0
        if not (attempt.overwrites and self._stays_theirs(parcel)):
            self._posted_last, self._has_posted = parcel, True

    def _leave_for_later(self, parcel: Parcel, problem: ScoreNotStored) -> None:
        """Go on with the next one, whose cell may be open, unless none seems to be.

        :raises ScoreNotStored: as many in a row as are enough.
        :raises PlatformUnavailable: the LMS does not answer anything else either: it is down.
        """
        if not self._not_stored:
            self._see_that_it_answers()
        self._met_with = problem
        self._not_stored.append(parcel)
        self._not_stored_in_a_row += 1
        if self._not_stored_in_a_row == MOST_NOT_STORED:
            raise problem
        self._put_off([parcel], Problem.NOT_STORED, problem)

    def _see_that_it_answers(self) -> None:
        """Read the column after an error, which says nothing of a score while the whole LMS is in trouble.

        :raises PlatformUnavailable: it cannot be read.
        """
        try:
            self._column.read_anew(self._gradebook, self._batch.url)
        except ServiceRefused:
            return  # that is an answer, too

    def _note_whether_it_stores(self) -> None:
        """Say of the column that the LMS stores nothing in it, or no longer say so.

        One error may pass: it is said when a score was met with one in two tries, and no other got through.
        """
        if self._has_posted:
            words = None
        elif self._met_with is not None and any(parcel.not_stored for parcel in self._not_stored):
            words = self._met_with.words
        else:
            return
        with self._transaction():
            line_items.note_storing(self._batch.line_item_id, words)

    def _post(self, parcel: Parcel, attempt: Attempt) -> Attempt | None:
        """Post, once more after a 409: read what is there, compare, stamp anew.

        None when there is nothing to record: that comparison held it, the LMS refused it, the lease is over.
        """
        try:
            return self._posted(parcel, attempt)
        except ScoreConflict:
            self._pause("conflict")
            if not self._unread:
                self._column.read_anew(self._gradebook, self._batch.url)
            again = self._freeze(parcel)
            return None if again is None else self._posted(parcel, again)

    def _posted(self, parcel: Parcel, attempt: Attempt) -> Attempt | None:
        if self._now() >= attempt.post_before and not self._renewed([parcel]):
            return None
        try:
            self._gradebook.send_score(self._batch.url, attempt.score)
        except ServiceRefused as problem:
            if problem.code not in ABOUT_ONE_PERSON:
                self._problem = problem.code
            self._refuse([parcel], problem, answered=True)
            return None
        return attempt

    def _freeze(self, parcel: Parcel | None) -> Attempt | None:
        """Record the last one and freeze the next one, in one transaction; None: only record."""
        recorded, attempt = self._posted_last, None
        with self._transaction():
            if recorded is not None:
                attempts.confirm(recorded, self._now())
            if parcel is not None:
                theirs = None if self._unread else self._column.of(parcel.sub)
                attempt = attempts.freeze(parcel, theirs, self._offset(), self._now(), unread=self._unread)
        if recorded is not None:
            self._posted_last = None
            self._pause("recorded")
        return attempt

    def _stays_theirs(self, parcel: Parcel) -> bool:
        """Moodle answers 200 for a grade that a teacher overrode, and keeps the teacher's: look again."""
        try:
            self._column.read_anew(self._gradebook, self._batch.url)
        except (PlatformUnavailable, ServiceRefused):
            return False
        with self._transaction():
            return attempts.hold_because_it_stays(parcel, self._column.of(parcel.sub), self._now())

    def _give_back(self, waiting: list[Parcel]) -> None:
        self.host_was_busy = True
        with self._transaction():
            parcels.give_back(waiting)

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

    def _remember(self) -> None:
        """Note the platform's clock, and how its gradebook did."""
        with self._transaction():
            if self._has_posted or self._problem:
                problem = None if self._has_posted else self._problem
                last_use.of_scores(self._batch.platform_id, problem, self._now())
            db.session.execute(
                update(Platform)
                .where(Platform.id == self._batch.platform_id)
                .values(clock_offset=self._offset())
            )
