"""The asker, or staff, says which reply solved a question."""

from datetime import datetime

from lti_tool.errors import NotFound
from lti_tool.models import Comment, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import acceptance, changes, contributions, subgroups, telling
from lti_tool.services.acting import ActingMember


def may_accept(member: ActingMember, post: Post) -> bool:
    """Tell whether this member may say what solved a question."""
    return member.may(_act(member, post))


def accept(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> Comment:
    """Say that a reply solved the question; another that did no longer does.

    What the asker accepts after staff is the asker's from then on; the other way round it stays the asker's.

    :raises NotFound: no such reply here, it or the question was deleted, or the post is no question.
    :raises Stale: its sub-group is closed: what was said can only be taken back.
    """
    post, comment = _question_and_reply(member, post_id, comment_id, now)
    if comment.deleted_at is not None:
        raise NotFound("reply-deleted")
    is_said = comment.solves_id is not None
    if not is_said or (member.id == post.author_id and comment.accepted_by_id != member.id):
        subgroups.must_take_new(post)
        acceptance.accept(post, comment, member.id, now)
        telling.of_acceptance(member, post, comment, now)
    return comment


def take_back(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> Comment:
    """Say that a reply did not solve the question after all.

    :raises NotFound: as `accept`.
    """
    post, comment = _question_and_reply(member, post_id, comment_id, now)
    if comment.solves_id is not None:
        acceptance.withdraw(post, comment, now)
    return comment


def _question_and_reply(
    member: ActingMember, post_id: int, comment_id: int, now: datetime
) -> tuple[Post, Comment]:
    member.must(Act.READ)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None or post.kind is not PostKind.QUESTION:
        raise NotFound("post-deleted" if post.deleted_at else None)
    member.must(_act(member, post))
    return post, contributions.comment_here(member, post_id, comment_id, now, locked=True)


def _act(member: ActingMember, post: Post) -> Act:
    return Act.REACT if post.author_id == member.id else Act.ACCEPT_ANY
