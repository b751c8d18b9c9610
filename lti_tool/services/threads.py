"""A thread as it is read: a post, the replies under it, what was said to them, and who takes part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.knowledge.mentions import written_out
from lti_tool.knowledge.quotations import quotation
from lti_tool.models import Comment, Membership, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import answers as accepting
from lti_tool.services import (
    attachment_views,
    contributions,
    mentions,
    moderation_views,
    people,
    prompt_views,
    reactions,
    reading,
    similar,
    thread_order,
    thread_reactions,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.attachment_views import Files
from lti_tool.services.attachments import AttachedFile
from lti_tool.services.contributions import PostCard
from lti_tool.services.people import Person
from lti_tool.services.prompt_views import PromptView
from lti_tool.services.reading import Mark
from lti_tool.services.similar import Similar
from lti_tool.services.thread_order import Replies, View
from lti_tool.services.thread_reactions import NOTHING, Reactions

# So many of those who take part are named beside a thread.
NAMED = 8


@dataclass(frozen=True)
class CommentView:
    """A reply as the thread shows it."""

    id: int
    author: Person
    body: str
    created_at: datetime
    edited_at: datetime | None
    edit_count: int
    deleted: bool  # or hidden by staff: `withheld`
    unread: bool
    mine: bool
    may_edit: bool
    helped_count: int = 0
    accepted: bool = False
    parent: int | None = None
    said: Reactions = NOTHING
    replies: tuple["CommentView", ...] = ()
    hidden: int = 0  # more replies to it than are shown here
    mention: str = ""  # what a reply to it begins with, where it does not stand directly below
    files: tuple[AttachedFile, ...] = ()
    withheld: bool = False
    became: bool = False  # a thread of its own: its place is empty


@dataclass(frozen=True)
class Answering:
    """Which reply is being answered, its words when they are quoted; `under`: where the form stands."""

    id: int
    person: Person
    quotation: str
    under: int | None


@dataclass(frozen=True)
class Participant:
    """Somebody who replied, how often, and how often that helped."""

    person: Person
    replies: int
    helped: int


@dataclass(frozen=True)
class Thread:
    """A post with a page of what is under it; `prompt` is the one that it sets or answers."""

    post: PostCard
    body: str
    deleted: bool  # or hidden by staff: `withheld`
    may_edit: bool
    comments: list[CommentView]
    prompt: PromptView | None = None
    answers: tuple[PostCard, ...] = ()  # to the prompt that it sets
    takes_replies: bool = True  # its sub-group is not closed
    locked: str | None = None  # why staff let nothing new be said, "" where they did not say
    similar: Sequence[Similar] = ()
    order: str = thread_order.BY_DATE
    page: int = 1
    pages: int = 1
    branch: int | None = None  # only this reply and those to it are shown
    accepted: CommentView | None = None
    accepted_by: Person | None = None
    may_accept: bool = False
    may_react: bool = False
    may_say: frozenset[str] = frozenset()  # what of it to the post itself, values of ReactionKind
    said: Reactions = NOTHING
    answering: Answering | None = None
    participants: tuple[Participant, ...] = ()
    files: tuple[AttachedFile, ...] = ()  # of the post itself
    withheld: bool = False
    first_new: int | None = None  # the reply with which what is new to the reader begins, on whatever page

    @property
    def shown(self) -> list[CommentView]:
        """Every reply that is on the page."""
        top = [*self.comments, *([self.accepted] if self.accepted else [])]
        return [one for above in top for one in (above, *above.replies)]

    @property
    def new_from(self) -> int | None:
        """The reply before which a line says since when they are new, where they stand in their order."""
        by_date = self.comments if self.order == thread_order.BY_DATE else []
        return next((one.id for one in by_date if one.unread), None)

    @property
    def shown_until(self) -> datetime | None:
        """The moment up to which whoever sees this page has read; None when it leaves out what is new."""
        shown = self.shown
        if sum(one.unread for one in shown) < self.post.mark.new_replies:
            if self.order != thread_order.BY_DATE or self.branch:
                return None
            shown = self.comments
        return max([self.post.created_at, *(one.created_at for one in shown)])


def thread(member: ActingMember, post_id: int, now: datetime, view: View | None = None) -> Thread:
    """Return a post and a page of the replies under it. Raises as `_to_read`.

    Fourteen statements at most, eighteen with a prompt, and one more where it is locked.
    """
    member.must(Act.READ)
    view = view or View()
    post = _to_read(member, post_id, now)
    replies = thread_order.replies_of(post, view)
    mentions.expect(post.body, *(comment.body for comment in replies.all))
    prompt = prompt_views.one_prompt(member, post.prompt_id, now) if post.prompt_id else None
    answers = prompt_views.answers_to(member, post.prompt_id, now) if post.opens_prompt else []
    said = thread_reactions.find(member, post.id, [one.id for one in replies.all])
    taking_part = _taking_part(post)
    answered = _answered(post, view, replies)
    accepted_by = _accepted_by(post, replies.accepted)
    authors = [one.author for one in (post, *replies.all, *answers, *answered)]
    others = [*said.givers, *(row.Membership for row in taking_part), *accepted_by]
    persons = people.described([*authors, *others], now)
    files = attachment_views.of_thread(post.id, [one.id for one in replies.all])
    marks = reading.marks(member, [post, *answers])
    shown = _Shown(member, marks[post.id], persons, said.by_contribution(member, persons), replies, files)
    return Thread(
        post=contributions.card(post, persons[post.author_id], member, now, marks[post.id]),
        body=post.body,
        deleted=post.deleted_at is not None,
        withheld=post.hidden_at is not None,
        may_edit=_may_edit(member, post),
        comments=[shown.with_replies(comment) for comment in replies.top],
        prompt=prompt,
        similar=similar.close_to(member, post.id, post.title, now),
        answers=_cards(member, answers, persons, marks, now),
        first_new=reading.first_new_reply(member, post.id, marks[post.id]),
        takes_replies=post.subgroup_closed_at is None,
        locked=moderation_views.why_locked(post),
        order=replies.order,
        page=replies.page,
        pages=replies.pages,
        branch=replies.branch.id if replies.branch is not None else None,
        accepted=shown.with_replies(replies.accepted) if replies.accepted is not None else None,
        accepted_by=persons[accepted_by[0].id] if accepted_by else None,
        may_accept=_may_accept(member, post),
        may_react=_may_react(member, post, now),
        may_say=reactions.said_to(post),
        said=shown.said.get(None, NOTHING),
        answering=_answering(answered, view, replies, persons),
        participants=_participants(taking_part, persons),
        files=files.get(None, ()),
    )


def _to_read(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return the post of a thread that the member may read. One statement.

    :raises NotFound: no such post here, or deleted and without a reply that still stands. What staff hid its
        author finds even so, and whoever decides about it.
    """
    post = contributions.post_with_author(member, post_id, now)
    concerned = post.author_id == member.id or member.may(Act.MODERATE)
    withheld = post.hidden_at is not None and concerned
    if post.deleted_at is not None and not post.comment_count and not withheld:
        raise NotFound()
    return post


