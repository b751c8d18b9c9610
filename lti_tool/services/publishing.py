"""What follows whenever a contribution is published, reworded, taken back or brought back.

The one place from which people, open pages, scores and questions that wait learn of it: whoever writes a
post or a reply ends here, in the same transaction. The rows have been flushed; the caller holds
`changes.in_order`.
"""

from datetime import datetime

from lti_tool.grading.facts import Act
from lti_tool.models import Comment, Post
from lti_tool.services import (
    acceptance,
    attachments,
    changes,
    facts,
    mentions,
    reading,
    search_index,
    tags,
    telling,
    watched_words,
)
from lti_tool.services.acting import ActingMember


def published(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something new: `comment`, else `post`."""
    if comment is not None:
        _count_reply(post, comment, 1)
    acceptance.tell_whether_it_waits(post)
    mentions.follow(member, post, comment, now)
    reading.follow_unless_muted(member, post.id)
    telling.of_contribution(member, post, comment, now)
    changes.record(member, _event("written", comment), post, comment, now)
    facts.record(member, Act.WRITTEN, post, comment, now)
    search_index.keep(post, comment)
    watched_words.look_at(member, post, comment, now)


def reworded(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on new words for something that stands."""
    mentions.follow(member, post, comment, now)
    telling.of_new_words(member, post, comment, now)
    changes.record(member, _event("edited", comment), post, comment, now)
    facts.record(member, Act.EDITED, post, comment, now)
    search_index.keep(post, comment)
    watched_words.look_at(member, post, comment, now)


def refiled(post: Post) -> None:
    """Follow up on another topic or other tags of a post whose words stay."""
    search_index.keep(post, None)


def taken_back(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something that its author deleted."""
    attachments.taken_back(post, comment, now)
    _stands_no_more(member, "deleted", post, comment, now)
    facts.record(member, Act.DELETED, post, comment, now)


def hidden(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something that staff hid. Its files stay, and nobody opens them."""
    _stands_no_more(member, "hidden", post, comment, now)
    facts.record_of_staff(member, Act.HIDDEN, post, comment, now)


def locked(post: Post) -> None:
    """Follow up on a thread that takes nothing new any more, or does again."""
    acceptance.tell_whether_it_waits(post)


def moved(member: ActingMember, post: Post, now: datetime) -> None:
    """Follow up on a thread that staff moved, or some replies of it: what is said in it stays as it was.

    Open pages of it learn that something happened. No fact tells of it: nobody's score follows from where
    something stands.
    """
    acceptance.tell_whether_it_waits(post)
    changes.record(member, "post.moved", post, None, now)


def given_up(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something hidden that its author deletes: it left every page before."""
    attachments.taken_back(post, comment, now)
    facts.record(member, Act.DELETED, post, comment, now)


def brought_back(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something deleted whose words its author has brought back."""
    attachments.brought_back(post, comment)
    _stands_again(member, post, comment, now)
    facts.record(member, Act.RESTORED, post, comment, now)


def shown_again(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Follow up on something hidden that staff have brought back."""
    _stands_again(member, post, comment, now)
    facts.record_of_staff(member, Act.RESTORED, post, comment, now)


def _stands_no_more(
    member: ActingMember, what: str, post: Post, comment: Comment | None, now: datetime
) -> None:
    if comment is not None:
        acceptance.lapse(post, comment)
        _count_reply(post, comment, -1)
    else:
        tags.count_post(post, -1)
    acceptance.tell_whether_it_waits(post)
    mentions.follow(member, post, comment, now)
    changes.record(member, _event(what, comment), post, comment, now)
    search_index.keep(post, comment)


def _stands_again(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    if comment is not None:
        acceptance.revive(post, comment, now)
        _count_reply(post, comment, 1)
    else:
        tags.count_post(post, 1)
    acceptance.tell_whether_it_waits(post)
    mentions.follow(member, post, comment, now)
    changes.record(member, _event("restored", comment), post, comment, now)
    search_index.keep(post, comment)


def _count_reply(post: Post, comment: Comment, by: int) -> None:
    """Keep the numbers of a post right: its replies, those of others, the thanks for what stands."""
    post.comment_count += by
    post.thread_helped_count += by * comment.helped_count
    if comment.author_id != post.author_id:
        post.answer_count += by


def _event(what: str, comment: Comment | None) -> str:
    return f"comment.{what}" if comment is not None else f"post.{what}"
