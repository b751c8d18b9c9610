"""Tags: free words on a post, kept once in a community however they are written."""

from datetime import datetime

from sqlalchemy import ScalarSelect, delete, exists, func, select, update

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Post, PostTag, Tag
from lti_tool.permissions import Act
from lti_tool.services import upserts
from lti_tool.services.acting import ActingMember

MOST_ON_A_POST = 5
LONGEST = 40
# So many different ones a community may have: a page of suggestions, not a dump.
MOST_HERE = 2_000
SUGGESTED = 60


def suggestions(member: ActingMember, now: datetime) -> list[str]:
    """Return the tags that are used most in what everybody here may read, by name. One statement."""
    unseen = 0 if member.may(Act.SEE_COMING_PROMPTS) else _coming(now)
    wanted = (
        select(Tag.name, Tag.folded)
        .where(Tag.community_id == member.community.id, Tag.post_count > unseen)
        .order_by(Tag.post_count.desc(), Tag.folded)
        .limit(SUGGESTED)
    )
    return [row.name for row in sorted(db.session.execute(wanted), key=lambda row: row.folded)]


def _coming(now: datetime) -> ScalarSelect[int]:
    """Count, of a tag, the posts that set a prompt which has not opened: their tags stand at its opening."""
    return (
        select(func.count())
        .select_from(PostTag)
        .join(Post, Post.id == PostTag.post_id)
        .where(
            PostTag.tag_id == Tag.id,
            PostTag.created_at > now,
            Post.opens_prompt.is_(True),
            Post.deleted_at.is_(None),
        )
        .correlate(Tag)
        .scalar_subquery()
    )


def named(member: ActingMember, name: str) -> Tag | None:
    """Return the tag of this community that somebody means by a word, None without one. One statement."""
    wanted = select(Tag).where(Tag.community_id == member.community.id, Tag.folded == folded(name))
    return db.session.scalars(wanted).one_or_none()


def of(post: Post) -> list[Tag]:
    """Return the tags of a post, by name. One statement."""
    wanted = select(Tag).join(PostTag, PostTag.tag_id == Tag.id).where(PostTag.post_id == post.id)
    return list(db.session.scalars(wanted.order_by(Tag.folded)))


def put(member: ActingMember, post: Post, names: tuple[str, ...]) -> bool:
    """Put these tags on a post and no others; tell whether anything changed.

    The caller holds `changes.in_order`, so that nobody else counts at the same time.

    :raises Unfit: the community has so many tags already that it takes no new one.
    """
    wanted = {folded(name): name for name in names}
    before = {tag.folded: tag for tag in of(post)}
    gone = [tag.id for key, tag in before.items() if key not in wanted]
    new = {key: name for key, name in wanted.items() if key not in before}
    if gone:
        db.session.execute(delete(PostTag).where(PostTag.post_id == post.id, PostTag.tag_id.in_(gone)))
        _count(post, gone, -1)
    if new:
        added = _known(member, new)
        rows = [{"post_id": post.id, "tag_id": tag, "created_at": post.created_at} for tag in added]
        db.session.execute(PostTag.__table__.insert(), rows)
        _count(post, added, 1)
    return bool(gone or new)


def count_post(post: Post, by: int) -> None:
    """Keep the counts right when a post leaves the lists (-1) or comes back to them (1). One statement."""
    _count(post, select(PostTag.tag_id).where(PostTag.post_id == post.id).scalar_subquery(), by)


def dated(post: Post, at: datetime) -> None:
    """Let the tags of a post stand at another moment in the lists: its prompt opens then. One statement."""
    db.session.execute(update(PostTag).where(PostTag.post_id == post.id).values(created_at=at))


def _count(post: Post, tags, by: int) -> None:
    """Keep the counts right. What a sub-group tags is not counted: its words are suggested to nobody."""
    if post.subgroup_id is not None:
        return
    db.session.execute(update(Tag).where(Tag.id.in_(tags)).values(post_count=Tag.post_count + by))


def _known(member: ActingMember, names: dict[str, str]) -> list[int]:
    """Return the numbers of tags by their folded names; those that nobody used before are made."""
    here = Tag.community_id == member.community.id
    known = dict(
        map(tuple, db.session.execute(select(Tag.folded, Tag.id).where(here, Tag.folded.in_(names))))
    )
    missing = {key: name for key, name in names.items() if key not in known}
    if missing and not _has_room(member, len(missing)):
        raise Unfit({"tags": ["too-many-tags-here"]})
    for key, name in missing.items():
        values = {"name": name, "post_count": 0}
        known[key] = upserts.upsert_id(Tag, {"community_id": member.community.id, "folded": key}, values, ())
    return list(known.values())


def _has_room(member: ActingMember, wanted: int) -> bool:
    """Tell whether so many new tags fit; what no post has any more makes room first."""
    here = Tag.community_id == member.community.id
    if db.session.scalar(select(func.count()).where(here)) + wanted <= MOST_HERE:
        return True
    unused = ~exists().where(PostTag.tag_id == Tag.id)
    db.session.execute(delete(Tag).where(here, Tag.post_count <= 0, unused))
    return db.session.scalar(select(func.count()).where(here)) + wanted <= MOST_HERE
