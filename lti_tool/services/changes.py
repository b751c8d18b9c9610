"""What open pages learn of: rows after a cursor, ids rising in the order in which they were committed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select

from lti_tool.errors import Stale
from lti_tool.extensions import UTCDateTime, db
from lti_tool.models import Attention, Change, Comment, Community, Post, ThreadReader, TopicStanding
from lti_tool.permissions import Act
from lti_tool.services import subgroups
from lti_tool.services.acting import ActingMember

AT_MOST = 200


@dataclass(frozen=True)
class Changes:
    """What happened after a cursor. Of what the member did, muted or may not see only the cursor tells.

    `kinds` says of which kinds the new posts are.
    """

    cursor: int
    new_posts: int
    new_comments: int
    kinds: dict[str, int]
    posts: list[int]  # whose pages have something new


def in_order(member: ActingMember) -> None:
    """Let the writers of one community queue: a change committed later then never has a lower id.

    On SQLite the write lock of the whole database already does it. Not the key: whoever makes a row of this
    community beside the queue would wait for it, perhaps with a row in hand that the writer wants.

    :raises Stale: the community was opened, closed or moved otherwise since the request began.
    """
    here = select(Community.state).where(Community.id == member.community.id)
    if db.session.scalar(here.with_for_update(key_share=True)) is not member.community.state:
        raise Stale("community-moved")  # what this member may do was asked of the state before


def record(member: ActingMember, kind: str, post: Post, comment: Comment | None, now: datetime) -> None:
    """Note a change for open pages. The caller holds `in_order`."""
    db.session.add(
        Change(
            community_id=member.community.id,
            kind=kind,
            post_id=post.id,
            comment_id=comment.id if comment else None,
            actor_id=member.id,
            subgroup_id=post.subgroup_id,
            at=now,
        )
    )


# Asked by every open page every few seconds: written once.
_ME, _NOW = bindparam("me"), bindparam("now", type_=UTCDateTime)
_LATER = (
    select(Change.id, Change.kind, Change.post_id, Change.actor_id, Post.kind.label("post_kind"))
    .join(Post, Post.id == Change.post_id)
    .where(Change.community_id == bindparam("here"), Change.id > bindparam("cursor"))
    .order_by(Change.id)
    .limit(AT_MOST)
)
_THREAD = (
    select(ThreadReader.attention)
    .where(ThreadReader.member_id == _ME, ThreadReader.post_id == Post.id)
    .scalar_subquery()
)
_TOPIC = (
    select(TopicStanding.attention)
    .where(TopicStanding.member_id == _ME, TopicStanding.topic_id == Post.topic_id)
    .scalar_subquery()
)
# The nearer choice holds: a thread that is followed is told of although its topic is muted.
_HEARD = func.coalesce(_THREAD, _TOPIC, Attention.FOLLOWED.value) == Attention.FOLLOWED.value
# A prompt that has not opened: its post is dated at its opening.
_OPENED = or_(Post.opens_prompt.is_(None), Post.created_at <= _NOW)


def after(member: ActingMember, cursor: int, now: datetime) -> Changes | None:
    """Return what happened after a cursor, None when nothing did. One statement.

    Rows that do not concern the member say nothing, unless they fill a whole answer: then they are passed by,
    so that no page reads them again and again.
    """
    member.must(Act.READ)
    concerns = and_(_HEARD, subgroups.open_to(member, Post))
    if not member.may(Act.SEE_COMING_PROMPTS):
        concerns = and_(concerns, _OPENED)
    told = {"here": member.community.id, "cursor": cursor, "me": member.id, "now": now}
    found = db.session.execute(_LATER.add_columns(concerns.label("concerns")), told).all()
    if not any(row.concerns for row in found) and len(found) < AT_MOST:
        return None
    others = [row for row in found if row.concerns and row.actor_id != member.id]
    written = Counter(row.post_kind.value for row in others if row.kind == "post.written")
    return Changes(
        cursor=found[-1].id,
        new_posts=written.total(),
        new_comments=sum(row.kind == "comment.written" for row in others),
        kinds=dict(written),
        posts=sorted({row.post_id for row in others}),
    )
