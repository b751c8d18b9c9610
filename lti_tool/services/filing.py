"""Where a post is filed: its topic, out of the list that staff keep, and its tags."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.errors import NotAllowed, NotFound, Unfit
from lti_tool.models import Post
from lti_tool.permissions import Act
from lti_tool.services import changes, contributions, publishing, tags, topics
from lti_tool.services.acting import ActingMember
from lti_tool.services.topics import TopicChoice


@dataclass(frozen=True)
class Choices:
    """What a form offers: the topics, the one in force among them, and tags that others used."""

    topics: list[TopicChoice]
    tags: list[str]


def choices(member: ActingMember, now: datetime, post: Post | None = None) -> Choices:
    """Return what may be chosen for a new post, or for one that is there. Two statements."""
    return Choices(topics.to_choose(member, post.topic_id if post else None), tags.suggestions(member, now))


def values_of(post: Post) -> dict[str, str]:
    """Return topic and tags of a post as its form shows them. One statement."""
    return {"topic": str(post.topic_id or ""), "tags": ", ".join(tag.name for tag in tags.of(post))}


def put(member: ActingMember, post: Post, topic: int | None, names: tuple[str, ...]) -> bool:
    """File a post, which the caller has found and may change; tell whether anything changed.

    The caller holds `changes.in_order`.

    :raises Unfit: no such topic here, or one that is no longer offered; too many tags.
    """
    if topic is not None and topic != post.topic_id and not topics.is_offered(member, topic):
        raise Unfit({"topic": ["unknown-topic"]})
    moved = post.topic_id != topic
    post.topic_id = topic
    return tags.put(member, post, names) or moved


def to_file(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return a post whose topic and tags the member may change: its author, and who keeps the topics.

    :raises NotFound: no such post here, or it was deleted. :raises NotAllowed: it is somebody else's.
    """
    member.must(Act.WRITE_POST)
    post = contributions.post_here(member, post_id, now)
    if post.deleted_at is not None:
        raise NotFound()
    if post.author_id != member.id and not member.may(Act.ARRANGE):
        raise NotAllowed(who=["author"])
    return post


def file(
    member: ActingMember, post_id: int, topic: int | None, names: tuple[str, ...], now: datetime
) -> Post:
    """Give a post another topic and other tags; its words stay as they are."""
    member.must(Act.WRITE_POST)
    changes.in_order(member)
    post = to_file(member, post_id, now)
    if put(member, post, topic, names):
        publishing.refiled(post)
    return post
