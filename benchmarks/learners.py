"""Communities of graded learners, as many and with as many facts as wanted, as their trainer sees them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import Insert, Select, func, insert, literal, select
from sqlalchemy.orm import QueryableAttribute

from benchmarks.communities import application
from benchmarks.measuring import Act
from lti_tool import clock
from lti_tool.extensions import Base, db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.grading.facts import Kind
from lti_tool.models import (
    Comment,
    Community,
    ContributionFact,
    DeliveryState,
    Enrolment,
    LineItem,
    Membership,
    Post,
    RunningScore,
    ScoreDelivery,
    User,
)
from lti_tool.services import cells, running_scores, upkeep
from lti_tool.transactions import reading, transaction
from tests.functional.filling import fill
from tests.support import databases
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import Page, World

# The weeks of the training that are over.
WEEKS_AGO = 6
# Answers of different learners under one post; what somebody answers are others' questions.
FEWEST_POSTS = 10


@dataclass(frozen=True)
class Size:
    """How many learners there are and how many facts there are of each, the question of theirs included."""

    learners: int
    facts: int

    def __str__(self) -> str:
        return f"{self.learners * self.facts:,} facts of {self.learners:,} learners"


class Graded:
    """A community with grading on since some weeks, and a value of ours in the LMS for every learner."""

    def __init__(self, app: Flask, size: Size, lms_key: RSAKey) -> None:
        self.app, self.size = app, size
        self._world = World(app, lms_key)
        self._world.open_lms()
        self._room = Classroom(self._world)
        started = clock.now() - timedelta(weeks=WEEKS_AGO)
        self._room.switch_on(starts_on=started.date().isoformat(), weeks=str(WEEKS_AGO + 2))
        self._room.make_columns()
        began = time.perf_counter()
        fill(self._world, members=size.learners, posts=max(size.learners, FEWEST_POSTS), comments=1)
        self._answer(started)
        self._note_as_sent()
        self.seconds_to_fill = time.perf_counter() - began

    def close(self) -> None:
        self._world.close()

    def keep_everything(self) -> int:
        """Compute and keep whatever is not kept or out of date; return how many scores that were."""
        with self.app.app_context():
            return upkeep.keep_up(clock.now, transaction)

    def note_a_fact(self) -> None:
        """Do what a new fact's own transaction does about the score of its learner."""
        with self.app.app_context(), transaction():
            cells.mark_ready(self._community, self._somebody, clock.now())

    def note_and_keep(self) -> None:
        """Do what one new fact makes the tool do about scores, the worker's part included."""
        self.note_a_fact()
        if self.keep_everything() != 1:
            raise RuntimeError("One new fact is about the score of one learner")

    def opens_console(self) -> Page:
        """Open the trainer's table of scores."""
        page = self._room.trainer.get("grading")
        if page.status != 200:
            raise RuntimeError(f"{page.path} answered {page.status}: {page.text[:300]}")
        return page

    def statements(self, act: Act) -> int:
        """Count the SQL statements of an act."""
        with self.app.app_context(), counted() as sent:
            act()
        return len(sent)

    def _answer(self, started: datetime) -> None:
        """Let everybody answer under other posts, again and again, from the first week until now."""
        with self.app.app_context(), transaction():
            self._community = db.session.scalar(select(Community.id))
            learners = db.session.scalars(_learners()).all()
            posts = db.session.scalars(select(Post.id).order_by(Post.id)).all()
            self._somebody = learners[len(learners) // 2]
            apart = (clock.now() - started) / self.size.facts
            for number in range(1, self.size.facts):
                db.session.execute(_answers(posts[number % len(posts)], started + apart * number))
            db.session.execute(_facts_of_answers())
            running_scores.mark_stale(self._community, learners, clock.now())

    def _note_as_sent(self) -> None:
        with self.app.app_context(), transaction():
            db.session.execute(_confirmed(clock.now()))

    def facts(self) -> int:
        """Count the facts that there are."""
        with self.app.app_context(), reading():
            return db.session.scalar(select(func.count()).select_from(ContributionFact))

    def kept(self) -> int:
        """Count the scores that are kept."""
        with self.app.app_context(), reading():
            return db.session.scalar(select(func.count()).select_from(RunningScore))


def _filled_in(table: type[Base], row: dict[str, object], found: Select) -> Insert:
    """Insert a row for each one that is found: columns of what is found, and what is the same for all."""
    told = [
        value if isinstance(value, QueryableAttribute) else literal(value, table.__table__.c[name].type)
        for name, value in row.items()
    ]
    return insert(table).from_select(list(row), found.with_only_columns(*told))


def _answers(post: int, at: datetime) -> Insert:
    """One answer of every learner but the one who asked."""
    asker = select(Post.author_id).where(Post.id == post).scalar_subquery()
    row = {
        "community_id": Membership.community_id,
        "post_id": post,
        "author_id": Membership.id,
        "body": "An answer.",
        "created_at": at,
        "edit_count": 0,
    }
    return _filled_in(Comment, row, _learners().where(Membership.id != asker))


def _facts_of_answers() -> Insert:
    row = {
        "community_id": Comment.community_id,
        "member_id": Comment.author_id,
        "actor_id": Comment.author_id,
        "act": FactAct.WRITTEN.value,
        "kind": Kind.ANSWER.value,
        "post_id": Comment.post_id,
        "comment_id": Comment.id,
        "words": 40,
        "copied": "0",
        "helped_id": Post.author_id,
        "at": Comment.created_at,
    }
    return _filled_in(ContributionFact, row, select(Comment).join(Post, Post.id == Comment.post_id))


def _confirmed(now: datetime) -> Insert:
    """A cell of the LMS gradebook for each learner, with a value that is out of date by now."""
    row = {
        "line_item_id": LineItem.id,
        "enrolment_id": Enrolment.id,
        "member_id": Membership.id,
        "state": DeliveryState.CONFIRMED,
        "asked_since": False,
        "changed_since": False,
        "attempts": 1,
        "attempt_open": False,
        "confirmed_value": Decimal("1.00"),
        "confirmed_maximum": Decimal(20),
        "confirmed_at": now,
        "theirs_empty": False,
        "overwrite": False,
    }
    enrolled = _learners().join(Enrolment, Enrolment.user_id == User.id)
    return _filled_in(ScoreDelivery, row, enrolled.join(LineItem, LineItem.course_id == Enrolment.course_id))


def _learners() -> Select:
    return select(Membership.id).join(User).where(User.sub.like("filled-%")).order_by(Membership.id)


@contextmanager
def opened(folder: Path, *sizes: Size) -> Iterator[list[Graded]]:
    """Open a community of each size, on the database that TEST_DATABASE names; nothing is kept in any."""
    with databases.prepared_server(), ExitStack() as resources:
        lms_key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        made = databases.databases(folder)
        communities = []
        for number, size in enumerate(sizes):
            app = resources.enter_context(application(made, folder, f"graded_{number}"))
            community = Graded(app, size, lms_key)
            resources.callback(community.close)
            communities.append(community)
        yield communities
