"""The French course as its roster sees it: who is in the LMS, who is here, a worker to be run by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from lti_tool import clock
from lti_tool.extensions import Base, db
from lti_tool.models import Course, Enrolment, Membership, Roster, RosterLine, RosterState, User
from lti_tool.services import rosters
from lti_tool.transactions import transaction
from tests.support.world import FRENCH, Page, World


class RosterCourse:
    """Trainer Claire has opened the community, which asked for the roster; nothing was read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trainer = world.enter("claire")

    @property
    def lms(self):
        return self.world.lms

    def read(self, after: timedelta = timedelta(), **how) -> Roster:
        """Run the worker until nothing is due; its clock is `after` ahead of ours. Return the roster then."""
        how.setdefault("now", clock_ahead(after))
        with self.world.app.app_context():
            rosters.read_due_rosters(transaction=transaction, **how)
        return self.roster()

    def ask(self) -> Page:
        """Let the trainer press the button."""
        return self.trainer.post("members/roster")

    def ask_and_read(self, **how) -> Roster:
        """Press the button and let the worker run."""
        self.ask()
        return self.read(**how)

    def decide(self, decision: str, shown: Page | None = None) -> Page:
        """Let the trainer decide on a list that is held, as a members page shows it (by default: of now)."""
        field = (shown or self.trainer.get("members")).soup.select_one("#roster input[name=list]")
        which = {"list": field["value"]} if field else {}
        return self.trainer.post(f"members/roster/{self.roster().id}/decision", decision=decision, **which)

    def roster(self) -> Roster:
        """Return the roster as it stands."""
        with self.world.database() as session:
            wanted = select(Roster).join(Course, Course.id == Roster.course_id)
            row = session.scalars(wanted.where(Course.context_id == FRENCH)).one()
            session.expunge(row)
            return row

    @property
    def state(self) -> RosterState:
        return self.roster().state

    def enrolment(self, key: str) -> Enrolment | None:
        """Return somebody's enrolment, None when there is none."""
        with self.world.database() as session:
            wanted = select(Enrolment).join(User, User.id == Enrolment.user_id)
            row = session.scalars(wanted.where(User.sub == f"u-{key}")).one_or_none()
            if row is not None:
                session.expunge(row)
            return row

    def change(self, table: type[Base], **columns) -> None:
        """Set columns of every row of a table."""
        with self.world.app.app_context(), transaction():
            db.session.execute(update(table).values(**columns))

    def user(self, key: str) -> User:
        """Return somebody's account."""
        with self.world.database() as session:
            row = session.scalars(select(User).where(User.sub == f"u-{key}")).one()
            session.expunge(row)
            return row

    def active(self) -> set[str]:
        """Return the keys of those who are enrolled now."""
        with self.world.database() as session:
            wanted = select(User.sub).join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.active)
            return {sub.removeprefix("u-") for sub in session.scalars(wanted)}

    def in_the_lms(self) -> set[str]:
        """Return the keys of those whom the LMS has in the course, by the roles that a roster shows."""
        return {
            person.sub.removeprefix("u-")
            for person in self.lms.people_in(FRENCH)
            if any("/membership" in role for role in person.roles[FRENCH])
        }

    def lines(self) -> int:
        """Return how many lines wait to be taken over."""
        with self.world.database() as session:
            return session.scalar(select(func.count()).select_from(RosterLine))

    def standing(self) -> list[tuple]:
        """Return everything that a roster may change, to be compared."""
        with self.world.database() as session:
            people = session.execute(
                select(
                    User.sub,
                    User.name,
                    Enrolment.active,
                    Enrolment.listed,
                    Enrolment.launch_role,
                    Enrolment.roster_role,
                    Enrolment.left_at,
                )
                .join(Enrolment, Enrolment.user_id == User.id)
                .order_by(User.sub)
            ).all()
            return [tuple(row) for row in people] + [session.scalar(select(func.count(Membership.id)))]


def clock_ahead(after: timedelta) -> Callable[[], datetime]:
    """Return a clock that is ahead of ours."""
    return lambda: clock.now() + after
