"""What posts and comments share: drafts, double clicks, versions, views."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, true

from lti_tool.errors import NotAllowed, NotFound, Stale
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, Post, Revision
from lti_tool.permissions import Act
from lti_tool.services import changes, facts
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person

# The same words by the same person this soon after are a double click, not a second contribution.
DOUBLE_CLICK = timedelta(seconds=60)


@dataclass(frozen=True)
class PostDraft:
    """What a member fills in to open a post; `kind` is a PostKind value, `prompt` the one it answers."""

    kind: str
    title: str
    body: str
    prompt: int | None = None


@dataclass(frozen=True)
class PostEdit:
    """New words for a post; `version` is the number of edits the form was made from."""

    title: str
    body: str
    version: int


@dataclass(frozen=True)
class CommentDraft:
    """What a member fills in to reply."""

    body: str


@dataclass(frozen=True)
class CommentEdit:
    """New words for a reply; `version` as in PostEdit."""

    body: str
    version: int


@dataclass(frozen=True)
class PostCard:
    """A post as lists show it."""

    id: int
    kind: str
    title: str
    excerpt: str
    author: Person
    created_at: datetime
    edit_count: int
    edited_at: datetime | None
    comment_count: int
    last_activity_at: datetime
    unread: bool
    mine: bool
    opens_prompt: bool
    coming: bool  # a prompt that has not opened: only staff see it


@dataclass(frozen=True)
class Version:
    """One wording in the history of a contribution."""

    number: int
    title: str | None
    body: str
    at: datetime
    by: Person
    current: bool


def card(post: Post, author: Person, member: ActingMember, now: datetime) -> PostCard:
    """Describe a post for a list, as this member sees it."""
    return PostCard(
        id=post.id,
        kind=post.kind.value,
        title=post.title,
        excerpt=excerpt(post.body),
        author=author,
        created_at=post.created_at,
        edit_count=post.edit_count,
        edited_at=post.edited_at,
        comment_count=post.comment_count,
        last_activity_at=post.last_activity_at,
        unread=is_unread(post.last_activity_at, post.last_activity_by_id, member),
        mine=post.author_id == member.id,
        opens_prompt=bool(post.opens_prompt),
        coming=is_coming(post, now),
    )


def is_coming(post: Post, now: datetime) -> bool:
    """Tell whether a post sets a prompt that has not opened yet: such a post is dated at its opening."""
    return bool(post.opens_prompt) and post.created_at > now


def shown_to(member: ActingMember, now: datetime) -> ColumnElement[bool]:
    """Return the condition on posts under which this member may know of them."""
    if member.may(Act.SEE_COMING_PROMPTS):
        return true()
    return or_(Post.opens_prompt.is_(None), Post.created_at <= now)


def is_unread(created_at: datetime, author_id: int, member: ActingMember) -> bool:
    """Tell whether something came since the member's last visit and is not their own."""
    since = member.membership.last_visit_at
    return since is not None and created_at > since and author_id != member.id


def own(member: ActingMember, contribution: Post | Comment) -> None:
    """Refuse unless the member wrote it and it still stands.

    :raises NotFound: it was deleted. :raises NotAllowed: somebody else wrote it.
    """
    if contribution.deleted_at is not None:
        raise NotFound()
    if contribution.author_id != member.id:
        raise NotAllowed(who=["author"])


def unchanged_since(contribution: Post | Comment, version: int) -> None:
    """Refuse an edit made from an older wording.

    :raises Stale: somebody (the same person in another tab) edited it meanwhile.
    """
    if contribution.edit_count != version:
        raise Stale("edited-meanwhile")


def keep_wording(member: ActingMember, contribution: Post | Comment, now: datetime) -> None:
    """Put the present wording into the history, before it is replaced."""
    is_post = isinstance(contribution, Post)
    db.session.add(
        Revision(
            community_id=member.community.id,
            post_id=contribution.id if is_post else None,
            comment_id=None if is_post else contribution.id,
            title=contribution.title if is_post else None,
            body=contribution.body,
            replaced_at=now,
            replaced_by_id=member.id,
        )
    )


def take_back(member: ActingMember, post: Post, now: datetime) -> None:
    """Delete a post: its words go into the history and leave every page."""
    keep_wording(member, post, now)
    post.title, post.body, post.deleted_at = "", "", now
    changes.record(member, "post.deleted", post, None, now)
    facts.record(member, FactAct.DELETED, post, None, now)


def post_here(member: ActingMember, post_id: int, now: datetime, *, locked: bool = False) -> Post:
    """Return a post of the member's community. One statement.

    :raises NotFound: there is none with this id in this community, or not yet for this member.
    """
    wanted = select(Post).where(
        Post.id == post_id, Post.community_id == member.community.id, shown_to(member, now)
    )
    post = db.session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()
    if post is None:
        raise NotFound()
    return post


def comment_here(member: ActingMember, post_id: int, comment_id: int, *, locked: bool = False) -> Comment:
    """Return a comment under a post of the member's community. One statement.

    :raises NotFound: there is none with these ids in this community.
    """
    wanted = select(Comment).where(
        Comment.id == comment_id, Comment.post_id == post_id, Comment.community_id == member.community.id
    )
    comment = db.session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()
    if comment is None:
        raise NotFound()
    return comment


def versions(contribution: Post | Comment, revisions: list[Revision], people: dict) -> list[Version]:
    """Line up the wordings of a contribution, newest first."""
    is_post = isinstance(contribution, Post)
    written = [contribution.created_at, *(revision.replaced_at for revision in revisions)]
    wordings = [(revision.title, revision.body) for revision in revisions]
    wordings.append((contribution.title if is_post else None, contribution.body))
    lined_up = [
        Version(
            number=number,
            title=title,
            body=body,
            at=written[number - 1],
            by=people[contribution.author_id],
            current=number == len(wordings),
        )
        for number, (title, body) in enumerate(wordings, start=1)
    ]
    return lined_up[::-1]
