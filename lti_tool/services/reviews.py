"""Submission review: an LMS's gradebook opens what stands behind one person's grade."""

from dataclasses import dataclass

from sqlalchemy import select

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import Course, GradeColumn, LineItem, LineItemState, Membership, User
from lti_tool.services.roles import STAFF


@dataclass(frozen=True)
class Review:
    """Whose page is opened; `column_id` None: the column of the whole score."""

    own: bool
    member_id: int
    column_id: int | None


def must_be_allowed(launch: Launch) -> None:
    """Refuse a review of somebody else by anybody but staff of that course: the message grants nothing.

    :raises LaunchRefused: `review-not-allowed` (403).
    """
    if launch.for_user.user_id != launch.sub and (launch.role not in STAFF or launch.test_user):
        raise _refusal(launch, "review-not-allowed", launch.role.value)


def of(launch: Launch, community_id: int) -> Review:
    """Find the member and the column that a review is about, in the community of its own course alone.

    :raises LaunchRefused: `review-unknown-person` (404), nobody of that id was ever here;
        `review-other-course` (403), the line item is one of another course.
    """
    member_id = db.session.scalar(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.community_id == community_id,
            User.platform_id == launch.platform_id,
            User.sub == launch.for_user.user_id,
        )
    )
    if member_id is None:
        raise _refusal(launch, "review-unknown-person", "")
    return Review(launch.for_user.user_id == launch.sub, member_id, _column(launch, community_id))


def _column(launch: Launch, community_id: int) -> int | None:
    """The column of the launch's line item. Of one that nobody has bound the whole score is shown."""
    found = db.session.execute(
        select(LineItem.column_id, GradeColumn.community_id, Course.context_id, Course.deployment_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .join(Course, Course.id == LineItem.course_id)
        .where(LineItem.url == launch.grades.line_item_url, LineItem.state == LineItemState.BOUND)
    ).all()
    here = [
        row
        for row in found
        if (row.deployment_id, row.context_id)
        == (launch.deployment_key, launch.context and launch.context.id)
    ]
    if found and not here:
        raise _refusal(launch, "review-other-course", "")
    return next((row.column_id for row in here if row.community_id == community_id), None)


def _refusal(launch: Launch, code: str, detail: str) -> LaunchRefused:
    return LaunchRefused(
        code,
        detail,
        status=404 if code == "review-unknown-person" else 403,
        platform_id=launch.platform_id,
        issuer=launch.issuer,
        client_id=launch.client_id,
        deployment=launch.deployment_id,
        claims=launch.masked_claims,
        return_url=launch.return_url,
    )
