"""What posts and comments share: drafts, double clicks, versions, views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotAllowed, NotFound, Stale
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, Membership, Post, Revision
from lti_tool.permissions import Act, who_may
from lti_tool.services import mentions, people, publishing, reading, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.attachments import AttachedFile
from lti_tool.services.kind_forms import KindForm
from lti_tool.services.kind_views import KindView, of_kind
from lti_tool.services.people import Person
from lti_tool.services.reading import Mark
from lti_tool.services.subgroups import SubgroupMark

# The same words by the same person this soon after are a double click, not a second contribution.
DOUBLE_CLICK = timedelta(seconds=60)
# For so long what was deleted can be brought back by its author.
BROUGHT_BACK_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class PostDraft:
    """What a member fills in to open a post; `kind` is a PostKind value, `prompt` the one it answers."""

    kind: str
    title: str
    body: str
    prompt: int | None = None
    subgroup: int | None = None  # whose members alone can read it; None: everybody here
    own: KindForm | None = None  # what the form of its kind asks beside
    parts: dict | None = None  # Post.parts; made of body and `own` (kinds.worded)
    attachments: tuple[int, ...] | None = None  # files, in their order; None: not a word about them
    topic: int | None = None
    tags: tuple[str, ...] = ()
    charter: int | None = None  # number of the one that is accepted with it


@dataclass(frozen=True)
class PostEdit:
    """New words for a post; `version` is the number of edits the form was made from."""

    title: str
    body: str
    version: int
    own: KindForm | None = None
    parts: dict | None = None
    attachments: tuple[int, ...] | None = None
    topic: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommentDraft:
    """What a member fills in to reply; `parent` is the reply that it answers, None: the post itself."""

    body: str
    parent: int | None = None
    attachments: tuple[int, ...] | None = None
    charter: int | None = None  # number of the one that is accepted with it


@dataclass(frozen=True)
class CommentEdit:
    """New words for a reply; `version` as in PostEdit."""

    body: str
    version: int
    attachments: tuple[int, ...] | None = None


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
    answer_count: int  # of these, by others than its author
    solved: bool
    locked: bool  # staff let nothing new be said under it
    helped_count: int
    met_count: int
    last_activity_at: datetime
    unread: bool
    mine: bool
    opens_prompt: bool
    coming: bool  # a prompt that has not opened: only staff see it
    new: bool  # it is itself new, not only its replies
    mark: Mark  # what the thread is to the reader, and where it is filed
    subgroup: SubgroupMark | None = None  # who alone can read it
    own: KindView = KindView()  # what it shows because of its kind
    file: AttachedFile | None = None  # the first of its own, where a list shows it


def cards(member: ActingMember, posts: Sequence[Post], now: datetime) -> list[PostCard]:
    """Describe posts, whose authors are loaded, for a list. Two statements."""
    persons = people.described([post.author for post in posts], now)
    marks = reading.marks(member, posts)
    return [card(post, persons[post.author_id], member, now, marks[post.id]) for post in posts]


def card(
    post: Post, author: Person, member: ActingMember, now: datetime, mark: Mark | None = None
) -> PostCard:
    """Describe a post for a list, as this member sees it.

    :param mark: what the thread is to them (`reading.marks`); without it as if they had never opened it.
    """
    unread = is_unread(post.last_activity_at, post.last_activity_by_id, member)
    new = is_unread(post.created_at, post.author_id, member, mark)
    words = excerpt(post.body)
    mentions.expect(words, *mentions.texts_of(post)[1:])
    return PostCard(
        id=post.id,
        kind=post.kind.value,
        title=post.title,
        excerpt=words,
        author=author,
        created_at=post.created_at,
        edit_count=post.edit_count,
        edited_at=post.edited_at,
        comment_count=post.comment_count,
        answer_count=post.answer_count,
        solved=post.solved_at is not None,
        locked=post.locked_at is not None,
        helped_count=post.helped_count,
        met_count=post.met_count,
        last_activity_at=post.last_activity_at,
        unread=unread if mark is None else new or mark.new_replies > 0,
        mine=post.author_id == member.id,
        opens_prompt=bool(post.opens_prompt),
        coming=is_coming(post, now),
        subgroup=_subgroup(post),
        own=of_kind(post, now),
        new=new,
        mark=mark or reading.without_marks(member),
    )


def _subgroup(post: Post) -> SubgroupMark | None:
    if post.subgroup_id is None:
        return None
    return SubgroupMark(post.subgroup_id, post.subgroup_name or "", post.subgroup_closed_at is not None)


def is_coming(post: Post, now: datetime) -> bool:
    """Tell whether a post sets a prompt that has not opened yet: such a post is dated at its opening."""
    return bool(post.opens_prompt) and post.created_at > now


def shown_to(member: ActingMember, now: datetime, table=Post) -> ColumnElement[bool]:
    """Return the condition on posts, or on columns of theirs, under which this member may know of them."""
    in_their_groups = subgroups.open_to(member, table)
    if member.may(Act.SEE_COMING_PROMPTS):
        return in_their_groups
    return and_(in_their_groups, or_(table.opens_prompt.is_(None), table.created_at <= now))


def is_unread(created_at: datetime, author_id: int, member: ActingMember, mark: Mark | None = None) -> bool:
    """Tell whether something came since the member read its thread and is not their own."""
    since = mark.since if mark is not None else reading.floor_of(member)
    return reading.is_new(created_at, author_id, member, since)


def own(member: ActingMember, contribution: Post | Comment) -> None:
    """Refuse unless the member wrote it and has not deleted it; what staff hid is still theirs.

    :raises NotFound: it was deleted. :raises NotAllowed: somebody else wrote it.
    """
    if contribution.deleted_at is not None and contribution.hidden_at is None:
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
    """Put the present wording into the history, before it is replaced.

    It is noted as its author's, whoever takes it away: it is theirs in what is known of somebody.
    """
    is_post = isinstance(contribution, Post)
    db.session.add(
        Revision(
            community_id=member.community.id,
            post_id=contribution.id if is_post else None,
            comment_id=None if is_post else contribution.id,
            title=contribution.title if is_post else None,
            body=contribution.body,
            parts=contribution.parts if is_post else None,
            replaced_at=now,
            replaced_by_id=contribution.author_id,
        )
    )


def bring_back(member: ActingMember, contribution: Post | Comment, post: Post, now: datetime) -> None:
    """Give something of one's own that was deleted its last words again, `post` or a reply under it.

    What was deleted in a sub-group that is closed comes back as it was; what was gone when it was closed
    would be new there.

    :raises NotAllowed: somebody else wrote it. :raises NotFound: it was deleted too long ago.
    :raises NotAllowed: staff hid it (`hidden-by-staff`).
    :raises Stale: its sub-group was closed since.
    """
    if contribution.author_id != member.id:
        raise NotAllowed(who=["author"])
    if contribution.hidden_at is not None:
        raise NotAllowed("hidden-by-staff", who=who_may(Act.MODERATE, member.community.state))
    deleted_at = contribution.deleted_at
    mine = Revision.post_id if isinstance(contribution, Post) else Revision.comment_id
    wanted = select(Revision).where(mine == contribution.id, Revision.replaced_at == deleted_at)
    last = db.session.scalars(wanted.order_by(Revision.id.desc()).limit(1)).one_or_none()
    if last is None or now - deleted_at > BROUGHT_BACK_WITHIN:
        raise NotFound("deleted-for-good")
    subgroups.must_not_have_closed(post, deleted_at)
    contribution.body, contribution.deleted_at = last.body, None
    if isinstance(contribution, Post):
        contribution.title, contribution.parts = last.title or "", last.parts
    # It was no edit: the words are where they were.
    db.session.delete(last)
    db.session.flush()


def take_back(member: ActingMember, post: Post, now: datetime) -> None:
    """Delete a post: its words go into the history and leave every page."""
    keep_wording(member, post, now)
    post.title, post.body, post.parts, post.deleted_at = "", "", None, now
    publishing.taken_back(member, post, None, now)


def post_here(member: ActingMember, post_id: int, now: datetime, *, locked: bool = False) -> Post:
    """Return a post of the member's community. One statement.

    :param locked: hold it until the transaction ends, as it is by now, whatever was read of it before.
    :raises NotFound: there is none with this id in this community, or not yet for this member.
    """
    wanted = select(Post).where(
        Post.id == post_id, Post.community_id == member.community.id, shown_to(member, now)
    )
    post = db.session.scalars(_held(wanted, Post) if locked else wanted).one_or_none()
    if post is None:
        raise NotFound()
    return post


def post_with_author(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return a post of the member's community with who wrote it, to be shown. One statement.

    :raises NotFound: as `post_here`.
    """
    wanted = select(Post).where(
        Post.id == post_id, Post.community_id == member.community.id, shown_to(member, now)
    )
    with_author = joinedload(Post.author).joinedload(Membership.user)
    post = db.session.scalars(wanted.options(with_author)).one_or_none()
    if post is None:
        raise NotFound()
    return post


def comment_here(
    member: ActingMember, post_id: int, comment_id: int, now: datetime, *, locked: bool = False
) -> Comment:
    """Return a comment under a post that the member may know of. One statement.

    :raises NotFound: there is none with these ids in this community, or not for this member.
    """
    wanted = (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(
            Comment.id == comment_id,
            Comment.post_id == post_id,
            Comment.community_id == member.community.id,
            shown_to(member, now),
        )
    )
    comment = db.session.scalars(_held(wanted, Comment) if locked else wanted).one_or_none()
    if comment is None:
        raise NotFound()
    return comment


def _held(wanted: Select, table: type[Post] | type[Comment]) -> Select:
    """Let a statement lock the rows of a table and read them anew.

    Not their keys: whoever points to one (a bookmark, a reaction) would wait, with a row that we want.
    """
    locking = wanted.with_for_update(of=table, key_share=True)
    return locking.execution_options(populate_existing=True)
