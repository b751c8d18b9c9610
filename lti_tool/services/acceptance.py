"""The state of a question: which reply solved it, and since when it waits. Who may say so is in `answers`.

The caller holds the community's turn (`changes.in_order`) and the rows of post and reply.
"""

from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading.facts import Kind
from lti_tool.models import Comment, Post, PostKind
from lti_tool.services import facts, telling
from lti_tool.services.facts import Received


def accepted_of(post: Post) -> Comment | None:
    """Return the reply that solved a question, locked. One statement."""
    return db.session.scalars(
        select(Comment).where(Comment.solves_id == post.id).with_for_update(key_share=True)
    ).one_or_none()


def accept(post: Post, comment: Comment, by_id: int, now: datetime) -> None:
    """Let a reply solve its question, in the place of any other.

    Only what the asker accepts, of somebody else, counts for whoever wrote it.
    """
    former = accepted_of(post)
    if former is not None:
        withdraw(post, former, now)
    comment.solves_id, comment.accepted_at, comment.accepted_by_id = post.id, now, by_id
    post.solved_at = now
    tell_whether_it_waits(post)
    if _counts(post, comment):
        facts.record_received(post, comment, _received(post, comment), now)


def withdraw(post: Post, comment: Comment, now: datetime) -> None:
    """Take the acceptance of a reply back: its question is unsolved."""
    if _counts(post, comment):
        facts.record_taken_back(post, comment, _received(post, comment), now)
    telling.no_longer_of_acceptance(comment)
    comment.solves_id = comment.accepted_at = comment.accepted_by_id = None
    post.solved_at = None
    # Before another takes its place: a question has one.
    tell_whether_it_waits(post)


def lapse(post: Post, comment: Comment) -> None:
    """A reply was deleted: it solves nothing while it is. Who accepted it stays noted.

    No fact tells of it: a score follows what became of the reply itself.
    """
    if comment.solves_id is not None:
        comment.solves_id = post.solved_at = None


def revive(post: Post, comment: Comment, now: datetime) -> None:
    """A deleted reply stands again: it solves its question as before, unless another does by now."""
    if comment.accepted_at is None:
        return
    if post.solved_at is None:
        comment.solves_id, post.solved_at = post.id, comment.accepted_at
        return
    if _counts(post, comment):
        facts.record_taken_back(post, comment, _received(post, comment), now)
    comment.accepted_at = comment.accepted_by_id = None


def tell_whether_it_waits(post: Post) -> None:
    """Note since when a question waits: as long as nobody else replied and nothing solved it.

    Under one that staff locked nobody can.
    """
    if post.kind is PostKind.QUESTION:
        stands = post.deleted_at is None and post.locked_at is None
        waits = stands and post.answer_count == 0 and post.solved_at is None
        post.waits_since = post.created_at if waits else None
    db.session.flush()


def _counts(post: Post, comment: Comment) -> bool:
    return comment.accepted_by_id == post.author_id and comment.author_id != post.author_id


def _received(post: Post, comment: Comment) -> Received:
    return Received(Kind.ACCEPTED, comment.id, comment.author_id, post.author_id)
