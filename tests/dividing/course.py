"""A course with groups, of which staff make spaces; and who is where."""

from sqlalchemy import select

from demo_lms import Group
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Course, CourseGroup, Enrolment, User
from lti_tool.services import parts, roles
from lti_tool.transactions import transaction
from tests.functional.space import Space
from tests.rosters.course import RosterCourse
from tests.support.world import FRENCH, Page


class DividedCourse:
    """The French course with the groups Lyon and Nantes; `divide` gives each a space."""

    def __init__(self, space: Space) -> None:
        self.space, self.world, self.lms = space, space.world, space.world.lms
        self.has(lyon=("ines", "awa"), nantes=("karim",))
        self.list = RosterCourse(space.world)
        self.trainer = self.list.trainer
        self.list.read()

    def has(self, **groups: tuple[str, ...]) -> None:
        """Give the course of the LMS these groups, and no others."""
        self.lms.groups[FRENCH] = [
            Group(f"g-{name}", name.title(), frozenset(f"u-{key}" for key in keys))
            for name, keys in groups.items()
        ]

    def chosen(self, *names: str) -> dict:
        """The fields of the form that chooses these groups."""
        with self.world.database() as session:
            known = dict(map(tuple, session.execute(select(CourseGroup.name, CourseGroup.id))))
        fields = {f"name-{known[name.title()]}": name.title() for name in names}
        return fields | {"chosen": [str(known[name.title()]) for name in names]}

    def preview(self, *names: str) -> Page:
        return self.trainer.post("spaces/preview", **self.chosen(*names))

    def divide(self, *names: str) -> Page:
        """Let the trainer look at what it would do, and confirm it."""
        names = names or ("lyon", "nantes")
        shown = self.preview(*names)
        assert shown.status == 200, shown.text
        seen = shown.soup.select_one("input[name=seen]")["value"]
        return self.trainer.post("spaces", seen=seen, **self.chosen(*names))

    def part(self, name: str) -> Course:
        """The course row of a group's space."""
        with self.world.database() as session:
            row = session.scalars(select(Course).where(Course.label == name.title())).one()
            session.expunge(row)
            return row

    def common(self) -> Course:
        with self.world.database() as session:
            row = session.scalars(select(Course).where(Course.context_id == FRENCH)).one()
            session.expunge(row)
            return row

    def people_of(self, name: str) -> set[str]:
        """The keys of those who are enrolled in the space of a group."""
        return self.enrolled(self.part(name).id)

    def enrolled(self, course_id: int) -> set[str]:
        with self.world.database() as session:
            wanted = select(User.sub).join(Enrolment, Enrolment.user_id == User.id)
            found = session.scalars(wanted.where(Enrolment.course_id == course_id, Enrolment.active))
            return {sub.removeprefix("u-") for sub in found}

    def staff(self) -> set[str]:
        """The keys of the staff of the course, by the rule for one person."""
        with self.world.database() as session:
            wanted = select(User.sub, Enrolment).join(Enrolment, Enrolment.user_id == User.id)
            found = session.execute(
                wanted.where(Enrolment.course_id == self.common().id, Enrolment.active)
            ).all()
            now = clock.now()
            return {
                sub.removeprefix("u-") for sub, one in found if roles.of_enrolment(one, now) in roles.STAFF
            }

    def sweep(self) -> None:
        """Let the clock bring everything into line."""
        with self.world.app.app_context():
            parts.align_all(clock.now, transaction)

    def write(self, statement) -> None:
        with self.world.app.app_context(), transaction():
            db.session.execute(statement)
