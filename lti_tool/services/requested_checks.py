"""Health checks that somebody asked for: wanted in the database, done by a worker, read by pages meanwhile.

Claim, look, note after each step: each a transaction of its own. A worker may be killed at any instant; the
next one begins anew when the lease has ended, and a check that kills workers is given up.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import ToolError
from lti_tool.extensions import db
from lti_tool.models import CheckState, PlatformCheck
from lti_tool.services import heartbeats, outbox, platform_checks
from lti_tool.services.line_items import Clock, Transaction
from lti_tool.services.platform_checks import STEPS, Finding
from lti_tool.services.upserts import upsert

log = logging.getLogger(__name__)

# Longer than any step may take; it is renewed after each.
LEASE = timedelta(minutes=2)
MOST_TRIES = 3
# A worker that lives begins within seconds.
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True)
class CheckView:
    """The last check, or the one under way, as far as it is. `waits_for_worker`: no worker seems to live."""

    asked_at: datetime
    under_way: bool
    findings: list[Finding]
    done: int
    waits_for_worker: bool = False
    of: int = len(STEPS)


def ask(platform_id: int, now: datetime) -> None:
    """Have a platform checked now; one that is asked for or under way is not begun again."""
    row = upsert(
        PlatformCheck,
        {"platform_id": platform_id},
        {"state": CheckState.DONE, "asked_at": now, "attempts": 0, "findings": []},
        update=("platform_id",),
    )
    waits = row.state is CheckState.DUE
    is_held = row.state is CheckState.CHECKING and row.lease_until is not None and row.lease_until > now
    if not (waits or is_held):
        row.state, row.asked_at, row.due_at, row.attempts, row.findings = CheckState.DUE, now, now, 0, []
        row.lease = row.lease_until = None
    db.session.flush()
    outbox.wake(outbox.CHECKS)


def of_platform(platform_id: int, now: datetime, *, whole: bool) -> CheckView | None:
    """Return how far the check of a platform is, None when nobody asked for one. Two statements at most.

    :param whole: for somebody to whom all of it belongs; others are told of the connection alone.
    """
    row = db.session.scalars(select(PlatformCheck).where(PlatformCheck.platform_id == platform_id)).first()
    if row is None:
        return None
    under_way = row.state is not CheckState.DONE
    findings = platform_checks.read(_findings_in(row.findings))
    waits = row.state is CheckState.DUE and now - row.asked_at > PATIENCE
    return CheckView(
        asked_at=row.asked_at,
        under_way=under_way,
        findings=findings if whole else platform_checks.of_the_connection(findings),
        done=_steps_in(row.findings) if under_way else len(STEPS),
        waits_for_worker=waits and heartbeats.workers(now).alive == 0,
    )


# A list with the number of steps before it, so that one statement notes both.
def _with_steps(findings: list[Finding], steps: int) -> list:
    return [steps, *platform_checks.kept(findings)]


def _findings_in(noted: list) -> list[dict]:
    return [one for one in noted if isinstance(one, dict)]


def _steps_in(noted: list) -> int:
    return noted[0] if noted and isinstance(noted[0], int) else 0


@dataclass(frozen=True)
class _Claim:
    id: int
    platform_id: int
    lease: str
    attempts: int


def do_due_checks(now: Clock, transaction: Transaction) -> None:
    """Do every check that is due, one after the other, until none is."""
    while True:
        with transaction():
            claim = _claimed(now())
        if claim is None:
            return
        _do(claim, now, transaction)


def _claimed(now: datetime) -> _Claim | None:
    waits = outbox.to_be_done(PlatformCheck, CheckState.DUE, CheckState.CHECKING, now)
    picked = (
        select(PlatformCheck.id)
        .where(waits)
        .order_by(PlatformCheck.due_at, PlatformCheck.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    claimed = (
        update(PlatformCheck)
        .where(PlatformCheck.id.in_(select(picked.c.id)))
        .values(
            state=CheckState.CHECKING,
            lease=str(uuid.uuid4()),
            lease_until=now + LEASE,
            attempts=PlatformCheck.attempts + 1,
        )
        .returning(PlatformCheck.id, PlatformCheck.platform_id, PlatformCheck.lease, PlatformCheck.attempts)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(claimed).one_or_none()
    return None if row is None else _Claim(*row)


def _do(claim: _Claim, now: Clock, transaction: Transaction) -> None:
    if claim.attempts > MOST_TRIES:
        _end(claim, [Finding("check-failed", False)], transaction)
        return

    def note(findings: list[Finding], steps: int) -> None:
        with transaction():
            _note(claim, lease_until=now() + LEASE, findings=_with_steps(findings, steps))

    try:
        findings = platform_checks.check(claim.platform_id, now(), transaction, note)
    except (ToolError, SQLAlchemyError, OSError, ValueError):
        log.exception("the check of platform %s failed", claim.platform_id)
        findings = [Finding("check-failed", False)]
    _end(claim, findings, transaction)


def _end(claim: _Claim, findings: list[Finding], transaction: Callable) -> None:
    with transaction():
        _note(
            claim,
            state=CheckState.DONE,
            lease=None,
            lease_until=None,
            due_at=None,
            findings=_with_steps(findings, len(STEPS)),
        )


def _note(claim: _Claim, **values: object) -> None:
    """Note progress or the end; without the lease nothing is noted."""
    db.session.execute(
        update(PlatformCheck)
        .where(PlatformCheck.id == claim.id, PlatformCheck.lease == claim.lease)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
