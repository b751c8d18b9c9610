"""A community in the demo LMS's French course: a trainer, learners, grading, a worker to be run by hand."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.models import DeliveryState, Enrolment, LineItem, Membership, ScoreDelivery, User
from lti_tool.services import delivery, line_items
from lti_tool.services.line_items import no_pause
from lti_tool.transactions import transaction
from tests.support.world import FRENCH, Page, World

COLUMN = "Participation"
MOST_SWEEPS = 20
TWENTY_WORDS = " ".join(f"word{number}" for number in range(20))
# What one question of twenty words is worth in the first week, of a maximum of 20: 10 of 40 points.
ONE_QUESTION = Decimal("5.00")
TWO_QUESTIONS = Decimal("10.00")


class Classroom:
    """Trainer Claire and learner Inès have opened the community; grading is off."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trainer = world.enter("claire")
        self.pages = {"ines": world.enter("ines")}

    @property
    def lms(self):
        return self.world.lms

    def learner(self, key: str) -> Page:
        """Return the home page of a learner, who enters when they have not yet."""
        if key not in self.pages:
            self.pages[key] = self.world.enter(key)
        return self.pages[key]

    def switch_on(self, line_item: str = "new", **fields: str) -> Page:
        """Let the trainer switch grading on, from this week for eight weeks."""
        form = {
            "name": COLUMN,
            "maximum": "20",
            "line_item": line_item,
            "starts_on": clock.now().date().isoformat(),
            "weeks": "8",
            "confirmed": "1",
        }
        return self.trainer.post("grading", **(form | fields))

    def ready(self) -> "Classroom":
        """Switch grading on and have the column made."""
        self.switch_on()
        self.make_columns()
        return self

    def ask(self, key: str = "ines", about: str = "1") -> Page:
        """Let a learner ask a question that counts; `about` makes its words its own."""
        body = " ".join(f"{about}word{number}" for number in range(20))
        return self.learner(key).post("posts", kind="question", title=f"Question {about}", body=body)

    def send(self, *keys: str) -> Page:
        """Let the trainer press Send: for these learners, or for everybody."""
        if not keys:
            return self.trainer.post("grading/send", everyone="1")
        return self.trainer.post("grading/send", member=[str(self.number(key)) for key in keys])

    def decide(self, decision: str, key: str = "ines") -> Page:
        """Let the trainer settle a difference."""
        return self.trainer.post(f"grading/deliveries/{self.cell(key).id}/decision", decision=decision)

    def deliver(self, after: timedelta = timedelta(), **how) -> None:
        """Run the worker for scores until it has nothing to do.

        Its clock is `after` ahead of ours; `now`, `connect` and `pause` as the worker takes them.
        """
        how.setdefault("now", _clock(after))
        with self.world.app.app_context():
            delivery.deliver_due_scores(transaction=transaction, **how)

    def deliver_until_settled(self, after: timedelta) -> None:
        """Run the worker again, as the sweep does, while a stamp has to wait for the clock of the LMS."""
        for _ in range(MOST_SWEEPS):
            self.deliver(after=after)
            if self._unsettled() == 0:
                return
            time.sleep(0.25)

    def _unsettled(self) -> int:
        waiting = (DeliveryState.DUE, DeliveryState.SENDING)
        with self.world.database() as session:
            return session.scalar(
                select(func.count()).select_from(ScoreDelivery).where(ScoreDelivery.state.in_(waiting))
            )

    def make_columns(self, after: timedelta = timedelta(), pause: Callable[[str], None] = no_pause) -> None:
        """Run the worker for columns until it has nothing to do."""
        with self.world.app.app_context():
            line_items.make_line_items(_clock(after), transaction, pause=pause)

    def number(self, key: str) -> int:
        """Return the membership id of a learner, as the trainer's page has it."""
        self.learner(key)
        with self.world.database() as session:
            wanted = select(Membership.id).join(User, User.id == Membership.user_id)
            return session.scalars(wanted.where(User.sub == f"u-{key}")).one()

    def cell(self, key: str = "ines") -> ScoreDelivery:
        """Return the delivery of a learner as it stands."""
        return self._row(self._cells_of(key))

    def cells(self) -> int:
        """Return how many deliveries there are, in whatever state."""
        with self.world.database() as session:
            return session.scalar(select(func.count()).select_from(ScoreDelivery))

    def state(self, key: str = "ines") -> DeliveryState:
        return self.cell(key).state

    def item(self) -> LineItem:
        """Return our only line item."""
        return self._row(select(LineItem))

    def columns(self) -> list:
        """Return the columns of our name in the LMS."""
        return [item for item in self.lms.lineitems(FRENCH) if item.label == COLUMN]

    def grade(self, key: str = "ines"):
        """Return what the LMS shows for a learner in our column, None when the cell is empty."""
        return self.lms.score_of(FRENCH, f"u-{key}", self.columns()[0].id)

    def _row(self, wanted):
        with self.world.database() as session:
            row = session.scalars(wanted).one()
            session.expunge(row)
            return row

    def _cells_of(self, key: str):
        return (
            select(ScoreDelivery)
            .join(Enrolment, Enrolment.id == ScoreDelivery.enrolment_id)
            .join(User, User.id == Enrolment.user_id)
            .where(User.sub == f"u-{key}")
        )


def _clock(after: timedelta) -> Callable[[], datetime]:
    return lambda: clock.now() + after
