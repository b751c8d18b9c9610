"""A trainer's desk: services are called as the trainer's requests call them, in a transaction each."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import GradeColumn, Membership, Role, User
from lti_tool.services import participation, rules
from lti_tool.services.acting import ActingMember
from lti_tool.transactions import transaction
from tests.support.classroom import Classroom

ROLES = {"claire": Role.TRAINER, "grace": Role.LEARNER}


class Desk:
    """A classroom with grading on; the trainer and Inès read English."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom.ready()
        self.ines = classroom.number("ines")
        for page in (classroom.trainer, classroom.learner("ines")):
            page.post("preferences/language", language="en")
        with classroom.world.database() as session:
            self.column = session.scalars(select(GradeColumn.id)).one()

    def do(self, act, *told, who: str = "claire", role: Role | None = None):
        """Let somebody do something by a service, which is committed when it ends well."""
        with self.classroom.world.app.app_context(), transaction():
            return act(self._acting(who, role or ROLES.get(who, Role.LEARNER)), *told)

    def ask(self, query, *told):
        """Call something that reads and needs nobody."""
        with self.classroom.world.app.app_context():
            return query(*told)

    def statement(self, at, member: int | None = None):
        """Compute a learner's statement at a moment."""
        with self.classroom.world.app.app_context():
            by = rules.in_force(1)
            return participation.statement_of(by, member or self.ines, at)

    def rows(self, table) -> list:
        """Return every row of a table as plain values, in their order."""
        with self.classroom.world.database() as session:
            return [
                tuple(row) for row in session.execute(select(*table.__table__.columns).order_by(table.id))
            ]

    def _acting(self, who: str, role: Role) -> ActingMember:
        wanted = (
            select(Membership)
            .join(Membership.user)
            .where(User.sub == f"u-{who}")
            .options(joinedload(Membership.user))
        )
        membership = db.session.scalars(wanted).one()
        return ActingMember(membership, membership.user, membership.community, role, scored=False)
