"""A community in which much was written by Inès, about her and to her, before she asked to be erased."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import JSON, String, select, update

from lti_tool import clock
from lti_tool.extensions import Base, db
from lti_tool.grading.facts import Act, Kind
from lti_tool.grading.rubric import RUBRIC
from lti_tool.models import ContributionFact as Contributed
from lti_tool.models import (
    Course,
    Enrolment,
    Membership,
    Post,
    RosterLine,
    RunningScore,
    ScoreDelivery,
    User,
)
from lti_tool.services import (
    assessment,
    decisions,
    erasure,
    feedback,
    kept_texts,
    marking,
    participation,
    questions,
    rules,
    upkeep,
)
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.support.classroom import Classroom
from tests.support.world import FRENCH

# What says who she is, in any table and any file; what was said in confidence has “secret” in it.
TELLING = ("inès", "ines", "lefèvre", "lefevre", "marguerite", "secret", "-version")
# What she wrote stays, as it stands.
HER_WORDS = {("post", "title"), ("post", "body"), ("comment", "body")}
# Random letters, in which any word may stand.
RANDOM = {"tool_key", "access_token", "erasure_key", "used_nonce"}
LISTED_LATER = "u-somebody-else"


class Visited:
    """Inès and Karim have come, and Inès has written something."""

    def __init__(self, world) -> None:
        self.world = world
        self.classroom = Classroom(world)
        self.ines, self.karim = self.classroom.number("ines"), self.classroom.number("karim")
        self._fill()

    def _fill(self) -> None:
        self.classroom.ask("ines", about="one")

    @property
    def app(self):
        return self.world.app

    def user_id(self, key: str = "ines") -> int:
        with self.world.database() as session:
            return session.scalars(select(User.id).where(User.sub == f"u-{key}")).one()

    def erase(self, key: str = "ines", **how) -> bool:
        return self.erase_number(self.user_id(key), **how)

    def erase_number(self, number: int, at=None, **how) -> bool:
        with self.app.app_context():
            return erasure.erase(number, at or clock.now(), transaction, **how)

    def replay(self) -> int:
        with self.app.app_context():
            return erasure.replay(clock.now(), transaction)

    def change(self, table: type[Base], which, **values) -> None:
        with self.app.app_context(), transaction():
            db.session.execute(update(table).where(which).values(**values))

    def rows(self, wanted) -> list:
        with self.world.database() as session:
            return [tuple(row) for row in session.execute(wanted)]

    def statement_of_karim(self, at) -> dict:
        with self.app.app_context():
            return participation.statement_of(rules.in_force(1), self.karim, at).as_record()

    def traces(self) -> list[tuple[str, str, str]]:
        """Return every text in the database that tells who Inès is, with table and column."""
        with self.world.database() as session:
            found = []
            for table, column in _columns_with_text():
                for (value,) in session.execute(select(column).where(column.is_not(None))):
                    text = (
                        json.dumps(value, ensure_ascii=False) if isinstance(column.type, JSON) else str(value)
                    )
                    found += [(table, column.name, text)] if tells(text) else []
            return found

    def files_that_tell(self) -> list[str]:
        folder = self.app.extensions["settings"].storage_dir
        kept = [file for file in folder.rglob("*") if file.is_file() and file.name != "key"]
        return [file.name for file in kept if tells(file.name) or tells(file.read_text())]


class LivedIn(Visited):
    """Inès and Karim wrote to each other; Claire graded them; some of it was sent, some is on its way."""

    def _fill(self) -> None:
        self.desk = Desk(self.classroom)
        self._write()
        self._judge()
        self.classroom.send("ines", "karim")
        self.classroom.deliver()
        self._go_on()

    def _write(self) -> None:
        ines, karim = self.classroom.learner("ines"), self.classroom.learner("karim")
        self.classroom.ask("ines", about="one")
        self.classroom.ask("karim", about="two")
        words = " ".join(f"reply{number}" for number in range(30))
        ines.post("posts/2/comments", body=f"From her {words}")
        karim.post("posts/1/comments", body=f"From him {words}")
        ines.post("posts", kind="question", title="Three", body=f"An earlier-version {words}")
        ines.post("posts/3/edit", title="Question three", body=f"As it reads now {words}", version="0")
        self.classroom.ask("ines", about="four-secret")
        ines.post("posts/4/delete")

    def _judge(self) -> None:
        now, desk = clock.now(), self.desk
        desk.do(assessment.mark, "post:1", Fraction(5, 4), "Inès did well, secret", now)
        desk.do(assessment.mark, "post:2", Fraction(5, 4), "Karim did well", now)
        hers, his = marking.Choice("comment:1", None), marking.Choice("comment:2", None)
        first, second, third = (now + timedelta(microseconds=number) for number in (1, 2, 3))
        desk.do(marking.mark_several, [hers], Fraction(5, 4), "Well told by Inès, secret", first)
        desk.do(marking.undo, first, second)
        desk.do(marking.mark_several, [hers, his], Fraction(5, 4), "Well told", third)
        levels = {criterion.key: 3 for criterion in RUBRIC.criteria}
        for member in (self.ines, self.karim):
            desk.do(assessment.assess, member, levels, now)
        desk.do(assessment.excuse, [self.ines], [2], "Inès is ill, secret", now)
        desk.do(decisions.override, desk.column, self.ines, Decimal(7), "Agreed with Inès, secret", now)
        desk.do(feedback.write_feedback, desk.column, self.ines, "Dear Inès, secret", True, now)

    def _go_on(self) -> None:
        """What stands open in the moment of the erasure."""
        now = clock.now()
        self.classroom.learner("ines").post(
            "participation/questions", subject="score", body="A secret question of Inès"
        )
        self.desk.do(questions.answer, 1, "Dear Inès, secret answer", now)
        self.desk.do(decisions.reset, self.desk.column, self.ines, "Reset, secret", now)
        with self.app.app_context():
            upkeep.keep_up(clock.now, transaction)
        with self.app.app_context(), transaction():
            her = db.session.scalars(select(User).where(User.sub == "u-ines")).one()
            her.picture = "https://lms.test/ines.png"
            db.session.get(Membership, self.ines).pseudonym = "Marguerite"
            db.session.execute(
                update(Enrolment).where(Enrolment.user_id == her.id).values(launch_groups=["secret-group"])
            )
            kept_texts.keep(her.id, 1, "/communities/1/posts", {"title": "A secret", "body": "Draft"}, now)
            course = db.session.scalars(select(Course).where(Course.context_id == FRENCH)).one()
            for sub, name in (("u-ines", "Inès Lefèvre"), (LISTED_LATER, "Somebody Else")):
                db.session.add(
                    RosterLine(
                        course_id=course.id, read_id="held", sub=sub, name=name, roles=[], role="learner"
                    )
                )
            db.session.add(self._thanks_to_karim(now))
        self.classroom.send("ines")

    def _thanks_to_karim(self, now) -> Contributed:
        """What will come with a form of its own: Inès recognises an answer of Karim's."""
        return Contributed(
            community_id=1,
            member_id=self.karim,
            actor_id=self.ines,
            act=Act.WRITTEN.value,
            kind=Kind.RECOGNITION.value,
            post_id=1,
            comment_id=2,
            received_id=1,
            by_staff=False,
            at=now,
        )

    def cells_of_ines(self) -> list:
        return self.rows(select(ScoreDelivery.state).where(ScoreDelivery.member_id == self.ines))

    def kept_scores_of(self, member: int) -> list:
        return self.rows(select(RunningScore.id).where(RunningScore.member_id == member))

    def active(self, member: int) -> list:
        joined = select(Enrolment.active).join(Membership, Membership.user_id == Enrolment.user_id)
        return [row[0] for row in self.rows(joined.where(Membership.id == member))]

    def thread(self, number: int = 1, who: str = "karim"):
        return self.classroom.learner(who).get(f"posts/{number}")

    def posts_of(self, member: int) -> list:
        wanted = select(Post.id, Post.title, Post.body).where(Post.author_id == member)
        return self.rows(wanted.order_by(Post.id))


def tells(text: str) -> bool:
    """Whether a text says who Inès is."""
    small = text.lower()
    return any(re.search(rf"(?<![a-z]){word}", small) for word in TELLING)


def _columns_with_text() -> Iterator[tuple]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            is_text = isinstance(column.type, String | JSON)
            if is_text and table.name not in RANDOM and (table.name, column.name) not in HER_WORDS:
                yield table.name, column


def a_year_and(days: float) -> timedelta:
    return timedelta(days=365 + days)
