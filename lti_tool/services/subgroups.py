"""Sub-groups: who is in which, and which posts that opens to whom."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    exists,
    literal,
    or_,
    select,
    true,
    union,
)

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.models import (
    Change,
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    Membership,
    Post,
    Subgroup,
    SubgroupMember,
)
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services.acting import ActingMember
from lti_tool.services.upserts import INSERTS

# How many a form offers, and a page lists: the LMS makes hundreds where a course has hundreds of groups.
MOST = 500


@dataclass(frozen=True)
class SubgroupMark:
    """Who alone can read a contribution, as cards say it; `closed`: nothing new can be said there."""

    id: int
    name: str
    closed: bool = False


def open_to(member: ActingMember, table: type[Post] | type[Change]) -> ColumnElement[bool]:
    """Return the condition on posts or changes under which no sub-group keeps this member out."""
    if member.may(Act.SEE_ALL_SUBGROUPS):
        return true()
    return or_(table.subgroup_id.is_(None), table.subgroup_id.in_(_theirs(member)))


def of(member: ActingMember) -> list[Subgroup]:
    """Return the sub-groups that this member is in, by name. One statement."""
    wanted = select(Subgroup).where(Subgroup.id.in_(_theirs(member))).order_by(Subgroup.folded)
    return list(db.session.scalars(wanted))


def known_to(member: ActingMember) -> ColumnElement[bool]:
    """Return the condition on sub-groups of their community under which this member may know of them."""
    here = Subgroup.community_id == member.community.id
    return here if member.may(Act.SEE_ALL_SUBGROUPS) else and_(here, Subgroup.id.in_(_theirs(member)))


def to_write_in(member: ActingMember) -> list[SubgroupMark]:
    """Return the sub-groups for which this member may publish something new, by name. One statement."""
    wanted = (
        select(Subgroup.id, Subgroup.name)
        .where(known_to(member), Subgroup.closed_at.is_(None))
        .order_by(Subgroup.folded)
        .limit(MOST)
    )
    return [SubgroupMark(*row) for row in db.session.execute(wanted)]


def to_read(member: ActingMember) -> list[SubgroupMark]:
    """Return the sub-groups whose threads this member may read, by name. One statement."""
    wanted = select(Subgroup.id, Subgroup.name).where(known_to(member)).order_by(Subgroup.folded).limit(MOST)
    return [SubgroupMark(*row) for row in db.session.execute(wanted)]


def must_take_posts(member: ActingMember, subgroup_id: int) -> None:
    """Refuse unless a member may publish something for this sub-group. One statement.

    The row is held until the transaction ends, so that nobody closes the sub-group meanwhile.

    :raises Unfit: it is none of theirs, or takes nothing new.
    """
    wanted = select(Subgroup.id).where(
        Subgroup.id == subgroup_id, known_to(member), Subgroup.closed_at.is_(None)
    )
    if db.session.scalars(wanted.with_for_update(read=True, of=Subgroup)).one_or_none() is None:
        raise Unfit({"subgroup": ["subgroup-not-open"]})


def takes_new(subgroup_id: int) -> bool:
    """Tell whether something new may be written in the threads of a sub-group: it is not closed."""
    wanted = select(Subgroup.id).where(Subgroup.id == subgroup_id, Subgroup.closed_at.is_(None))
    return db.session.scalars(wanted).one_or_none() is not None


def must_take_new(post: Post) -> None:
    """Refuse something new in the thread of a post whose sub-group is closed. One statement at most.

    :raises Stale: it is.
    """
    if post.subgroup_id is not None and not takes_new(post.subgroup_id):
        raise Stale("subgroup-closed")


def must_not_have_closed(post: Post, since: datetime) -> None:
    """Refuse when the sub-group of a post was closed at some moment or later. One statement at most.

    :raises Stale: it was.
    """
    closed = select(Subgroup.id).where(Subgroup.id == post.subgroup_id, Subgroup.closed_at >= since)
    if post.subgroup_id is not None and db.session.scalars(closed).one_or_none() is not None:
        raise Stale("subgroup-closed")


def here(member: ActingMember, subgroup_id: int, *, locked: bool = False) -> Subgroup:
    """Return a sub-group that this member may know of. One statement.

    :raises NotFound: there is none with this number, or not for this member.
    """
    wanted = select(Subgroup).where(Subgroup.id == subgroup_id, known_to(member))
    if locked:
        wanted = wanted.with_for_update(of=Subgroup).execution_options(populate_existing=True)
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found


def members_of(subgroup_id: int) -> Select:
    """Select the numbers of the members of a sub-group, by hand or by their group in the LMS."""
    pairs = pairs_in(Subgroup.id == subgroup_id).subquery()
    return select(pairs.c.member_id)


def has_member(subgroup_id: ColumnElement[int], member_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition on two columns under which one names a member of the sub-group of the other."""
    by_hand = exists().where(SubgroupMember.subgroup_id == subgroup_id, SubgroupMember.member_id == member_id)
    by_lms = exists().where(
        Subgroup.id == subgroup_id,
        CourseGroupMember.course_group_id == Subgroup.course_group_id,
        Enrolment.id == CourseGroupMember.enrolment_id,
        Enrolment.active.is_(True),
        Membership.id == member_id,
        Membership.user_id == Enrolment.user_id,
    )
    by_lms = by_lms.correlate_except(Subgroup, CourseGroupMember, Enrolment, Membership)
    return or_(by_hand.correlate_except(SubgroupMember), by_lms)


