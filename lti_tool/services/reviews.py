"""Submission review: an LMS's gradebook opens what stands behind one person's grade.

The message grants nothing: whoever asks for somebody else must be of that course's staff, by the same launch.
Moodle signs a student's request about another when the address is changed by hand (measured).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import (
    Course,
    Deployment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    MembershipState,
    User,
)
from lti_tool.services import people, roles
from lti_tool.services.roles import STAFF

# The course of a line item, as launches name it: of a part it is that of the whole course.
_whole = aliased(Course)
_context = func.coalesce(_whole.context_id, Course.context_id)


@dataclass(frozen=True)
class Review:
    """Whose page is opened; `column_id` None: the column of the whole score."""

    own: bool
    member_id: int | None
    column_id: int | None


def must_be_allowed(launch: Launch) -> None:
    """Refuse a review of somebody else by anybody but staff of that course.

    :raises LaunchRefused: `review-not-allowed` (403).
    """
    if launch.for_user.id != launch.sub and (launch.role not in STAFF or launch.test_user):
        raise launch.refused("review-not-allowed", launch.role.value)


def of(launch: Launch, community_id: int, now: datetime) -> Review:
    """Find the member and the column that a review is about, in the community of its own course alone.

    :raises LaunchRefused: `review-other-course` (403), the line item is one of another course;
        `review-unknown-person` (404), nobody of that id was ever here; `review-not-graded` (404), somebody
        who left, or is no learner here.
    """
    column_id = _column(launch, community_id)
    if launch.for_user.id == launch.sub:
        return Review(own=True, member_id=None, column_id=column_id)
    return Review(own=False, member_id=_graded(launch, community_id, now), column_id=column_id)


def _graded(launch: Launch, community_id: int, now: datetime) -> int:
    membership = db.session.scalar(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.community_id == community_id,
            User.platform_id == launch.platform_id,
            User.sub == launch.for_user.id,
        )
    )
    if membership is None:
        raise launch.refused("review-unknown-person", status=404)
    enrolments = people.enrolments_of(community_id, [membership.user_id]).get(membership.user_id, [])
    if membership.state == MembershipState.REMOVED or not roles.is_scored(enrolments, now):
        raise launch.refused("review-not-graded", f"membership {membership.id}", status=404)
    return membership.id


def _column(launch: Launch, community_id: int) -> int | None:
    """Return the column of the launch's line item. Of one that nobody has bound the whole score is shown."""
    url = launch.grades.line_item_url
    here = db.session.execute(
        _bound_items(launch)
        .where(_context == launch.context.id, GradeColumn.community_id == community_id)
        .with_only_columns(LineItem.url, LineItem.column_id)
    )
    column_id = dict(map(tuple, here)).get(url)
    if column_id is not None:
        return column_id
    elsewhere = _bound_items(launch).where(LineItem.url == url, _context != launch.context.id)
    if db.session.scalar(elsewhere.with_only_columns(LineItem.id).limit(1)) is not None:
        raise launch.refused("review-other-course")
    return None


def _bound_items(launch: Launch):
    """Begin a question about the columns that are bound in the deployment of a launch."""
    return (
        select(LineItem)
        .select_from(Deployment)
        .join(Course, Course.deployment_id == Deployment.id)
        .outerjoin(_whole, _whole.id == Course.part_of_id)
        .join(LineItem, and_(LineItem.course_id == Course.id, LineItem.state == LineItemState.BOUND))
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(
            Deployment.platform_id == launch.platform_id,
            Deployment.deployment_id == launch.deployment_id,
        )
    )
