"""Telling LMSs where their notices are to be sent: wanted by a launch of staff, done by a worker.

Claim, call, record: each a transaction of its own, none open while an LMS thinks. To say the same twice is
harmless: the LMS keeps one address for each kind of notice.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.extensions import db
from lti_tool.lti import notices
from lti_tool.lti.access_tokens import PlatformAccess, access_to
from lti_tool.lti.host_slots import HOST_BUSY
from lti_tool.lti.launch import Launch
from lti_tool.lti.notices import NoticeConnection
from lti_tool.models import Deployment, HandlerState, NoticeHandler, Platform, PlatformState
from lti_tool.services import outbox
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.problems import Problem, code_of, code_of_outage, detail_of
from lti_tool.services.retries import MOST_TRIES, next_try
from lti_tool.services.upserts import INSERTS

Connect = Callable[[PlatformAccess, Clock, Transaction], NoticeConnection]

LEASE = timedelta(minutes=4)
# What an LMS refused is not asked for again with every click of a trainer.
REFUSAL_LASTS = timedelta(days=1)


@dataclass(frozen=True)
class _Claimed:
    """A registration under way, as plain values: nothing of it lives in a session."""

    id: int
    lease: str
    attempts: int
    service_url: str
    notice_type: str
    handler: str
    access: PlatformAccess


def offered(launch: Launch, deployment_id: int, now: datetime) -> None:
    """Want our receiver known where a launch says that the LMS sends notices; one statement, or none.

    What is known there under the same addresses stays as it is, and so does a refusal of less than a day.
    """
    if launch.notices is None:
        return
    insert = INSERTS[db.session.connection().dialect.name](NoticeHandler.__table__)
    wanted = {
        "deployment_id": deployment_id,
        "service_url": launch.notices.url,
        "handler": notices.receiver_address(),
        "state": HandlerState.WANTED,
        "due_at": now,
        "attempts": 0,
    }
    insert = insert.values([wanted | {"notice_type": kind} for kind in launch.notices.types])
    changed = or_(
        NoticeHandler.service_url != insert.excluded.service_url,
        NoticeHandler.handler != insert.excluded.handler,
        and_(NoticeHandler.state == HandlerState.REFUSED, NoticeHandler.due_at <= now),
    )
    again = {name: insert.excluded[name] for name in wanted if name != "deployment_id"}
    nothing = {"lease": None, "lease_until": None, "problem": None, "problem_detail": None}
    made = db.session.execute(
        insert.on_conflict_do_update(
            index_elements=["deployment_id", "notice_type"], set_=again | nothing, where=changed
        )
    )
    if made.rowcount:
        outbox.wake(outbox.NOTICE_HANDLERS)


def register_wanted(now: Clock, transaction: Transaction, connect: Connect = NoticeConnection) -> None:
    """Tell each LMS that is to be told, one after the other, until none is."""
    while True:
        with transaction():
            claimed = _claim(now())
        if claimed is None:
            return
        try:
            with connect(claimed.access, now, transaction) as lms:
                lms.register(claimed.service_url, claimed.notice_type, claimed.handler)
        except PlatformUnavailable as problem:
            outcome = _put_off(claimed, problem, now())
        except ServiceRefused as problem:
            outcome = _refused(problem.code, problem.words, now())
        else:
            outcome = {"state": HandlerState.REGISTERED, "registered_at": now(), "due_at": None}
            outcome |= {"problem": None, "problem_detail": None}
        with transaction():
            _record(claimed, outcome)


def _claim(now: datetime) -> _Claimed | None:
    """Take the one that has waited longest, or was left by a worker that died."""
    waits = outbox.to_be_done(NoticeHandler, HandlerState.WANTED, HandlerState.REGISTERING, now)
    picked = (
        select(NoticeHandler.id)
        .join(Deployment, Deployment.id == NoticeHandler.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(waits, Platform.state == PlatformState.ACTIVE)
        .order_by(NoticeHandler.due_at, NoticeHandler.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=NoticeHandler)
        .cte("picked")
    )
    lease = str(uuid.uuid4())
    taken = (
        update(NoticeHandler)
        .where(NoticeHandler.id.in_(select(picked.c.id)))
        .values(
            state=HandlerState.REGISTERING,
            lease=lease,
            lease_until=now + LEASE,
            attempts=NoticeHandler.attempts + 1,
        )
        .returning(NoticeHandler)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = db.session.scalars(taken).one_or_none()
    if row is None:
        return None
    platform = db.session.scalars(
        select(Platform)
        .join(Deployment, Deployment.platform_id == Platform.id)
        .where(Deployment.id == row.deployment_id)
    ).one()
    return _Claimed(
        row.id, lease, row.attempts, row.service_url, row.notice_type, row.handler, access_to(platform)
    )


def _put_off(claimed: _Claimed, problem: PlatformUnavailable, now: datetime) -> dict:
    """Say when to try again; a host that is busy with other calls of ours is no failed try."""
    if problem.code == HOST_BUSY:
        soon = now + timedelta(seconds=problem.facts["retry_after"])
        return {"state": HandlerState.WANTED, "due_at": soon, "attempts": claimed.attempts - 1}
    if claimed.attempts >= MOST_TRIES:
        return _refused(Problem.GIVEN_UP, problem.words, now)
    return {
        "state": HandlerState.WANTED,
        "due_at": next_try(now, claimed.attempts, problem.facts.get("retry_after")),
        "problem": code_of_outage(problem.code).value,
        "problem_detail": detail_of(problem.words or problem.code),
    }


def _refused(code: str, words: str, now: datetime) -> dict:
    return {
        "state": HandlerState.REFUSED,
        "due_at": now + REFUSAL_LASTS,
        "problem": code_of(code),
        "problem_detail": detail_of(words),
    }


def _record(claimed: _Claimed, outcome: dict) -> None:
    """Record an outcome and give the lease back; without the lease nothing is recorded."""
    mine = (NoticeHandler.id == claimed.id, NoticeHandler.lease == claimed.lease)
    recorded = update(NoticeHandler).where(*mine).values(lease=None, lease_until=None, **outcome)
    db.session.execute(recorded.execution_options(synchronize_session=False))
