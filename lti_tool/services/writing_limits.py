"""How much one member writes: within an hour, and on their first day. Staff are not counted.

The bounds are those of the community, wide enough that nobody meets them who writes by hand; 0: none.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import Comment, Post
from lti_tool.permissions import Act
from lti_tool.services.acting import ActingMember

HOUR, FIRST_DAY = timedelta(hours=1), timedelta(days=1)


def must_not_be_beyond(member: ActingMember, now: datetime) -> None:
    """Refuse one contribution more than the community takes from one member. Two statements at most.

    What was deleted meanwhile counts: it was read.

    :raises Unfit: they wrote as much as one may within an hour, or on their first day.
    """
    if member.may(Act.MODERATE):
        return
    community = member.community
    if community.hourly_limit and _written_since(member, now - HOUR) >= community.hourly_limit:
        raise Unfit({"body": ["hourly-limit"]})
    joined_at = member.membership.joined_at
    limited = community.first_day_limit and now - joined_at < FIRST_DAY
    if limited and _written_since(member, joined_at) >= community.first_day_limit:
        raise Unfit({"body": ["first-day-limit"]})


def _written_since(member: ActingMember, since: datetime) -> int:
    written = (
        select(func.count()).where(table.author_id == member.id, table.created_at > since)
        for table in (Post, Comment)
    )
    posts, comments = (one.scalar_subquery() for one in written)
    return db.session.scalar(select(posts + comments))
