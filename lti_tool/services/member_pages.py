"""The page about one member: who they are here, what they wrote, what they help with and like to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, Membership, Post, Role
from lti_tool.permissions import Act, allows
from lti_tool.services import contributions, cursors, people, roles, topic_help
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.people import Person
from lti_tool.services.subgroups import SubgroupMark
from lti_tool.services.topic_help import HelpTopic

PAGE = 20
POSTS, REPLIES = "posts", "replies"


@dataclass(frozen=True)
class ReplyCard:
    """A reply of somebody's, under whose contribution it stands. `title` is None when that was deleted."""

    id: int
    post_id: int
    title: str | None
    excerpt: str
    created_at: datetime
    solved: bool
    subgroup: SubgroupMark | None


@dataclass(frozen=True)
class MemberPage:
    """One member, as another (or they themselves) may see them.

    `here` is False of those who left, were removed or erased: what they wrote stays. `older` is the cursor of
    the next part of the tab that is shown.
    """

    person: Person
    here: bool
    mine: bool
    joined_at: datetime
    asks_about: str | None
    topics: Sequence[HelpTopic]
    may_ask: bool
    tab: str
    posts: Sequence[PostCard]
    replies: Sequence[ReplyCard]
    older: str | None


def of(reader: ActingMember, number: int, tab: str, before: str | None, now: datetime) -> MemberPage:
    """Return the page about a member of the reader's community. Seven statements at most.

    :param tab: REPLIES, or anything else for what they opened; :param before: a cursor.
    :raises NotFound: nobody has this number here.
    """
    reader.must(Act.READ)
    membership = _member_here(reader, number)
    enrolments = people.enrolments_of(reader.community.id, [membership.user_id]).get(membership.user_id, [])
    role = roles.in_force(membership, enrolments, now)
    test_user = any(one.test_user for one in enrolments)
    person = people.shown(membership, membership.user, role, test_user=test_user)
    here = role is not None and not person.former
    tab = REPLIES if tab == REPLIES else POSTS
    found = _replies(reader, number, before, now) if tab == REPLIES else _posts(reader, number, before, now)
    shown, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    return MemberPage(
        person=person,
        here=here,
        mine=number == reader.id,
        joined_at=membership.joined_at,
        asks_about=membership.asks_about if here else None,
        topics=topic_help.shown_by(reader, number, now) if here else (),
        may_ask=here and not test_user and number != reader.id and _may_be_asked(reader, role),
        tab=tab,
        posts=[contributions.card(one, person, reader, now) for one in shown] if tab == POSTS else (),
        replies=[_reply(one) for one in shown] if tab == REPLIES else (),
        older=cursors.cursor(last.created_at, last.id) if last else None,
    )


def words_to_ask(reader: ActingMember, number: int, now: datetime) -> str:
    """Return how a question to a member begins, with a mention of them; "" when nobody here is meant.

    Two statements, none without a number.
    """
    if not number:
        return ""
    try:
        membership = _member_here(reader, number)
    except NotFound:
        return ""
    theirs = people.enrolments_of(reader.community.id, [membership.user_id])
    role = roles.in_force(membership, theirs.get(membership.user_id, []), now)
    return f"@[{number}] " if _may_be_asked(reader, role) else ""


def _member_here(reader: ActingMember, number: int) -> Membership:
    wanted = (
        select(Membership)
        .where(Membership.id == number, Membership.community_id == reader.community.id)
        .options(joinedload(Membership.user))
    )
    membership = db.session.scalars(wanted).one_or_none()
    if membership is None:
        raise NotFound()
    return membership


def _may_be_asked(reader: ActingMember, role: Role | None) -> bool:
    """Tell whether the reader may open a question, and somebody of this role can read it."""
    can_read = role is not None and allows(role, Act.READ, reader.community.state)
    return can_read and reader.may(Act.WRITE_POST)


def _posts(reader: ActingMember, number: int, before: str | None, now: datetime) -> list[Post]:
    wanted = select(Post).where(
        Post.author_id == number,
        Post.community_id == reader.community.id,
        Post.deleted_at.is_(None),
        contributions.shown_to(reader, now),
    )
    return list(db.session.scalars(_part(wanted, Post, before)))


def _replies(reader: ActingMember, number: int, before: str | None, now: datetime) -> list[Comment]:
    wanted = (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(
            Comment.author_id == number,
            Comment.community_id == reader.community.id,
            Comment.deleted_at.is_(None),
            contributions.shown_to(reader, now),
        )
        .options(contains_eager(Comment.post))
    )
    return list(db.session.scalars(_part(wanted, Comment, before)))


def _part(wanted: Select, table: type[Post] | type[Comment], before: str | None) -> Select:
    """Begin after a cursor, the newest first, with one row more than a page has."""
    wanted = wanted.where(cursors.older(before, table.created_at, table.id))
    return wanted.order_by(table.created_at.desc(), table.id.desc()).limit(PAGE + 1)


def _reply(comment: Comment) -> ReplyCard:
    post = comment.post
    return ReplyCard(
        id=comment.id,
        post_id=post.id,
        title=post.title if post.deleted_at is None else None,
        excerpt=excerpt(comment.body),
        created_at=comment.created_at,
        solved=comment.solves_id is not None,
        subgroup=SubgroupMark(post.subgroup_id, post.subgroup_name or "") if post.subgroup_id else None,
    )
