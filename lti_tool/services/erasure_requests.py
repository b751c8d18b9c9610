"""Who asks to be erased: asked and taken back on one's own page, carried out in the console.

A request changes nothing by itself: erasing cannot be undone, and somebody may want to take a copy first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select

from lti_tool.extensions import db
from lti_tool.models import Course, Deployment, Enrolment, ErasureRequest, Platform, User
from lti_tool.services import accounts, audit, erasure
from lti_tool.services.accounts import Account, Written
from lti_tool.services.acting import ActingMember
from lti_tool.services.administrators import ActingAdministrator
from lti_tool.services.line_items import Transaction
from lti_tool.services.upserts import insert_unless_there

MOST_SHOWN = 200


@dataclass(frozen=True)
class Asked:
    """Somebody who asks to be erased, and since when."""

    account: Account
    asked_at: datetime


def ask(member: ActingMember, now: datetime) -> None:
    """Ask to be erased; asked for already, it stays as it is."""
    made = insert_unless_there(ErasureRequest, {"user_id": member.user.id}, {"asked_at": now})
    if made:
        audit.record(member, "person.erasure-asked", f"user:{member.user.id}", now)


def withdraw(member: ActingMember, now: datetime) -> None:
    """Take it back; what was not asked for needs no taking back."""
    gone = db.session.execute(delete(ErasureRequest).where(ErasureRequest.user_id == member.user.id))
    if gone.rowcount:
        audit.record(member, "person.erasure-withdrawn", f"user:{member.user.id}", now)


def asked_at(user_id: int) -> datetime | None:
    """Return since when an account asks to be erased, None when it does not."""
    return db.session.scalar(select(ErasureRequest.asked_at).where(ErasureRequest.user_id == user_id))


def waiting(admin: ActingAdministrator) -> Sequence[Asked]:
    """Return who waits to be erased among those an administrator looks after, the longest waiting first."""
    wanted = (
        select(ErasureRequest.user_id, ErasureRequest.asked_at)
        .join(User, User.id == ErasureRequest.user_id)
        .where(User.erased_at.is_(None), _looked_after(admin))
        .order_by(ErasureRequest.asked_at, ErasureRequest.id)
        .limit(MOST_SHOWN)
    )
    rows = db.session.execute(wanted).all()
    people = {account.id: account for account in accounts.some([row.user_id for row in rows])}
    return [Asked(people[row.user_id], row.asked_at) for row in rows]


def found(admin: ActingAdministrator, text: str) -> Sequence[Account]:
    """Return whom an administrator may look up, by a part of a name, an address or a number in the LMS."""
    return accounts.found(text, _looked_after(admin))


def one(admin: ActingAdministrator, user_id: int) -> tuple[Account, Written, datetime | None]:
    """Return an account, how much it has written, and since when it asks to be erased.

    :raises NotFound: no such person, or another organisation's.
    """
    account = accounts.one(user_id, _looked_after(admin))
    return account, accounts.written_by(user_id), asked_at(user_id)


def carry_out(admin: ActingAdministrator, user_id: int, now: datetime, transaction: Transaction) -> bool:
    """Erase somebody for good; False when they were erased already.

    In transactions of its own (`erasure`): the caller must have none under way.

    :raises NotFound: no such person, or another organisation's.
    :raises JournalUnusable: see `erasure_journal`. :raises OSError: the journal cannot be written.
    """
    with transaction():
        accounts.one(user_id, _looked_after(admin))
    return erasure.erase(user_id, now, transaction, administrator_id=admin.administrator_id)


def _looked_after(admin: ActingAdministrator) -> ColumnElement[bool]:
    """Whether an account is in a course of an organisation of the administrator's, or on its platform."""
    if admin.operator:
        return User.id.is_not(None)
    theirs = admin.organisation_ids
    on_their_platform = (
        exists().where(Platform.id == User.platform_id, Platform.organisation_id.in_(theirs)).correlate(User)
    )
    # Erasing ends the account everywhere: whoever is in a course of another organisation is for operators.
    elsewhere = _in_a_course(Deployment.organisation_id.not_in(theirs))
    return (_in_a_course(Deployment.organisation_id.in_(theirs)) | on_their_platform) & ~elsewhere


def _in_a_course(of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an account is in a course of such a deployment."""
    enrolled = exists().where(
        Enrolment.user_id == User.id,
        Course.id == Enrolment.course_id,
        Deployment.id == Course.deployment_id,
        of,
    )
    return enrolled.correlate(User)
