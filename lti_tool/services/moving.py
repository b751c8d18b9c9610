"""Staff move a thread to another topic, or to other readers: to a sub-group, out of one, from one to another.

Who can read a thread is asked of its post whenever it is read. So with the post everything goes along:
replies, files, votes, what is bookmarked and read, what the search finds and what members are told.
"""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import ModerationAct, Post
from lti_tool.services import arranging, moderation, people, publishing, subgroups, tags, topics
from lti_tool.services.acting import ActingMember
from lti_tool.services.arranging import Sight
from lti_tool.services.moderation import Decision
from lti_tool.services.people import Person
from lti_tool.services.subgroups import SubgroupMark
from lti_tool.services.topics import TopicChoice


@dataclass(frozen=True)
class Destination:
    """Where a thread is to stand: under which topic (None: none), for whom (None: everybody here)."""

    topic: int | None
    subgroup: int | None


@dataclass(frozen=True)
class Move:
    """What staff fill in; `confirmed`: that a sub-group's words are shown to others."""

    to: Destination
    confirmed: bool
    decision: Decision


@dataclass(frozen=True)
class Movable:
    """A thread with what a form offers for it. `only_topic`: it sets a task, which is for everybody."""

    id: int
    title: str
    author: Person
    version: int
    at: Destination
    subgroup_name: str | None
    topics: list[TopicChoice]
    subgroups: list[SubgroupMark]
    only_topic: bool
    reply_count: int


@dataclass(frozen=True)
class Preview:
    """What a move would change; `problems` are the reasons for which it cannot be, by field."""

    to: Destination
    subgroup_name: str | None
    topic_name: str | None
    other_topic: bool
    sight: Sight | None  # None: the same people read it
    leaves_subgroup: bool
    problems: dict[str, list[str]]


def to_move(member: ActingMember, post_id: int, now: datetime) -> Movable:
    """Return a thread that can be moved. Five statements. Raises as `arranging.to_arrange`."""
    post = arranging.to_arrange(member, post_id, now)
    rooms = [] if post.opens_prompt else subgroups.to_write_in(member)
    return Movable(
        id=post.id,
        title=post.title,
        author=people.described([post.author], now)[post.author_id],
        version=arranging.version_of(post),
        at=Destination(post.topic_id, post.subgroup_id),
        subgroup_name=post.subgroup_name,
        topics=topics.to_choose(member, post.topic_id),
        subgroups=[one for one in rooms if one.id != post.subgroup_id],
        only_topic=bool(post.opens_prompt),
        reply_count=post.comment_count,
    )


def preview(member: ActingMember, post_id: int, to: Destination, now: datetime) -> Preview:
    """Return what a move would change, before anybody decides. Raises as `arranging.to_arrange`."""
    post = arranging.to_arrange(member, post_id, now)
    rooms = {one.id: one.name for one in subgroups.to_write_in(member)}
    problems = _problems(member, post, to)
    if to.subgroup not in (None, post.subgroup_id) and to.subgroup not in rooms:
        problems = problems | {"subgroup": ["subgroup-not-open"]}
    other_room = to.subgroup != post.subgroup_id
    known = not problems.get("subgroup")
    sight = arranging.sight(member, post, to.subgroup, now) if other_room and known else None
    if sight is not None and sight.author_loses:
        problems = problems | {"subgroup": ["author-not-there"]}
    names = {one.id: one.name for one in topics.to_choose(member, post.topic_id)}
    return Preview(
        to=to,
        subgroup_name=post.subgroup_name if not other_room else rooms.get(to.subgroup),
        topic_name=names.get(to.topic),
        other_topic=to.topic != post.topic_id,
        sight=sight,
        leaves_subgroup=other_room and post.subgroup_id is not None,
        problems=problems,
    )


def _problems(member: ActingMember, post: Post, to: Destination) -> dict[str, list[str]]:
    """Return why a thread cannot be moved there, whoever reads it. One statement at most."""
    if to == Destination(post.topic_id, post.subgroup_id):
        return {"subgroup": ["moved-nowhere"]}
    if to.topic is not None and to.topic != post.topic_id and not topics.is_offered(member, to.topic):
        return {"topic": ["unknown-topic"]}
    if to.subgroup == post.subgroup_id:
        return {}
    return {"subgroup": ["prompt-for-everybody"]} if post.opens_prompt else {}


def move(member: ActingMember, post_id: int, wanted: Move, now: datetime) -> None:
    """Let a thread stand elsewhere; its author is told why, and whoever replied where others read it then.

    :raises NotFound: no such thread here, or it does not stand.
    :raises Unfit: it cannot be moved there (`_problems`), its author could not read it there, or nobody
        confirmed that what a sub-group wrote among itself is shown to others.
    :raises Stale: something was decided about it since the page was made.
    """
    begun = arranging.begin(member, post_id, ModerationAct.MOVED, wanted.decision, now)
    if begun is None:
        return
    post, to = begun.post, wanted.to
    _must_fit(member, post, wanted, now)
    before = Destination(post.topic_id, post.subgroup_id)
    # A tag is counted where everybody reads it.
    tags.count_post(post, -1)
    if before.subgroup not in (None, to.subgroup):
        post.left_subgroup_at = now
    post.topic_id, post.subgroup_id = to.topic, to.subgroup
    db.session.flush()
    tags.count_post(post, 1)
    publishing.moved(member, post, now)
    detail = {
        "from_subgroup": before.subgroup,
        "to_subgroup": to.subgroup,
        "from_topic": before.topic,
        "to_topic": to.topic,
    }
    told = {name: number for name, number in detail.items() if number is not None}
    moderation.settle(member, begun.case, ModerationAct.MOVED, wanted.decision, now, **told)
    if before.subgroup != to.subgroup:
        replies = [(post, reply) for reply in arranging.replies_that_stand(post)]
        act, decision = ModerationAct.MOVED, wanted.decision
        arranging.tell_authors(member, replies, act, decision, now, but=post.author_id)


def _must_fit(member: ActingMember, post: Post, wanted: Move, now: datetime) -> None:
    problems = _problems(member, post, wanted.to)
    if problems:
        raise Unfit(problems)
    if wanted.to.subgroup == post.subgroup_id:
        return
    if wanted.to.subgroup is not None:
        subgroups.must_take_posts(member, wanted.to.subgroup)
    if arranging.sight(member, post, wanted.to.subgroup, now).author_loses:
        raise Unfit({"subgroup": ["author-not-there"]})
    if post.subgroup_id is not None and not wanted.confirmed:
        raise Unfit({"confirmed": ["not-confirmed"]})
