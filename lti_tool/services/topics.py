"""Topics: the list of what a community talks about, kept by staff, read by everybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, literal, select

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Post, Topic, TopicStanding
from lti_tool.permissions import Act
from lti_tool.services import changes, contributions
from lti_tool.services.acting import ActingMember
from lti_tool.services.reading import MOST_COUNTED

# With archived ones: a list that one still takes in, and that every page of discussions offers.
MOST = 60
UP, DOWN = "up", "down"


@dataclass(frozen=True)
class TopicChoice:
    """A topic as a form offers it."""

    id: int
    name: str
    archived: bool


@dataclass(frozen=True)
class TopicView:
    """A topic as its page shows it. `posts` ends at MOST_COUNTED, `waiting` too."""

    id: int
    name: str
    description: str | None
    archived: bool
    attention: str | None
    posts: int
    waiting: int  # questions without an answer


@dataclass(frozen=True)
class TopicDraft:
    """What staff fill in about a topic."""

    name: str
    description: str | None


def to_choose(member: ActingMember, present: int | None = None) -> list[TopicChoice]:
    """Return the topics that may be chosen, `present` with them though it be archived. One statement."""
    offered = Topic.archived_at.is_(None)
    wanted = _ordered(member).where(offered if present is None else offered | (Topic.id == present))
    return [TopicChoice(one.id, one.name, one.archived_at is not None) for one in db.session.scalars(wanted)]


def is_offered(member: ActingMember, topic_id: int) -> bool:
    """Tell whether a new post may have this topic. One statement."""
    wanted = select(Topic.id).where(
        Topic.id == topic_id, Topic.community_id == member.community.id, Topic.archived_at.is_(None)
    )
    return db.session.scalar(wanted) is not None


def topic_here(member: ActingMember, topic_id: int) -> Topic:
    """Return a topic of this community. :raises NotFound: there is none with this number."""
    wanted = select(Topic).where(Topic.id == topic_id, Topic.community_id == member.community.id)
    topic = db.session.scalars(wanted).one_or_none()
    if topic is None:
        raise NotFound()
    return topic


def topics_of(member: ActingMember, now: datetime) -> list[TopicView]:
    """Return the topics with what stands in each for this member, archived ones last. One statement."""
    member.must(Act.READ)
    shown = (
        Post.topic_id == Topic.id,
        Post.deleted_at.is_(None),
        Post.created_at <= now,
        contributions.shown_to(member, now),
    )
    waiting = _counted(*shown, Post.waits_since.is_not(None))
    standing = and_(TopicStanding.topic_id == Topic.id, TopicStanding.member_id == member.id)
    found = db.session.execute(
        _ordered(member)
        .add_columns(TopicStanding.attention, _counted(*shown), waiting)
        .outerjoin(TopicStanding, standing)
    )
    return [_view(*row) for row in found]


def _counted(*conditions):
    """Count posts of the topic of the row, no further than anybody wants to know."""
    some = select(literal(1)).where(*conditions).limit(MOST_COUNTED).correlate(Topic).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _view(topic: Topic, attention, posts: int, waiting: int) -> TopicView:
    return TopicView(
        id=topic.id,
        name=topic.name,
        description=topic.description,
        archived=topic.archived_at is not None,
        attention=attention.value if attention else None,
        posts=posts,
        waiting=waiting,
    )


def _ordered(member: ActingMember):
    here = Topic.community_id == member.community.id
    return select(Topic).where(here).order_by(Topic.archived_at.is_not(None), Topic.position, Topic.id)


def add(member: ActingMember, draft: TopicDraft, now: datetime) -> Topic:
    """Add a topic at the end of the list.

    :raises Unfit: one of this name is there, archived or not, or there are too many.
    """
    member.must(Act.ARRANGE)
    changes.in_order(member)
    there = list(db.session.scalars(_ordered(member)))
    _must_be_another(there, draft.name)
    if len(there) >= MOST:
        raise Unfit({"name": ["too-many-topics"]})
    topic = Topic(
        community_id=member.community.id,
        name=draft.name,
        folded=folded(draft.name),
        description=draft.description,
        position=max((one.position for one in there), default=0) + 1,
        created_at=now,
    )
    db.session.add(topic)
    db.session.flush()
    return topic


def rewrite(member: ActingMember, topic_id: int, draft: TopicDraft) -> None:
    """Give a topic another name and description. :raises Unfit: another one has this name."""
    member.must(Act.ARRANGE)
    changes.in_order(member)
    topic = topic_here(member, topic_id)
    _must_be_another([one for one in db.session.scalars(_ordered(member)) if one.id != topic_id], draft.name)
    topic.name, topic.folded, topic.description = draft.name, folded(draft.name), draft.description


def _must_be_another(there: list[Topic], name: str) -> None:
    """Names are told apart as people read them: by their letters, in whatever case and accent."""
    twin = next((one for one in there if one.folded == folded(name)), None)
    if twin is not None:
        raise Unfit({"name": ["topic-archived" if twin.archived_at else "topic-there"]})


def move(member: ActingMember, topic_id: int, way: str) -> None:
    """Let a topic change places with its neighbour; one at the end of the list stays."""
    member.must(Act.ARRANGE)
    changes.in_order(member)
    topic_here(member, topic_id)
    offered = [one for one in db.session.scalars(_ordered(member)) if one.archived_at is None]
    places = [one.id for one in offered]
    if topic_id not in places or way not in (UP, DOWN):
        return
    here = places.index(topic_id)
    there = here + (1 if way == DOWN else -1)
    if not 0 <= there < len(offered):
        return
    offered[here], offered[there] = offered[there], offered[here]
    for position, topic in enumerate(offered, start=1):
        topic.position = position


def archive(member: ActingMember, topic_id: int, now: datetime) -> None:
    """No longer offer a topic; what stands in it stays there and can be found."""
    member.must(Act.ARRANGE)
    changes.in_order(member)
    topic = topic_here(member, topic_id)
    topic.archived_at = topic.archived_at or now


def bring_back(member: ActingMember, topic_id: int) -> None:
    """Offer an archived topic again, at the end of the list."""
    member.must(Act.ARRANGE)
    changes.in_order(member)
    topic = topic_here(member, topic_id)
    if topic.archived_at is not None:
        topic.position = max(one.position for one in db.session.scalars(_ordered(member))) + 1
        topic.archived_at = None