def may_be_in(member: ActingMember, listed: Subquery) -> ColumnElement[bool]:
    """Return the condition on members (`standings.listed_in`) who could be in a sub-group: they read here."""
    return listed.c.role.in_(roles_that_may(Act.READ, member.community.state))


def pairs_in(which: ColumnElement[bool]) -> CompoundSelect:
    """Select who is in which of some sub-groups, as `subgroup_id` and `member_id`, each pair once."""
    by_hand = (
        select(SubgroupMember.subgroup_id.label("subgroup_id"), SubgroupMember.member_id.label("member_id"))
        .join(Subgroup, Subgroup.id == SubgroupMember.subgroup_id)
        .where(which)
    )
    by_lms = (
        select(Subgroup.id, Membership.id)
        .join(CourseGroupMember, CourseGroupMember.course_group_id == Subgroup.course_group_id)
        .join(Enrolment, Enrolment.id == CourseGroupMember.enrolment_id)
        .join(
            Membership,
            and_(Membership.user_id == Enrolment.user_id, Membership.community_id == Subgroup.community_id),
        )
        .where(which, Enrolment.active.is_(True))
    )
    return union(by_hand, by_lms)


def keep_members_of(groups: ColumnElement[bool], now: datetime) -> None:
    """Put into sub-groups by hand who is in them by groups that go from the LMS; one statement.

    Their threads stay readable by those who wrote them.

    :param groups: the condition on `CourseGroup` under which one goes.
    """
    going = select(CourseGroup.id).where(groups)
    pairs = pairs_in(Subgroup.course_group_id.in_(going)).subquery()
    source = select(pairs.c.subgroup_id, pairs.c.member_id, literal(now, SubgroupMember.added_at.type)).where(
        pairs.c.subgroup_id.is_not(None)
    )
    insert = INSERTS[db.session.connection().dialect.name](SubgroupMember)
    kept = insert.from_select(["subgroup_id", "member_id", "added_at"], source).on_conflict_do_nothing()
    db.session.execute(kept, execution_options={"synchronize_session": False})


def _theirs(member: ActingMember) -> Select:
    """Select the numbers of the sub-groups somebody is in, by hand or by their group in the LMS."""
    return _groups_of_one(member.id, member.user.id, member.community.id)


# Part of nearly every statement of a page: to put it together takes longer than to send it.
@lru_cache(maxsize=256)
def _groups_of_one(member_id: int, user_id: int, community_id: int) -> Select:
    return _groups_of(literal(member_id), literal(user_id), literal(community_id))


def _groups_of(me: ColumnElement, user: ColumnElement, here: ColumnElement) -> Select:
    by_hand = (
        select(SubgroupMember.subgroup_id)
        .join(Subgroup, Subgroup.id == SubgroupMember.subgroup_id)
        .where(SubgroupMember.member_id == me, Subgroup.community_id == here)
    )
    by_lms = (
        select(Subgroup.id)
        .join(CourseGroupMember, CourseGroupMember.course_group_id == Subgroup.course_group_id)
        .join(Enrolment, Enrolment.id == CourseGroupMember.enrolment_id)
        .where(
            Subgroup.community_id == here,
            Enrolment.user_id == user,
            Enrolment.active.is_(True),
        )
    )
    return select(union(by_hand, by_lms).subquery().c.subgroup_id)
