"""Posts: open, read, edit, delete."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.models import Comment, Membership, Post, PostKind, Revision
from lti_tool.permissions import Act
from lti_tool.services import changes, contributions, facts, people, prompt_views, prompts
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK, PostCard, PostDraft, PostEdit, Version
from lti_tool.services.people import Person
from lti_tool.services.prompt_views import PromptView


@dataclass(frozen=True)
class CommentView:
    """A reply as the thread shows it."""

    id: int
    author: Person
    body: str
    created_at: datetime
    edited_at: datetime | None
    edit_count: int
    deleted: bool
    unread: bool
    mine: bool
    may_edit: bool


@dataclass(frozen=True)
class Thread:
    """A post with everything under it; `prompt` is the one that it sets or answers."""

    post: PostCard
    body: str
    deleted: bool
    may_edit: bool
    may_delete: bool
    comments: list[CommentView]
    prompt: PromptView | None = None
    answers: tuple[PostCard, ...] = ()  # to the prompt that it sets


def write(member: ActingMember, draft: PostDraft, now: datetime) -> Post:
    """Open a post in the member's community, let the others know, and note the fact for grading.

    :raises Unfit: it answers a prompt that takes no answers.
    """
    member.must(Act.WRITE_POST)
    changes.in_order(member)
    if draft.prompt is not None:
        prompts.must_take_answers(member, draft.prompt, now)
    twin = _just_written(member, draft, now)
    if twin is not None:
        return twin
    post = Post(
        community_id=member.community.id,
        author_id=member.id,
        kind=PostKind(draft.kind),
        title=draft.title,
        body=draft.body,
        comment_count=0,
        created_at=now,
        edit_count=0,
        last_activity_at=now,
        last_activity_by_id=member.id,
        prompt_id=draft.prompt,
    )
    db.session.add(post)
    db.session.flush()
    changes.record(member, "post.written", post, None, now)
    facts.record(member, FactAct.WRITTEN, post, None, now)
    return post


def _just_written(member: ActingMember, draft: PostDraft, now: datetime) -> Post | None:
    wanted = select(Post).where(
        Post.community_id == member.community.id,
        Post.author_id == member.id,
        Post.created_at > now - DOUBLE_CLICK,
        Post.kind == PostKind(draft.kind),
        Post.title == draft.title,
        Post.body == draft.body,
        Post.prompt_id.is_(None) if draft.prompt is None else Post.prompt_id == draft.prompt,
        Post.opens_prompt.is_(None),
        Post.deleted_at.is_(None),
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def edit(member: ActingMember, post_id: int, draft: PostEdit, now: datetime) -> Post:
    """Give one's own post new words; the old ones stay in its history.

    :raises Stale: it was edited since the form was opened.
    """
    member.must(Act.WRITE_POST)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    contributions.own(member, post)
    if (post.title, post.body) == (draft.title, draft.body):
        return post
    contributions.unchanged_since(post, draft.version)
    contributions.keep_wording(member, post, now)
    post.title, post.body = draft.title, draft.body
    post.edited_at, post.edit_count = now, post.edit_count + 1
    changes.record(member, "post.edited", post, None, now)
    facts.record(member, FactAct.EDITED, post, None, now)
    return post


def delete(member: ActingMember, post_id: int, now: datetime) -> None:
    """Take one's own post back. The replies of others stay; the words leave every page.

    With the post that opens a prompt the prompt is withdrawn.
    """
    member.must(Act.WRITE_POST)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None and post.author_id == member.id:
        return
    contributions.own(member, post)
    if post.opens_prompt:
        prompts.withdraw_with_post(member, post, now)
    contributions.take_back(member, post, now)


def thread(member: ActingMember, post_id: int, now: datetime) -> Thread:
    """Return a post and the replies under it, oldest first. Four statements at most, eight with a prompt.

    :raises NotFound: no such post here, or deleted and without a reply that still stands.
    """
    member.must(Act.READ)
    post, comments = _post_and_comments(member, post_id, now)
    if post.deleted_at is not None and not post.comment_count:
        raise NotFound()
    prompt = prompt_views.one_prompt(member, post.prompt_id, now) if post.prompt_id else None
    answers = prompt_views.answers_to(post.prompt_id) if post.opens_prompt else []
    writers = [one.author for one in (post, *comments, *answers)]
    persons = people.described(writers, now)
    mine = post.author_id == member.id and post.deleted_at is None and member.may(Act.WRITE_POST)
    return Thread(
        post=contributions.card(post, persons[post.author_id], member, now),
        body=post.body,
        deleted=post.deleted_at is not None,
        may_edit=mine,
        may_delete=mine,
        comments=[_view(comment, persons, member) for comment in comments],
        prompt=prompt,
        answers=tuple(contributions.card(one, persons[one.author_id], member, now) for one in answers),
    )


def _post_and_comments(member: ActingMember, post_id: int, now: datetime) -> tuple[Post, list[Comment]]:
    with_author = joinedload(Post.author).joinedload(Membership.user)
    wanted = select(Post).where(
        Post.id == post_id, Post.community_id == member.community.id, contributions.shown_to(member, now)
    )
    post = db.session.scalars(wanted.options(with_author)).one_or_none()
    if post is None:
        raise NotFound()
    replies = (
        select(Comment)
        .where(Comment.post_id == post.id)
        .order_by(Comment.created_at, Comment.id)
        .options(joinedload(Comment.author).joinedload(Membership.user))
    )
    return post, list(db.session.scalars(replies))


def _view(comment: Comment, persons: dict[int, Person], member: ActingMember) -> CommentView:
    mine = comment.author_id == member.id
    standing = comment.deleted_at is None
    return CommentView(
        id=comment.id,
        author=persons[comment.author_id],
        body=comment.body,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        edit_count=comment.edit_count,
        deleted=not standing,
        unread=contributions.is_unread(comment.created_at, comment.author_id, member),
        mine=mine,
        may_edit=mine and standing and member.may(Act.WRITE_COMMENT),
    )


def to_edit(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return one's own post, to be edited."""
    member.must(Act.WRITE_POST)
    post = contributions.post_here(member, post_id, now)
    contributions.own(member, post)
    return post


def history(member: ActingMember, post_id: int, now: datetime) -> tuple[PostCard, list[Version]]:
    """Return a post and its wordings, newest first."""
    member.must(Act.READ)
    post, _ = _post_and_comments(member, post_id, now)
    if post.deleted_at is not None:
        raise NotFound()
    replaced = select(Revision).where(Revision.post_id == post.id).order_by(Revision.id)
    persons = people.described([post.author], now)
    wordings = contributions.versions(post, list(db.session.scalars(replaced)), persons)
    return contributions.card(post, persons[post.author_id], member, now), wordings
