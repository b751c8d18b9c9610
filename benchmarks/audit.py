"""The audit log of a community of a million entries beside one of a thousand: a page, narrowed or not."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from joserfc.jwk import RSAKey
from sqlalchemy import insert, select, text

from benchmarks.communities import application
from benchmarks.measuring import always, ratio
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community
from lti_tool.services.audit import area_of
from lti_tool.transactions import transaction
from tests.support import databases
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import World

ENTRIES = int(os.environ.get("BENCHMARK_ENTRIES", 1_000_000))
FEW = 1_000
AT_ONCE = 10_000
BEGINNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
# By far most of a log is marks, and of the rest a page is to be found at once, too.
ACTS = ("grade.marked",) * 17 + ("subgroup.closed", "charter.written", "member.appointed")
FILTERS = {
    "the whole log": {},
    "one area of twenty in a hundred": {"area": "people"},
    "one person": {"person": "2"},
    "one person in one area, between two days": {
        "person": "2", "area": "space", "from": "2026-01-06", "to": "2026-01-06",
    },
    "an area in which nothing is": {"area": "connection"},
}  # fmt: skip


class Log:
    """A community with so many entries in its log, as its trainer sees it."""

    def __init__(self, app, key: RSAKey, entries: int) -> None:
        self.world = World(app, key)
        self.world.open_lms()
        self._room = Classroom(self.world)
        self._fill(entries)

    def opens(self, **asked: str) -> None:
        page = self._room.trainer.get("audit", **asked)
        assert page.status == 200, page.text[:300]

    def statements(self, **asked: str) -> int:
        with self.world.app.app_context(), counted() as sent:
            self.opens(**asked)
        return len(sent)

    def _fill(self, entries: int) -> None:
        with self.world.app.app_context():
            with db.engine.connect() as connection:
                community = connection.execute(select(Community.id, Community.organisation_id)).first()
            rows = (self._row(number, *community) for number in range(entries))
            while some := list(islice(rows, AT_ONCE)):
                with transaction():
                    db.session.connection().execute(insert(AuditEntry.__table__), some)
            with transaction():
                db.session.execute(text("ANALYZE"))

    def _row(self, number: int, community_id: int, organisation_id: int) -> dict:
        act = ACTS[number % len(ACTS)]
        return {
            "at": BEGINNING + timedelta(seconds=number % 1_000_003),
            "act": act,
            "area": area_of(act).value,
            "actor_kind": "member",
            "actor_id": 1 if number % 50 else 2,
            "organisation_id": organisation_id,
            "community_id": community_id,
            "subject": f"membership:{number % 97 + 1}" if act == "member.appointed" else f"post:{number}",
            "detail": {"of": 2, "mark": "1"} if act == "grade.marked" else None,
        }


def figures() -> Iterator[str]:
    """Measure and say, line by line, for the database that TEST_DATABASE names."""
    with opened(ENTRIES, FEW) as (many, few):
        for name, asked in FILTERS.items():
            found = ratio(always(lambda asked=asked: many.opens(**asked)), always(few.opens))
            yield (
                f"audit log of {ENTRIES:,} entries, {name}, ÷ the whole log of {FEW:,}: {found}; "
                f"{many.statements(**asked)} ÷ {few.statements()} SQL statements"
            )


@contextmanager
def opened(*sizes: int) -> Iterator[list[Log]]:
    """Open a community with each number of entries, on the database that TEST_DATABASE names."""
    with (
        databases.prepared_server(),
        tempfile.TemporaryDirectory(prefix="cv-bench-") as folder,
        ExitStack() as resources,
    ):
        made, where = databases.databases(Path(folder)), Path(folder)
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        logs = []
        for size in sizes:
            app = resources.enter_context(application(made, where, f"log_{size}"))
            logs.append(Log(app, key, size))
            resources.callback(logs[-1].world.close)
        yield logs
