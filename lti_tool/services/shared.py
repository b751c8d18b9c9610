"""What sponsors read of a community: contributions without who wrote them, where its charter opens them.

A contribution is open to them when the charter in force says so and its author had accepted a charter that
said so before they wrote it. Nothing of what was written earlier, and nothing of a sub-group, also where
staff moved it out of there; no name, no role, no number, no file, no reaction: who wrote is not read, so no
page can tell it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import load_only

from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.knowledge.mentions import nameless
from lti_tool.models import Charter, CharterAcceptance, Comment, Post
from lti_tool.permissions import Act, who_may
from lti_tool.services import cursors
from lti_tool.services.acting import ActingMember

PAGE = 20
REPLIES = 50


@dataclass(frozen=True)
class SharedPost:
    """A contribution as sponsors read it: an excerpt of its words in a list, all of them on its page."""

    id: int
    kind: str
    title: str
    words: str
    created_at: datetime


@dataclass(frozen=True)
class SharedReply:
    words: str
    created_at: datetime


@dataclass(frozen=True)
class SharedPosts:
    """A page of them, the newest first; `older` is the cursor of the next page."""

    posts: list[SharedPost]
    older: str | None


@dataclass(frozen=True)
class SharedThread:
    """A contribution with a page of the replies to it, the oldest first."""

    post: SharedPost
    replies: list[SharedReply]
    newer: str | None


def charter_says(member: ActingMember) -> bool | None:
    """Tell whether the charter in force opens the community to sponsors; None: there is none.

    One statement.
    """
    return db.session.scalars(saying(member)).one_or_none()


def saying(member: ActingMember) -> Select[tuple[bool]]:
    """Select whether the charter in force opens the community to sponsors: no row where there is none."""
    wanted = select(Charter.opens_to_sponsors).where(Charter.community_id == member.community.id)
    return wanted.order_by(Charter.number.desc()).limit(1)


def posts(member: ActingMember, before: str | None, now: datetime) -> SharedPosts:
    """Return a page of what sponsors read. Two statements.

    :raises NotAllowed: `not-opened-to-sponsors`, the charter does not say so.
    """
    _must_be_open(member)
    wanted = _posts(member, now).where(cursors.older(before, Post.created_at, Post.id))
    found = list(db.session.scalars(wanted.order_by(Post.created_at.desc(), Post.id.desc()).limit(PAGE + 1)))
    last = found[PAGE - 1] if len(found) > PAGE else None
    return SharedPosts(
        [_shared(post, excerpt(nameless(post.body))) for post in found[:PAGE]],
        cursors.cursor(last.created_at, last.id) if last else None,
    )


def thread(member: ActingMember, post_id: int, after: str | None, now: datetime) -> SharedThread:
    """Return a contribution that sponsors read, with a page of replies. Three statements.

    :raises NotAllowed: as `posts`. :raises NotFound: it is not open to them, or not here.
    """
    _must_be_open(member)
    post = db.session.scalars(_posts(member, now).where(Post.id == post_id)).one_or_none()
    if post is None:
        raise NotFound()
    wanted = (
        select(Comment)
        .where(
            Comment.post_id == post.id,
            Comment.deleted_at.is_(None),
            _accepted_before(member, Comment),
            cursors.newer(after, Comment.created_at, Comment.id),
        )
        .order_by(Comment.created_at, Comment.id)
        .limit(REPLIES + 1)
        .options(load_only(Comment.body, Comment.created_at, raiseload=True))
    )
    found = list(db.session.scalars(wanted))
    last = found[REPLIES - 1] if len(found) > REPLIES else None
    return SharedThread(
        _shared(post, post.body),
        [SharedReply(nameless(reply.body), reply.created_at) for reply in found[:REPLIES]],
        cursors.cursor(last.created_at, last.id) if last else None,
    )


def _must_be_open(member: ActingMember) -> None:
    member.must(Act.READ_SHARED)
    if not charter_says(member):
        raise NotAllowed("not-opened-to-sponsors", who=who_may(Act.READ, member.community.state))


def _shared(post: Post, words: str) -> SharedPost:
    return SharedPost(post.id, post.kind.value, nameless(post.title), nameless(words), post.created_at)


def _posts(member: ActingMember, now: datetime) -> Select[tuple[Post]]:
    """Select what is open to sponsors, without who wrote it."""
    without = load_only(Post.kind, Post.title, Post.body, Post.created_at, raiseload=True)
    return (
        select(Post)
        .where(
            Post.community_id == member.community.id,
            Post.deleted_at.is_(None),
            Post.subgroup_id.is_(None),
            Post.left_subgroup_at.is_(None),  # its words were for a sub-group, whoever reads them by now
            Post.created_at <= now,  # a prompt that has not opened is dated at its opening
            Post.created_at >= _opened_at(member),  # what is older is not looked through
            _accepted_before(member, Post),
        )
        .options(without)
    )


def _opening(member: ActingMember) -> list[ColumnElement[bool]]:
    """Return the conditions on the charters that have opened the community, without a break until now."""
    silent = select(func.coalesce(func.max(Charter.number), 0)).where(
        Charter.community_id == member.community.id, Charter.opens_to_sponsors.is_(False)
    )
    return [
        Charter.community_id == member.community.id,
        Charter.number > silent.correlate(None).scalar_subquery(),
    ]


def _opened_at(member: ActingMember):
    return select(func.min(Charter.written_at)).where(*_opening(member)).correlate(None).scalar_subquery()


def _accepted_before(member: ActingMember, table: type[Post] | type[Comment]) -> ColumnElement[bool]:
    """Whether the author had accepted one of these charters when they wrote."""
    return (
        exists()
        .where(
            CharterAcceptance.charter_id == Charter.id,
            CharterAcceptance.member_id == table.author_id,
            CharterAcceptance.accepted_at <= table.created_at,
            *_opening(member),
        )
        .correlate(table)
    )
