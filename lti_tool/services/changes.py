"""What open pages learn of: rows after a cursor, ids rising in the order in which they were committed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from lti_tool.extensions import db
from lti_tool.models import Change, Comment, Community, Post
from lti_tool.permissions import Act
from lti_tool.services.acting import ActingMember

AT_MOST = 200


@dataclass(frozen=True)
class Changes:
    """What happened after a cursor; `mine` changes are left out of the counts."""

    cursor: int
    new_posts: int
    new_comments: int
    posts: list[int]  # whose pages have something new


def in_order(member: ActingMember) -> None:
    """Let the writers of one community queue: a change committed later then never has a lower id.

    On SQLite the write lock of the whole database already does it.
    """
    db.session.execute(select(Community.id).where(Community.id == member.community.id).with_for_update())


def record(member: ActingMember, kind: str, post: Post, comment: Comment | None, now: datetime) -> None:
    """Note a change for open pages. The caller holds `in_order`."""
    db.session.add(
        Change(
            community_id=member.community.id,
            kind=kind,
            post_id=post.id,
            comment_id=comment.id if comment else None,
            actor_id=member.id,
            at=now,
        )
    )


# Asked by every open page every few seconds: written once.
_LATER = (
    select(Change)
    .where(Change.community_id == bindparam("here"), Change.id > bindparam("cursor"))
    .order_by(Change.id)
    .limit(AT_MOST)
)
# A prompt that has not opened: its post is dated at its opening.
_COMING = select(Post.id).where(
    Post.community_id == bindparam("here"), Post.created_at > bindparam("now"), Post.opens_prompt.is_(True)
)
_LATER_WITHOUT_COMING = _LATER.where(Change.post_id.not_in(_COMING))


def after(member: ActingMember, cursor: int, now: datetime) -> Changes | None:
    """Return what happened after a cursor, None when nothing did. One statement."""
    member.must(Act.READ)
    told = {"here": member.community.id, "cursor": cursor}
    if member.may(Act.SEE_COMING_PROMPTS):
        found = list(db.session.scalars(_LATER, told))
    else:
        found = list(db.session.scalars(_LATER_WITHOUT_COMING, {**told, "now": now}))
    if not found:
        return None
    others = [change for change in found if change.actor_id != member.id]
    return Changes(
        cursor=found[-1].id,
        new_posts=sum(change.kind == "post.written" for change in others),
        new_comments=sum(change.kind == "comment.written" for change in others),
        posts=sorted({change.post_id for change in others}),
    )
