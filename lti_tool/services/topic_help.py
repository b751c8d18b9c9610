"""What members help with: the topics that they chose to show, and why one may believe it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update

from lti_tool.extensions import db
from lti_tool.models import Comment, Post, Reaction, ReactionKind, Topic, TopicStanding
from lti_tool.services import contributions
from lti_tool.services.acting import ActingMember
from lti_tool.services.upserts import INSERTS

# So many of the latest thanks and replies of somebody are looked at: it is told with what they help, not how
# often.
LOOKED_AT = 500
MOST_SHOWN = 50


@dataclass(frozen=True)
class Helped:
    """What others found of somebody's help with a topic. No numbers: nobody is to be compared by them."""

    thanked: bool = False
    accepted: bool = False  # a reply of theirs solved a question
    recognised: bool = False

    @property
    def at_all(self) -> bool:
        """Whether there is anything to tell."""
        return self.thanked or self.accepted or self.recognised


@dataclass(frozen=True)
class HelpTopic:
    """A topic as a member page and a profile name it."""

    id: int
    name: str
    shown: bool
    helped: Helped


def shown_by(reader: ActingMember, member_id: int, now: datetime) -> list[HelpTopic]:
    """Return the topics with which a member says they help, in the order of the list of topics.

    What is told of each comes from threads that the reader may read. Four statements.
    """
    wanted = (
        select(Topic.id, Topic.name)
        .join(TopicStanding, TopicStanding.topic_id == Topic.id)
        .where(
            TopicStanding.member_id == member_id,
            TopicStanding.helps.is_(True),
            Topic.community_id == reader.community.id,
            Topic.archived_at.is_(None),
        )
        .order_by(Topic.position, Topic.id)
        .limit(MOST_SHOWN)
    )
    topics = db.session.execute(wanted).all()
    helped = _helped(reader, member_id, now) if topics else {}
    return [HelpTopic(number, name, True, helped.get(number, Helped())) for number, name in topics]


def names_of(community_id: int, member_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Return the names of the topics that these members help with, as they chose to show; one statement."""
    wanted = (
        select(TopicStanding.member_id, Topic.name)
        .join(Topic, Topic.id == TopicStanding.topic_id)
        .where(
            TopicStanding.member_id.in_(set(member_ids)),
            TopicStanding.helps.is_(True),
            Topic.community_id == community_id,
            Topic.archived_at.is_(None),
        )
        .order_by(Topic.position, Topic.id)
    )
    found: dict[int, list[str]] = {}
    for number, name in db.session.execute(wanted):
        found.setdefault(number, []).append(name)
    return found


def to_choose(member: ActingMember, now: datetime) -> list[HelpTopic]:
    """Return all topics, for the member to say with which they help: chosen ones, then what they helped with.

    Four statements.
    """
    shown = (
        select(TopicStanding.helps)
        .where(TopicStanding.member_id == member.id, TopicStanding.topic_id == Topic.id)
        .scalar_subquery()
    )
    wanted = (
        select(Topic.id, Topic.name, func.coalesce(shown, False))
        .where(Topic.community_id == member.community.id, Topic.archived_at.is_(None))
        .order_by(Topic.position, Topic.id)
    )
    helped = _helped(member, member.id, now)
    topics = [
        HelpTopic(number, name, bool(is_shown), helped.get(number, Helped()))
        for number, name, is_shown in db.session.execute(wanted)
    ]
    return sorted(topics, key=lambda topic: (not topic.shown, not topic.helped.at_all))


def choose(member: ActingMember, topics: Collection[int]) -> None:
    """Show these topics, and no others, as those that a member helps with; what they follow stays."""
    db.session.execute(
        update(TopicStanding)
        .where(TopicStanding.member_id == member.id, TopicStanding.helps.is_(True))
        .where(TopicStanding.topic_id.not_in(set(topics)))
        .values(helps=False),
        execution_options={"synchronize_session": False},
    )
    here = select(Topic.id).where(
        Topic.community_id == member.community.id, Topic.id.in_(set(topics)), Topic.archived_at.is_(None)
    )
    rows = [
        {"member_id": member.id, "topic_id": number, "helps": True}
        for number in db.session.scalars(here.order_by(Topic.id))
    ]
    if not rows:
        return
    connection = db.session.connection()
    insert = INSERTS[connection.dialect.name](TopicStanding.__table__).values(rows)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["member_id", "topic_id"], set_={"helps": True})
    )


def _helped(reader: ActingMember, member_id: int, now: datetime) -> Mapping[int, Helped]:
    """Return what others found of somebody's help, by topic, as far as the reader may know of it."""
    found: dict[int, Helped] = {}
    for topic, kind in db.session.execute(_thanks(reader, member_id, now)):
        name = "recognised" if kind is ReactionKind.ENDORSED else "thanked"
        found[topic] = replace(found.get(topic, Helped()), **{name: True})
    for topic in db.session.scalars(_solutions(reader, member_id, now)):
        found[topic] = replace(found.get(topic, Helped()), accepted=True)
    return found


def _thanks(reader: ActingMember, member_id: int, now: datetime):
    latest = (
        select(Reaction.post_id, Reaction.kind, Reaction.topic_id)
        .where(Reaction.receiver_id == member_id)
        .order_by(Reaction.at.desc())
        .limit(LOOKED_AT)
        .subquery("latest")
    )
    topic = func.coalesce(latest.c.topic_id, Post.topic_id)
    told = latest.c.kind.in_((ReactionKind.HELPED, ReactionKind.ENDORSED))
    return (
        select(topic, latest.c.kind)
        .select_from(latest)
        .join(Post, Post.id == latest.c.post_id)
        .where(told, topic.is_not(None), contributions.shown_to(reader, now))
        .distinct()
    )


def _solutions(reader: ActingMember, member_id: int, now: datetime):
    latest = (
        select(Comment.post_id, Comment.solves_id, Comment.deleted_at)
        .where(Comment.author_id == member_id)
        .order_by(Comment.created_at.desc())
        .limit(LOOKED_AT)
        .subquery("replies")
    )
    return (
        select(Post.topic_id)
        .select_from(latest)
        .join(Post, Post.id == latest.c.post_id)
        .where(
            latest.c.solves_id.is_not(None),
            latest.c.deleted_at.is_(None),
            Post.topic_id.is_not(None),
            contributions.shown_to(reader, now),
        )
        .distinct()
    )
