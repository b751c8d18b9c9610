"""Sub-groups as pages show them: all that a member may know of, one with its threads, what is to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import joinedload

from lti_tool.extensions import db
from lti_tool.models import CourseGroup, Membership, Post, Subgroup
from lti_tool.permissions import Act
from lti_tool.services import contributions, course_groups, cursors, people, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.standings import listed_in

PAGE = 20


@dataclass(frozen=True)
class SubgroupView:
    """A sub-group as a list or its own page says it.

    `follows`: whom it holds follows the LMS; `hidden`: learners do not see that group there.
    """

    id: int
    name: str
    description: str | None
    people: int
    mine: bool
    closed_at: datetime | None
    follows: bool
    hidden: bool


@dataclass(frozen=True)
class Threads:
    """A part of the threads of a sub-group, newest first; `older` is the cursor of the next part."""

    posts: Sequence[PostCard]
    older: str | None


def all_of(member: ActingMember, now: datetime) -> list[SubgroupView]:
    """Return the sub-groups that a member may know of, those that take new contributions first.

    Two statements.
    """
    member.must(Act.READ)
    return _views(member, subgroups.known_to(member), now)


def one(member: ActingMember, subgroup_id: int, now: datetime) -> SubgroupView:
    """Return a sub-group.

    :raises NotFound: there is none with this number, or not for this member.
    """
    member.must(Act.READ)
    group = subgroups.here(member, subgroup_id)
    return _views(member, Subgroup.id == group.id, now)[0]


def _views(member: ActingMember, which: ColumnElement[bool], now: datetime) -> list[SubgroupView]:
    hidden = select(CourseGroup.hidden).where(CourseGroup.id == Subgroup.course_group_id).scalar_subquery()
    found = db.session.execute(
        select(Subgroup, hidden).where(which).order_by(Subgroup.folded).limit(subgroups.MOST)
    ).all()
    if not found:
        return []
    pairs = subgroups.pairs_in(which).subquery("pairs")
    listed = listed_in(member.community.id, now)
    mine = func.max(case((pairs.c.member_id == member.id, 1), else_=0))
    counted = (
        select(pairs.c.subgroup_id, func.count(), mine)
        .join(listed, listed.c.id == pairs.c.member_id)
        .group_by(pairs.c.subgroup_id)
    )
    numbers = {number: (count, bool(me)) for number, count, me in db.session.execute(counted)}
    views = [_view(group, *numbers.get(group.id, (0, False)), bool(secret)) for group, secret in found]
    return sorted(views, key=lambda view: view.closed_at is not None)


def _view(group: Subgroup, count: int, mine: bool, hidden: bool) -> SubgroupView:
    return SubgroupView(
        id=group.id,
        name=group.name,
        description=group.description,
        people=count,
        mine=mine,
        closed_at=group.closed_at,
        follows=group.course_group_id is not None,
        hidden=hidden,
    )


def threads_of(member: ActingMember, subgroup_id: int, before: str | None, now: datetime) -> Threads:
    """Return a part of the threads of a sub-group that this member may know of. Two statements."""
    wanted = (
        select(Post)
        .where(
            Post.subgroup_id == subgroup_id,
            Post.community_id == member.community.id,
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
            cursors.older(before, Post.created_at, Post.id),
        )
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(PAGE + 1)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    posts = list(db.session.scalars(wanted))
    persons = people.described([post.author for post in posts], now)
    last = posts[PAGE - 1] if len(posts) > PAGE else None
    return Threads(
        posts=[contributions.card(post, persons[post.author_id], member, now) for post in posts[:PAGE]],
        older=cursors.cursor(last.created_at, last.id) if last else None,
    )


def still_to_follow(member: ActingMember) -> list[CourseGroupView]:
    """Return the groups of the LMS of which no sub-group is made yet, for staff; two statements."""
    if not member.may(Act.ARRANGE):
        return []
    followed = select(Subgroup.course_group_id).where(
        Subgroup.community_id == member.community.id, Subgroup.course_group_id.is_not(None)
    )
    taken = set(db.session.scalars(followed))
    return [group for group in course_groups.of_community(member.community.id) if group.id not in taken]
