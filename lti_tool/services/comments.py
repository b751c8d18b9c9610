"""Replies under a post: write, edit, delete."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, Post
from lti_tool.permissions import Act
from lti_tool.services import (
    attachments,
    cases,
    changes,
    charters,
    contributions,
    held,
    histories,
    mentions,
    people,
    publishing,
    subgroups,
    writing_limits,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK, CommentDraft, CommentEdit, PostCard
from lti_tool.services.histories import History


def write(member: ActingMember, post_id: int, draft: CommentDraft, now: datetime) -> Comment:
    """Reply to a post of the member's community.

    A reply to a reply stands under the same one as that: there is one level.

    :raises NotFound: no such post or reply here; the post was deleted, or sets a prompt that has not opened.
    :raises Stale: its sub-group was closed, or the thread locked, meanwhile.
    :raises Unfit: they wrote as much as one member may, or have not accepted the charter.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    charters.must_be_accepted(member, draft.charter, now)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None:
        raise NotFound("post-deleted")
    if contributions.is_coming(post, now):
        raise NotFound("prompt-not-open")
    subgroups.must_take_new(post)
    if post.locked_at is not None:
        raise Stale("thread-locked")
    parent_id = _parent(member, post, draft, now)
    draft = mentions.settled(member, draft, now, subgroup_id=post.subgroup_id)
    twin = _just_written(member, post, parent_id, draft, now)
    if twin is not None:
        return twin
    writing_limits.must_not_be_beyond(member, now)
    comment = Comment(
        community_id=member.community.id,
        post_id=post.id,
        author_id=member.id,
        parent_id=parent_id,
        body=draft.body,
        created_at=now,
        edit_count=0,
    )
    db.session.add(comment)
    post.last_activity_at, post.last_activity_by_id = now, member.id
    db.session.flush()
    attachments.claim(member, draft.attachments, post, comment, now)
    publishing.published(member, post, comment, now)
    return comment


def _parent(member: ActingMember, post: Post, draft: CommentDraft, now: datetime) -> int | None:
    """Return under which reply a new one stands. What was deleted meanwhile keeps its place, and takes it."""
    if draft.parent is None:
        return None
    answered = contributions.comment_here(member, post.id, draft.parent, now)
    return answered.parent_id or answered.id


def _just_written(
    member: ActingMember, post: Post, parent_id: int | None, draft: CommentDraft, now: datetime
) -> Comment | None:
    wanted = select(Comment).where(
        Comment.post_id == post.id,
        Comment.author_id == member.id,
        Comment.parent_id.is_(None) if parent_id is None else Comment.parent_id == parent_id,
        Comment.created_at > now - DOUBLE_CLICK,
        Comment.body == draft.body,
        Comment.deleted_at.is_(None),
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def edit(member: ActingMember, post_id: int, comment_id: int, draft: CommentEdit, now: datetime) -> Comment:
    """Give one's own reply new words; the old ones stay in its history.

    :raises Stale: it was edited since the form was opened.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    comment = contributions.comment_here(member, post_id, comment_id, now, locked=True)
    contributions.own(member, comment)
    post = contributions.post_here(member, post_id, now)
    with held.laid_open(comment):
        changed = _reword(member, post, comment, draft, now)
    if changed and comment.hidden_at is not None:
        cases.author_edited(member, post, comment, now)
    return comment


def _reword(member: ActingMember, post: Post, comment: Comment, draft: CommentEdit, now: datetime) -> bool:
    """Put other words in the place of those of a reply; tell whether they differ."""
    draft = mentions.settled(member, draft, now, subgroup_id=post.subgroup_id, before=[comment.body])
    other_files = attachments.claim(member, draft.attachments, post, comment, now)
    if not other_files and comment.body == draft.body:
        return False
    contributions.unchanged_since(comment, draft.version)
    contributions.keep_wording(member, comment, now)
    comment.body, comment.edited_at, comment.edit_count = draft.body, now, comment.edit_count + 1
    publishing.reworded(member, post, comment, now)
    return True


def delete(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> bool:
    """Take one's own reply back: its place stays, its words leave every page.

    :returns: whether there is still a thread to read.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    comment = contributions.comment_here(member, post_id, comment_id, now, locked=True)
    if comment.deleted_at is None or comment.author_id != member.id:
        contributions.own(member, comment)
        contributions.keep_wording(member, comment, now)
        comment.body, comment.deleted_at = "", now
        publishing.taken_back(member, post, comment, now)
    elif comment.hidden_at is not None:
        held.give_up(comment, now)
        publishing.given_up(member, post, comment, now)
        cases.author_deleted(member, post, comment, now)
    return post.deleted_at is None or post.comment_count > 0


def restore(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> Comment:
    """Bring back one's own reply with its words; nothing happens when it stands already.

    :raises NotFound: no such reply here, or it was deleted too long ago.
    :raises Stale: its sub-group was closed meanwhile.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    comment = contributions.comment_here(member, post_id, comment_id, now, locked=True)
    if comment.deleted_at is not None or comment.author_id != member.id:
        contributions.bring_back(member, comment, post, now)
        publishing.brought_back(member, post, comment, now)
    return comment


def to_edit(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> tuple[Post, Comment]:
    """Return one's own reply and its post, to be edited."""
    member.must(Act.WRITE_COMMENT)
    comment = contributions.comment_here(member, post_id, comment_id, now)
    contributions.own(member, comment)
    post = contributions.post_here(member, post_id, now)
    return post, held.to_read(comment)


def history(
    member: ActingMember, post_id: int, comment_id: int, before: int, now: datetime
) -> tuple[PostCard, History]:
    """Return the post of a reply and the reply's wordings with numbers below `before`, newest first."""
    member.must(Act.READ)
    comment = contributions.comment_here(member, post_id, comment_id, now)
    if comment.deleted_at is not None:
        raise NotFound()
    post = contributions.post_with_author(member, post_id, now)
    author = db.session.get_one(Membership, comment.author_id, options=[joinedload(Membership.user)])
    persons = people.described([post.author, author], now)
    shown = contributions.card(post, persons[post.author_id], member, now)
    return shown, histories.history_of(comment, persons[comment.author_id], before)