def _may_edit(member: ActingMember, post: Post) -> bool:
    return post.author_id == member.id and post.deleted_at is None and member.may(Act.WRITE_COMMENT)


def _participants(taking_part: list, persons: Mapping[int, Person]) -> tuple[Participant, ...]:
    return tuple(Participant(persons[row.Membership.id], row.replies, row.helped) for row in taking_part)


def _cards(
    member: ActingMember,
    posts: list[Post],
    persons: Mapping[int, Person],
    marks: Mapping[int, Mark],
    now: datetime,
) -> tuple[PostCard, ...]:
    return tuple(contributions.card(one, persons[one.author_id], member, now, marks[one.id]) for one in posts)


@dataclass(frozen=True)
class _Shown:
    """What replies are shown with."""

    member: ActingMember
    mark: Mark
    persons: Mapping[int, Person]
    said: Mapping[int | None, Reactions]
    replies: Replies
    files: Files

    def with_replies(self, comment: Comment) -> CommentView:
        below = self.replies.below.get(comment.id, [])
        return self._view(comment, tuple(self._view(one) for one in below))

    def _view(self, comment: Comment, below: tuple[CommentView, ...] = ()) -> CommentView:
        mine = comment.author_id == self.member.id
        standing = comment.deleted_at is None
        return CommentView(
            id=comment.id,
            author=self.persons[comment.author_id],
            body=comment.body,
            created_at=comment.created_at,
            edited_at=comment.edited_at,
            edit_count=comment.edit_count,
            deleted=not standing,
            withheld=comment.hidden_at is not None,
            became=comment.became_post_id is not None,
            unread=contributions.is_unread(comment.created_at, comment.author_id, self.member, self.mark)
            and standing,
            mine=mine,
            may_edit=mine and standing and self.member.may(Act.WRITE_COMMENT),
            helped_count=comment.helped_count,
            accepted=comment.solves_id is not None,
            parent=comment.parent_id,
            said=self.said.get(comment.id, NOTHING),
            replies=below,
            hidden=self.replies.hidden.get(comment.id, 0),
            mention=_mention(comment, self.persons) if not mine else "",
            files=self.files.get(comment.id, ()),
        )


