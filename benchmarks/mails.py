"""The digests of a thousand members beside those of fifty: made, and handed in to a mail server."""

import gc
import os
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from joserfc.jwk import RSAKey
from sqlalchemy import insert, select, text

from benchmarks.communities import application
from lti_tool import clock, mailing
from lti_tool.extensions import db
from lti_tool.models import Course, Enrolment, MailChoice, Membership, Role, User
from lti_tool.services import mail_rounds, messages
from lti_tool.transactions import transaction
from tests.support import databases
from tests.support.mail_server import Post, mail_server
from tests.support.statements import tallied
from tests.support.world import World

MEMBERS = int(os.environ.get("BENCHMARK_MEMBERS", 1_000))
FEW = 50
THINGS_TOLD = 10
LATER = timedelta(hours=25)
MOST_SWEEPS = 60


class Digests:
    """A community of so many members, each with a digest that is due, and a mail server."""

    def __init__(self, app, key: RSAKey, members: int) -> None:
        self.world = World(app, key)
        self.world.open_lms()
        self.members = members

    def made_and_sent(self, post: Post) -> tuple["Cost", "Cost"]:
        """Have everybody told the same things, and their digests made and sent."""
        trainer = self.world.enter("claire")
        with self.world.app.app_context():
            with transaction():
                self._fill()
            for number in range(THINGS_TOLD):
                written = trainer.post(
                    "posts", kind="announcement", title=f"Thing {number}", body="Words. " * 90
                )
                assert written.status == 200, written.text[:300]
            with transaction():
                db.session.execute(text("ANALYZE"))
            made = cost(self.members, lambda: mail_rounds.make_due(later, transaction))
            sent = cost(self.members, lambda: self._send(post))
        return made, sent

    def _send(self, post: Post) -> None:
        """Sweep as a worker does each minute: on a busy machine a mail may have to be tried again."""
        for minute in range(MOST_SWEEPS):
            if len(post.mails) >= self.members:
                return
            at = later() + timedelta(minutes=minute)
            messages.send_due(lambda at=at: at, transaction, mailing.deliver)
        raise AssertionError(f"{len(post.mails)} of {self.members} were sent")

    def _fill(self) -> None:
        course, now = db.session.scalars(select(Course)).one(), clock.now()
        platform = db.session.scalars(select(User.platform_id)).first()
        for number in range(self.members):
            told = {"platform_id": platform, "sub": f"m-{number}", "name": f"Member {number}"}
            user = db.session.execute(
                insert(User).values(email=f"m{number}@example.org", created_at=now, **told).returning(User.id)
            ).scalar_one()
            member = db.session.execute(
                insert(Membership)
                .values(community_id=course.community_id, user_id=user, joined_at=now)
                .returning(Membership.id)
            ).scalar_one()
            roles = {"launch_roles": [], "launch_role": Role.LEARNER, "launched_at": now}
            db.session.execute(
                insert(Enrolment).values(user_id=user, course_id=course.id, created_at=now, **roles)
            )
            hours = {"quiet_from": 0, "quiet_until": 0, "quiet_weekends": False, "digest_hour": 8}
            wanted = {"off": False, "frequencies": {"announcement": "daily"}, "digest_day": 0}
            db.session.execute(insert(MailChoice).values(member_id=member, **hours, **wanted))


class Tally:
    """Stands where a mail server keeps its mails: they are counted, so that their room is not measured."""

    def __init__(self) -> None:
        self._number = 0

    def append(self, _mail: object) -> None:
        self._number += 1

    def __len__(self) -> int:
        return self._number


@dataclass(frozen=True)
class Cost:
    """What something took: SQL statements for each member, and Python's memory, in MB.

    `peak` counts what waits for Python's collector, too; `kept` is what is there after it went round.
    """

    statements: float
    peak: float
    kept: float

    def __str__(self) -> str:
        return (
            f"{self.statements:.2f} SQL statements a member, {self.peak:.1f} MB at most,"
            f" {self.kept:.1f} MB kept"
        )


def later():
    """The clock of the day after: when everybody's digest is due."""
    return clock.now() + LATER


def cost(members: int, act: Callable[[], object]) -> Cost:
    """Do something for so many members and say what it took."""
    tracemalloc.start()
    try:
        with tallied() as sent:
            act()
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        return Cost(sent.total() / members, peak / 1e6, tracemalloc.get_traced_memory()[0] / 1e6)
    finally:
        tracemalloc.stop()


def figures() -> Iterator[str]:
    """Measure and say, line by line, for the database that TEST_DATABASE names."""
    with (
        databases.prepared_server(),
        tempfile.TemporaryDirectory(prefix="cv-bench-") as folder,
        ExitStack() as resources,
    ):
        made, key = (
            databases.databases(Path(folder)),
            RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True),
        )
        took = {}
        for size in (FEW, MEMBERS):
            app = resources.enter_context(application(made, Path(folder), f"mails_{size}"))
            digests = Digests(app, key, size)
            resources.callback(digests.world.close)
            with mail_server(digests.world) as post:
                post.mails, post.sent = Tally(), Tally()
                took[size] = digests.made_and_sent(post)
        for what, few, many in zip(("made", "sent"), took[FEW], took[MEMBERS], strict=True):
            yield f"digests of {THINGS_TOLD} things {what}: {MEMBERS:,} members {many}; {FEW} members {few}"
