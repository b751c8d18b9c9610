"""Staff give groups of a course spaces of their own, and close and open these. Who is in which: `parts`.

The space of the course stays as it is, for everybody: it is the common space.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select, update

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Community, CommunityState, Course, CourseGroup, Membership, NotificationKind
from lti_tool.permissions import Act
from lti_tool.services import audit, life, parts, telling
from lti_tool.services.acting import ActingMember
from lti_tool.services.dividing_outlook import GroupOutlook, Outlook, outlook

LONGEST_NAME = 120
# What the space of a group takes from the common one when it is made; each may be changed there.
_TAKEN = (
    *("organisation_id", "time_zone", "time_zone_confirmed_at", "starts_on", "answer_target_hours"),
    *("file_limit", "storage_limit", "hourly_limit", "first_day_limit", "watched_words"),
    "permission_overrides",
)


def divide(member: ActingMember, names: Mapping[int, str], seen: str, now: datetime) -> list[int]:
    """Give groups spaces of their own, and have everybody in who belongs there; return their communities.

    Groups that have one are passed over: sending the same form twice does it once.

    :param names: the groups, by their numbers here, with the names of their spaces.
    :param seen: the mark of the outlook by which it was decided.
    :raises Stale: groups or people are others by now. :raises Unfit: nothing was chosen, or a name is taken.
    """
    member.must(Act.DIVIDE)
    _lock_courses(member)
    shown = outlook(member, names, now)
    if shown.is_part:
        raise NotFound()
    there = {one.group.id for one in shown.groups if one.space is not None}
    if names and names.keys() <= there:
        return []
    if not shown.chosen:
        raise Unfit({"groups": ["no-group"]})
    _check_names(member, shown)
    if shown.mark != seen:
        raise Stale("outlook-changed")
    made = [_made(member, one, now) for one in shown.chosen]
    db.session.flush()
    _note_groups(member)
    for course_id in sorted({part.part_of_id for part in made}):
        parts.align(course_id, now)
    for part in made:
        if part.community.state is CommunityState.OPEN:
            telling.of_space(part.community, NotificationKind.OPENED, now, now, _own_number(member, part))
        audit.record(member, "part.made", f"part:{part.id}", now)
    return [part.community_id for part in made]


def leave(member: ActingMember) -> None:
    """Leave the groups that have no space without one: staff are told of those alone that come later."""
    member.must(Act.DIVIDE)
    _lock_courses(member)
    _note_groups(member)


def _note_groups(member: ActingMember) -> None:
    newest = select(func.max(CourseGroup.id)).where(CourseGroup.course_id == Course.id).scalar_subquery()
    db.session.execute(
        update(Course)
        .where(Course.community_id == member.community.id, Course.divided)
        .values(groups_seen=newest)
        .execution_options(synchronize_session=False)
    )


def close(member: ActingMember, part_id: int, now: datetime) -> None:
    """Close the space of a group: who is in it reads on there, and comes into the common space again.

    :raises NotFound: it is no space of a group of this community's courses.
    :raises Stale: it is in a state from which it is moved on its own page alone.
    """
    _move(member, part_id, CommunityState.CLOSED, "part.closed", now)


def open_again(member: ActingMember, part_id: int, now: datetime) -> None:
    """Open the space of a group again, for those who are in the group by now; raises as `close` does."""
    _move(member, part_id, CommunityState.OPEN, "part.opened", now)


def _move(member: ActingMember, part_id: int, to: CommunityState, act: str, now: datetime) -> None:
    member.must(Act.DIVIDE)
    _lock_courses(member)
    part = db.session.scalars(
        select(Course)
        .join(parts.whole, parts.whole.id == Course.part_of_id)
        .where(Course.id == part_id, parts.whole.community_id == member.community.id)
    ).one_or_none()
    if part is None:
        raise NotFound()
    if not life.move_part(part.community_id, to, now, _own_number(member, part)):
        return
    db.session.flush()
    parts.align(part.part_of_id, now)
    audit.record(member, act, f"part:{part.id}", now)


def _lock_courses(member: ActingMember) -> None:
    """Have launches, lists and whoever else decides wait, in the order in which all lock them."""
    here = Course.community_id == member.community.id
    wanted = select(Course.id).where(here, Course.part_of_id.is_(None)).order_by(Course.id)
    db.session.execute(wanted.with_for_update(of=Course, key_share=True)).all()


def _check_names(member: ActingMember, shown: Outlook) -> None:
    taken = {folded(member.community.name)}
    taken |= {folded(one.space.name) for one in shown.groups if one.space is not None}
    for one in shown.chosen:
        if folded(one.name) in taken:
            raise Unfit({f"name-{one.group.id}": ["name-taken"]})
        taken.add(folded(one.name))


def _made(member: ActingMember, chosen: GroupOutlook, now: datetime) -> Course:
    group = db.session.get_one(CourseGroup, chosen.group.id)
    course = db.session.get_one(Course, group.course_id)
    community = Community(
        name=chosen.name, created_at=now, **{name: getattr(member.community, name) for name in _TAKEN}
    )
    life.begin_beside(community, member.community)
    part = Course(
        deployment_id=course.deployment_id,
        context_id=f"part:{uuid4()}",
        community=community,
        title=chosen.name,
        label=group.name or group.group_id,
        line_items_url=course.line_items_url,
        grade_scopes=course.grade_scopes,
        part_of_id=course.id,
        part_group=group.group_id,
        created_at=now,
    )
    course.divided = True
    db.session.add(part)
    db.session.flush()
    return part


def _own_number(member: ActingMember, part: Course) -> int | None:
    """The membership that whoever decides has in the space of a group; who was appointed may have none."""
    wanted = select(Membership.id).filter_by(community_id=part.community_id, user_id=member.user.id)
    return db.session.scalars(wanted).one_or_none()
