"""A member as they may read by now, for what is sent to them while nobody is here: mails, their calendar."""

from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Community, Membership, Platform, PlatformState, User
from lti_tool.permissions import Act
from lti_tool.services import people, roles
from lti_tool.services.acting import ActingMember


def reader(member_id: int, now: datetime) -> ActingMember | None:
    """Return a member in the role that is in force, None for somebody who may not read. Two statements.

    Nobody may who was removed, has left the course, or whose LMS is suspended.
    """
    wanted = (
        select(Membership, User, Community)
        .join(User, User.id == Membership.user_id)
        .join(Platform, Platform.id == User.platform_id)
        .join(Community, Community.id == Membership.community_id)
        .where(Membership.id == member_id, Platform.state != PlatformState.SUSPENDED)
    )
    found = db.session.execute(wanted).one_or_none()
    if found is None:
        return None
    membership, user, community = found
    enrolments = people.enrolments_of(community.id, [user.id]).get(user.id, [])
    role = roles.in_force(membership, enrolments, now)
    if role is None:
        return None
    member = ActingMember(
        membership,
        user,
        community,
        role,
        roles.is_scored(enrolments, now),
        muted_until=roles.muted_until(membership, now),
    )
    return member if member.may(Act.READ) else None
