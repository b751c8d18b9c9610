"""A member recognises somebody's help on a topic, for all to read; limited, so that it says something."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, Membership, Post, ReactionKind, Topic
from lti_tool.services import people, reactions, recognition_limits
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

PERSON_LIMIT, WEEK_LIMIT = "endorsed-this-person", "endorsed-this-week"


@dataclass(frozen=True)
class Endorsement:
    """What somebody fills in to recognise another's help: on which topic, and a sentence."""

    topic: int | None
    note: str | None


@dataclass(frozen=True)
class HelpGiven:
    """A contribution whose help may be recognised. `limit` says why it cannot be now; `left`: of the week.

    `topic` is the one that is proposed, `renewed_at` when the week of the limits ends.
    """

    post_id: int
    comment_id: int | None
    title: str
    excerpt: str
    author: Person
    topic: int | None
    topics: list[tuple[int, str]]
    limit: str | None
    left: int | None
    renewed_at: datetime


def endorse(
    member: ActingMember, post_id: int, comment_id: int | None, wanted: Endorsement, now: datetime
) -> None:
    """Recognise the help in a contribution of somebody else; once more gives it another topic and sentence.

    :raises Unfit: the limits of a week or of two people are reached, or there is no such topic.
    :raises NotFound: there is none here whose help can be recognised. :raises Stale: its sub-group is closed.
    :raises NotAllowed: it is one's own.
    """
    post, comment = reactions.place_for(member, ReactionKind.ENDORSED, post_id, comment_id, now)
    if wanted.topic is not None and wanted.topic not in dict(_topics(member, post)):
        raise Unfit({"topic": ["unknown"]})
    found = reactions.standing(member, post, comment, ReactionKind.ENDORSED)
    if found is None:
        limit = _limit(member, post, comment, recognition_limits.allowance_of(member, now))
        if limit:
            raise Unfit({"limit": [limit]})
        found = reactions.add(member, post, comment, ReactionKind.ENDORSED, now, counted=True, note=None)
    found.topic_id, found.note = wanted.topic, wanted.note


def to_endorse(
    member: ActingMember, post_id: int, comment_id: int | None, now: datetime, kind: str = "endorsed"
) -> HelpGiven:
    """Return a contribution whose help this member may recognise, with the limits; writes nothing.

    :param kind: what else is to be said to it. :raises NotFound, NotAllowed, Stale: as `endorse`.
    """
    said = ReactionKind(kind)
    post, comment = reactions.place_for(member, said, post_id, comment_id, now, locked=False)
    contribution = comment or post
    author = db.session.get_one(Membership, contribution.author_id, options=[joinedload(Membership.user)])
    allowed = recognition_limits.allowance_of(member, now)
    topics = _topics(member, post)
    return HelpGiven(
        post_id=post.id,
        comment_id=comment_id,
        title=post.title,
        excerpt=excerpt(contribution.body),
        author=people.described([author], now)[author.id],
        topic=post.topic_id if post.topic_id in dict(topics) else None,
        topics=topics,
        limit=_limit(member, post, comment, allowed),
        left=allowed.left,
        renewed_at=allowed.renewed_at,
    )


def _limit(
    member: ActingMember, post: Post, comment: Comment | None, allowed: recognition_limits.Allowance
) -> str | None:
    """Return which limit keeps a member from recognising this help now."""
    so_far = recognition_limits.endorsed_so_far(member, (comment or post).author_id)
    if so_far >= allowed.rule.per_pair:
        return PERSON_LIMIT
    if allowed.left is None or allowed.left or recognition_limits.is_noted(member, post, comment):
        return None
    return WEEK_LIMIT


def _topics(member: ActingMember, post: Post) -> list[tuple[int, str]]:
    """Return number and name of the topics that are offered: those in use, and that of the post."""
    wanted = select(Topic).where(Topic.community_id == member.community.id)
    found = db.session.scalars(wanted.order_by(Topic.position, Topic.id))
    return [(one.id, one.name) for one in found if one.archived_at is None or one.id == post.topic_id]
