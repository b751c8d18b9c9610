"""Replies under a post: write, edit, delete."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.models import Comment, Membership, Post, Revision
from lti_tool.permissions import Act
from lti_tool.services import changes, contributions, facts, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK, CommentDraft, CommentEdit, PostCard, Version


def write(member: ActingMember, post_id: int, draft: CommentDraft, now: datetime) -> Comment:
    """Reply to a post of the member's community.

    :raises NotFound: no such post here, or it was deleted, or it sets a prompt that has not opened.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None:
        raise NotFound("post-deleted")
    if contributions.is_coming(post, now):
        raise NotFound("prompt-not-open")
    twin = _just_written(member, post, draft, now)
    if twin is not None:
        return twin
    comment = Comment(
        community_id=member.community.id,
        post_id=post.id,
        author_id=member.id,
        body=draft.body,
        created_at=now,
        edit_count=0,
    )
    db.session.add(comment)
    post.comment_count += 1
    post.last_activity_at, post.last_activity_by_id = now, member.id
    db.session.flush()
    changes.record(member, "comment.written", post, comment, now)
    facts.record(member, FactAct.WRITTEN, post, comment, now)
    return comment


def _just_written(member: ActingMember, post: Post, draft: CommentDraft, now: datetime) -> Comment | None:
    wanted = select(Comment).where(
        Comment.post_id == post.id,
        Comment.author_id == member.id,
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
    comment = contributions.comment_here(member, post_id, comment_id, locked=True)
    contributions.own(member, comment)
    if comment.body == draft.body:
        return comment
    contributions.unchanged_since(comment, draft.version)
    contributions.keep_wording(member, comment, now)
    comment.body, comment.edited_at, comment.edit_count = draft.body, now, comment.edit_count + 1
    post = contributions.post_here(member, post_id, now)
    changes.record(member, "comment.edited", post, comment, now)
    facts.record(member, FactAct.EDITED, post, comment, now)
    return comment


def delete(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> bool:
    """Take one's own reply back: its place stays, its words leave every page.

    :returns: whether there is still a thread to read.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    comment = contributions.comment_here(member, post_id, comment_id, locked=True)
    if comment.deleted_at is None or comment.author_id != member.id:
        contributions.own(member, comment)
        contributions.keep_wording(member, comment, now)
        comment.body, comment.deleted_at = "", now
        post.comment_count -= 1
        changes.record(member, "comment.deleted", post, comment, now)
        facts.record(member, FactAct.DELETED, post, comment, now)
    return post.deleted_at is None or post.comment_count > 0


def to_edit(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> tuple[Post, Comment]:
    """Return one's own reply and its post, to be edited."""
    member.must(Act.WRITE_COMMENT)
    comment = contributions.comment_here(member, post_id, comment_id)
    contributions.own(member, comment)
    return contributions.post_here(member, post_id, now), comment


def history(
    member: ActingMember, post_id: int, comment_id: int, now: datetime
) -> tuple[PostCard, list[Version]]:
    """Return the post of a reply and the reply's wordings, newest first."""
    member.must(Act.READ)
    comment = contributions.comment_here(member, post_id, comment_id)
    if comment.deleted_at is not None:
        raise NotFound()
    with_people = joinedload(Post.author).joinedload(Membership.user)
    post = db.session.scalars(select(Post).where(Post.id == post_id).options(with_people)).one()
    author = db.session.scalars(
        select(Membership).where(Membership.id == comment.author_id).options(joinedload(Membership.user))
    ).one()
    replaced = select(Revision).where(Revision.comment_id == comment.id).order_by(Revision.id)
    persons = people.described([post.author, author], now)
    wordings = contributions.versions(comment, list(db.session.scalars(replaced)), persons)
    return contributions.card(post, persons[post.author_id], member, now), wordings
