"""The word of a course's staff that it may join another space: a code, good once and for some days.

Staff make it in the space where their course meets and hand it to whoever leads the other one. So a course
of another LMS of the same organisation joins, too: nobody is the same person on two of them.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Course, CourseAgreement, Deployment
from lti_tool.permissions import Act
from lti_tool.services import audit
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_moves import MOVABLE, title_of
from lti_tool.services.sessions import digest
from lti_tool.services.upserts import upsert

GOOD_FOR = timedelta(days=7)
# Letters and figures that nobody takes for each other: a code is read out, and typed.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUPS, _IN_A_GROUP = 5, 4
LONGEST_TYPED = 60


def make(member: ActingMember, course_id: int, now: datetime) -> str:
    """Make the code of a course that meets here; the one before is no longer good. It is shown this once.

    :raises NotFound: no such course here.
    """
    member.must(Act.ARRANGE_COURSES)
    course = _course_here(member, course_id)
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_IN_A_GROUP)) for _ in range(_GROUPS))
    code = "-".join(groups)
    values = {"code_hash": _hash(code), "created_at": now, "expires_at": now + GOOD_FOR}
    upsert(CourseAgreement, {"course_id": course.id}, values, update=tuple(values))
    audit.record(member, "community.course-agreed", f"course:{course.id}", now, course=title_of(course))
    return code


def withdraw(member: ActingMember, course_id: int, now: datetime) -> None:
    """Have the code of a course that meets here be good no longer; nothing when there is none.

    :raises NotFound: no such course here.
    """
    member.must(Act.ARRANGE_COURSES)
    course = _course_here(member, course_id)
    if forget(course.id):
        act, named = "community.course-agreement-withdrawn", {"course": title_of(course)}
        audit.record(member, act, f"course:{course.id}", now, **named)


def forget(course_id: int) -> bool:
    """Delete the code of a course, which was used or is withdrawn; tell whether there was one."""
    gone = delete(CourseAgreement).where(CourseAgreement.course_id == course_id)
    return db.session.execute(gone.execution_options(synchronize_session=False)).rowcount > 0


def course_of(code: str, organisation_id: int, now: datetime) -> int | None:
    """Return the course whose staff gave this code; None unless it is good, and of this organisation."""
    wanted = (
        select(CourseAgreement.course_id)
        .join(Course, Course.id == CourseAgreement.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(
            CourseAgreement.code_hash == _hash(code),
            CourseAgreement.expires_at > now,
            Deployment.organisation_id == organisation_id,
        )
    )
    return db.session.scalar(wanted)


def _hash(code: str) -> str:
    return digest("".join(one for one in code[:LONGEST_TYPED].upper() if one in _LETTERS))


def _course_here(member: ActingMember, course_id: int) -> Course:
    here = (Course.id == course_id, Course.community_id == member.community.id, MOVABLE)
    course = db.session.scalars(select(Course).where(*here)).one_or_none()
    if course is None:
        raise NotFound()
    return course