def _mention(comment: Comment, persons: Mapping[int, Person]) -> str:
    """Return the mention of whom a reply to a reply answers: both stand below the same one."""
    if comment.parent_id is None:
        return ""
    number = comment.author_id
    return written_out(f"@[{number}]", {number: persons[number].name or ""}) + " "


def _may_react(member: ActingMember, post: Post, now: datetime) -> bool:
    """Tell whether anything may be said to what others wrote in this thread."""
    is_closed = post.subgroup_closed_at is not None
    return member.may(Act.REACT) and not is_closed and not contributions.is_coming(post, now)


def _may_accept(member: ActingMember, post: Post) -> bool:
    is_question = post.kind is PostKind.QUESTION and post.deleted_at is None
    return is_question and accepting.may_accept(member, post)


def _accepted_by(post: Post, accepted: Comment | None) -> list[Membership]:
    """Return who accepted the reply on the page. One statement at most."""
    if accepted is None or accepted.accepted_by_id is None:
        return []
    if accepted.accepted_by_id == post.author_id:
        return [post.author]
    with_user = [joinedload(Membership.user)]
    return [db.session.get_one(Membership, accepted.accepted_by_id, options=with_user)]


def _taking_part(post: Post) -> list:
    """Return those who replied, those who helped most first. One statement."""
    helped = func.coalesce(func.sum(Comment.helped_count), 0)
    counted = (
        select(Comment.author_id, func.count().label("replies"), helped.label("helped"))
        .where(Comment.post_id == post.id, Comment.deleted_at.is_(None), Comment.author_id != post.author_id)
        .group_by(Comment.author_id)
        .order_by(helped.desc(), func.count().desc(), Comment.author_id)
        .limit(NAMED)
        .subquery()
    )
    wanted = (
        select(Membership, counted.c.replies, counted.c.helped)
        .join(counted, counted.c.author_id == Membership.id)
        .order_by(counted.c.helped.desc(), counted.c.replies.desc(), Membership.id)
        .options(joinedload(Membership.user))
    )
    return list(db.session.execute(wanted))


def _answered(post: Post, view: View, replies: Replies) -> list[Comment]:
    """Return the reply that is being answered, if it stands. One statement at most."""
    if view.reply is None:
        return []
    on_page = next((one for one in replies.all if one.id == view.reply), None)
    if on_page is None:
        wanted = select(Comment).where(Comment.id == view.reply, Comment.post_id == post.id)
        with_author = joinedload(Comment.author).joinedload(Membership.user)
        on_page = db.session.scalars(wanted.options(with_author)).one_or_none()
    return [on_page] if on_page is not None and on_page.deleted_at is None else []


def _answering(
    answered: list[Comment], view: View, replies: Replies, persons: Mapping[int, Person]
) -> Answering | None:
    if not answered:
        return None
    (comment,) = answered
    is_on_page = any(one.id == comment.id for one in replies.all)
    # The accepted reply stands apart from the one that it hangs on.
    place = comment.id if comment.solves_id is not None else comment.parent_id or comment.id
    return Answering(
        id=comment.id,
        person=persons[comment.author_id],
        quotation=quotation(comment.body) if view.quote else _mention(comment, persons),
        under=place if is_on_page else None,
    )
