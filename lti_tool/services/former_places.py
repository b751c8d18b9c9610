"""Where something stands by now that staff moved: its old address leads there, for ever.

No table says so: of what was split or merged both rows are there, and one of them names the other.
"""

from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Comment
from lti_tool.services import contributions
from lti_tool.services.acting import ActingMember
from lti_tool.services.facts import Place


def stands_at(member: ActingMember, post_id: int, comment_id: int | None, now: datetime) -> Place | None:
    """Return where a contribution stands whose address is an old one; None for any other address.

    One statement where nothing was moved, one more for each time that it was, and one in the end.

    :raises NotFound: it stands where this member may not read.
    """
    asked = there = Place(post_id, comment_id)
    while (further := _from(member, there)) is not None:
        there = further
    if there == asked:
        return None
    contributions.post_here(member, there.post_id, now)
    return there


def _from(member: ActingMember, place: Place) -> Place | None:
    """Return where what once stood at a place was moved from there, None where it was not."""
    here = Comment.community_id == member.community.id
    if place.comment_id is None:
        merged = select(Comment.post_id, Comment.id).where(here, Comment.made_of_post_id == place.post_id)
        row = db.session.execute(merged).one_or_none()
        return None if row is None else Place(*row)
    wanted = select(Comment.post_id, Comment.became_post_id, Comment.moved_at)
    row = db.session.execute(wanted.where(here, Comment.id == place.comment_id)).one_or_none()
    if row is None:
        return None
    if row.became_post_id is not None:
        return Place(row.became_post_id, None)
    was_moved = row.moved_at is not None and row.post_id != place.post_id
    return Place(row.post_id, place.comment_id) if was_moved else None
