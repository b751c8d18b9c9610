"""Whom and what a trainer may decide about: learners graded here, columns of this community."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import contains_eager

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Course, Enrolment, GradeColumn, Membership, MembershipState, User
from lti_tool.services import roles
from lti_tool.services.acting import ActingMember

REASON_LIMIT = 1000


class InputRefused(ValueError):
    """Something typed that cannot be taken; `messages` are codes by field, as forms show them."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.messages = {field: [code]}


def graded_here(member: ActingMember, member_ids: Iterable[int], now: datetime) -> list[Membership]:
    """Return these members, each of whom must be graded in the acting member's community; one statement.

    Their rows are locked in the order of their numbers: two decisions about the same learner follow each
    other, so that the second one sees the first.

    :raises NotFound: somebody is not graded here, or nobody is named.
    """
    wanted = set(member_ids)
    graded = graded_among(member, wanted, now)
    if not wanted or len(graded) < len(wanted):
        raise NotFound()
    return graded


def graded_among(member: ActingMember, member_ids: Iterable[int], now: datetime) -> list[Membership]:
    """Return those of these members who are graded in the acting member's community; one statement.

    Their rows are locked as by `graded_here`.
    """
    found: dict[int, tuple[Membership, list[Enrolment]]] = {}
    for membership, enrolment in db.session.execute(_named(member.community.id, set(member_ids))):
        found.setdefault(membership.id, (membership, []))[1].append(enrolment)
    return [one for one, enrolments in found.values() if roles.is_scored(enrolments, now)]


def _named(community_id: int, member_ids: set[int]):
    return (
        select(Membership, Enrolment)
        .join(Membership.user)
        .join(Enrolment, Enrolment.user_id == User.id)
        .join(
            Course,
            and_(Course.id == Enrolment.course_id, Course.community_id == Membership.community_id),
        )
        .where(
            Membership.id.in_(member_ids),
            Membership.community_id == community_id,
            Membership.state != MembershipState.REMOVED,
        )
        .options(contains_eager(Membership.user))
        .order_by(Membership.id, Enrolment.id)
        .with_for_update(of=Membership, key_share=True)
    )


def column_here(member: ActingMember, column_id: int) -> GradeColumn:
    """Return a column of the acting member's community. One statement.

    :raises NotFound: there is none with this number here.
    """
    wanted = select(GradeColumn).where(
        GradeColumn.id == column_id, GradeColumn.community_id == member.community.id
    )
    column = db.session.scalars(wanted).one_or_none()
    if column is None:
        raise NotFound()
    return column


def given_reason(text: str | None) -> str:
    """Return a reason that must be given, trimmed.

    :raises InputRefused: there is none, or it is too long.
    """
    reason = optional_reason(text)
    if reason is None:
        raise InputRefused("reason", "empty")
    return reason


def optional_reason(text: str | None) -> str | None:
    """Return a reason, trimmed, None when there is none.

    :raises InputRefused: it is too long.
    """
    reason = (text or "").strip()
    if len(reason) > REASON_LIMIT:
        raise InputRefused("reason", "too-long")
    return reason or None
