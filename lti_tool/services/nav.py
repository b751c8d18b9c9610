"""The numbers that the navigation of every page shows, of which it counts no more than it can say.

Threads with something new are those of the list that is narrowed to what is unread (`discussions`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, literal, select

from lti_tool.extensions import db
from lti_tool.models import Post
from lti_tool.permissions import Act
from lti_tool.services import contributions, helping, notifications, reading, shared
from lti_tool.services.acting import ActingMember

MOST_COUNTED = 99
# Among how many threads, the latest in motion, what is new is looked for: every page asks.
LOOKED_AT = 200


@dataclass(frozen=True)
class Counts:
    """How many questions wait for a reply, how many threads have something new, whether there is a charter.

    Both counts end at MOST_COUNTED; `more` and `more_news` say that there are others. `told` is how much the
    member was told and has not read, one more than notifications.MOST_COUNTED where there is more than that.
    """

    to_answer: int = 0
    more: bool = False
    charter: bool = False
    news: int = 0
    more_news: bool = False
    told: int = 0
    shared: bool = False  # the charter opens what is written to sponsors


def counts(member: ActingMember, now: datetime) -> Counts:
    """Count what waits for this member. One statement, which stops counting at its bound."""
    if not member.may(Act.READ):
        return _to_a_sponsor(member) if member.may(Act.READ_CHARTER) else Counts()
    waiting = (
        select(Post.id)
        .where(*helping.waiting_for(member, now))
        .order_by(Post.waits_since)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    counted = select(func.count()).select_from(waiting).scalar_subquery()
    told = notifications.counted(member, now)
    wanted = select(counted, shared.saying(member).scalar_subquery(), _news(member, now), told)
    found, opens, news, unread = db.session.execute(wanted).one()
    return Counts(
        to_answer=min(found, MOST_COUNTED),
        more=found > MOST_COUNTED,
        charter=opens is not None,
        news=min(news, MOST_COUNTED),
        more_news=news > MOST_COUNTED,
        told=unread,
        shared=bool(opens),
    )


def _to_a_sponsor(member: ActingMember) -> Counts:
    opens = shared.charter_says(member)
    return Counts(charter=opens is not None, shared=bool(opens))


def _news(member: ActingMember, now: datetime) -> ScalarSelect[int]:
    """Count the threads with something new to this member, which they have not muted."""
    if reading.floor_of(member) is None:
        return select(literal(0)).scalar_subquery()  # nothing is new on a first visit
    latest = (
        select(
            Post.id,
            Post.created_at,
            Post.author_id,
            Post.last_activity_at,
            Post.topic_id,
            Post.deleted_at,
            Post.subgroup_id,
            Post.opens_prompt,
        )
        .where(Post.community_id == member.community.id)
        .order_by(Post.last_activity_at.desc(), Post.id.desc())
        .limit(LOOKED_AT)
        .subquery("latest")
    )
    it = latest.c
    unread = (
        select(it.id)
        .where(
            it.deleted_at.is_(None),
            it.created_at <= now,  # a prompt that is still to come is dated at its opening
            reading.has_news(member, it),
            contributions.shown_to(member, now, it),
            reading.not_muted(member, it.id, it.topic_id),
        )
        .limit(MOST_COUNTED + 1)
        .subquery("unread")
    )
    return select(func.count()).select_from(unread).scalar_subquery()
