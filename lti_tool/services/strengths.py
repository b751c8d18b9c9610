"""What somebody helps with: what they were thanked for, and the topics they chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Subquery, and_, select, union_all

from lti_tool.extensions import db
from lti_tool.knowledge.affinity import Strengths, Thanks
from lti_tool.models import (
    Attention,
    Comment,
    Membership,
    Post,
    Reaction,
    ReactionKind,
    Topic,
    TopicStanding,
    User,
)
from lti_tool.services import contributions, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

# The latest thanks are what somebody helps with now; acceptances are looked for in so many of their replies.
MOST_THANKS, REPLIES_LOOKED_AT = 50, 200
# Of how many topics questions are looked for by themselves.
LEADING_TOPICS = 8
_RECOGNISED = (ReactionKind.HELPED, ReactionKind.ENDORSED)


@dataclass(frozen=True)
class TopicChoice:
    """A topic of the community, and what it is to the member."""

    id: int
    name: str
    followed: bool
    helps: bool


@dataclass(frozen=True)
class Helper:
    """What is known of somebody who may help. `thanks` has the number of the thanked post beside each."""

    topics: Sequence[TopicChoice]
    thanks: Sequence[tuple[int, Thanks]]
    persons: Mapping[int, Person]

    @property
    def thanked_posts(self) -> set[int]:
        """The posts under which they were thanked."""
        return {post_id for post_id, _ in self.thanks}

    @property
    def leading_topics(self) -> list[int]:
        """The topics in which questions are looked for first: thanked for, helps with, follows."""
        here = {topic.id for topic in self.topics}
        thanked = [one.topic for _, one in self.thanks if one.topic in here]
        helps = [topic.id for topic in self.topics if topic.helps]
        follows = [topic.id for topic in self.topics if topic.followed]
        return list(dict.fromkeys([*thanked, *helps, *follows]))[:LEADING_TOPICS]

    def strengths_with(self, tags: Mapping[int, Sequence[int]]) -> Strengths:
        """Return what questions are compared with; `tags` are those of posts, by number."""
        return Strengths(
            thanks=tuple(replace(one, tags=frozenset(tags.get(post_id, ()))) for post_id, one in self.thanks),
            helps=frozenset(topic.id for topic in self.topics if topic.helps),
            follows=frozenset(topic.id for topic in self.topics if topic.followed),
        )

    def name_of_topic(self, topic_id: int | None) -> str | None:
        """Return what a topic is called, None for one that is no longer offered."""
        return next((topic.name for topic in self.topics if topic.id == topic_id), None)

    def person(self, number: int | None) -> Person | None:
        """Return who gave thanks."""
        return self.persons.get(number)


def helper(member: ActingMember, now: datetime) -> Helper:
    """Return what is known of a member who may help. Two statements."""
    thanks, persons = _thanks(member, now)
    return Helper(_topics(member), thanks, persons)


def _topics(member: ActingMember) -> list[TopicChoice]:
    wanted = (
        select(Topic.id, Topic.name, TopicStanding.attention, TopicStanding.helps)
        .outerjoin(
            TopicStanding, and_(TopicStanding.topic_id == Topic.id, TopicStanding.member_id == member.id)
        )
        .where(Topic.community_id == member.community.id, Topic.archived_at.is_(None))
        .order_by(Topic.position, Topic.id)
    )
    return [
        TopicChoice(number, name, attention is Attention.FOLLOWED, bool(helps))
        for number, name, attention, helps in db.session.execute(wanted)
    ]


def _thanks(member: ActingMember, now: datetime) -> tuple[list[tuple[int, Thanks]], dict[int, Person]]:
    """Return the latest thanks with who gave them: thanks to a contribution, endorsements, acceptances."""
    said = _said(member)
    wanted = (
        select(said, Post.title, Post.topic_id.label("post_topic"), Membership, User)
        .join(Post, Post.id == said.c.post_id)
        .join(Membership, Membership.id == said.c.giver_id)
        .join(User, User.id == Membership.user_id)
        .where(Post.deleted_at.is_(None), contributions.shown_to(member, now))
        .order_by(said.c.at.desc())
    )
    found, persons = [], {}
    for row in db.session.execute(wanted):
        persons[row.giver_id] = people.shown(row.Membership, row.User, None)
        found.append((row.post_id, Thanks(row.giver_id, row.title, row.topic_id or row.post_topic)))
    return found, persons


def _said(member: ActingMember) -> Subquery:
    reactions = (
        select(Reaction.post_id, Reaction.giver_id, Reaction.at, Reaction.topic_id)
        .where(Reaction.receiver_id == member.id, Reaction.kind.in_(_RECOGNISED))
        .order_by(Reaction.at.desc())
        .limit(MOST_THANKS)
        .subquery()
    )
    replies = (
        select(Comment.post_id, Comment.accepted_by_id, Comment.accepted_at)
        .where(Comment.author_id == member.id, Comment.deleted_at.is_(None))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(REPLIES_LOOKED_AT)
        .subquery()
    )
    of_post = select(Post.topic_id).where(Post.id == replies.c.post_id).scalar_subquery()
    accepted = select(
        replies.c.post_id, replies.c.accepted_by_id.label("giver_id"), replies.c.accepted_at, of_post
    ).where(replies.c.accepted_at.is_not(None), replies.c.accepted_by_id.is_not(None))
    return union_all(select(reactions), accepted).subquery("said")
