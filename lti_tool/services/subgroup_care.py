"""What staff do with sub-groups: make them, name them, say who is in them, close them and bring them back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lti_tool.errors import Stale, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.cleaning import clean_name
from lti_tool.knowledge.folding import folded
from lti_tool.models import Course, CourseGroup, Subgroup, SubgroupMember
from lti_tool.permissions import Act
from lti_tool.services import audit, changes, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.standings import listed_in
from lti_tool.services.upserts import INSERTS, insert_unless_there

LONGEST_NAME = 80


@dataclass(frozen=True)
class SubgroupDraft:
    """What staff fill in about a sub-group."""

    name: str
    description: str | None = None


def make(member: ActingMember, draft: SubgroupDraft, now: datetime) -> int:
    """Make a sub-group by hand, without anybody in it; return its number.

    :raises Unfit: another one has this name.
    """
    member.must(Act.ARRANGE)
    number = _made(member, draft, None, now)
    if number is None:
        raise Unfit({"name": ["name-taken"]})
    return number


def follow(member: ActingMember, names: Mapping[int, str], now: datetime) -> list[int]:
    """Make sub-groups of groups of the LMS, by their numbers here, each with a name; return their numbers.

    Who is in them follows the LMS. One that is followed already, or is not of this community's courses, is
    passed over.

    :raises Unfit: none was left to be made.
    """
    member.must(Act.ARRANGE)
    wanted = (
        select(CourseGroup.id, CourseGroup.group_id)
        .join(Course, Course.id == CourseGroup.course_id)
        .where(Course.community_id == member.community.id, CourseGroup.id.in_(set(names)))
        .order_by(CourseGroup.id)
    )
    numbers = []
    for group, lms_number in db.session.execute(wanted).all():
        # Two groups of one name, in two courses or in different letters: the second says its number.
        for name in (names[group], f"{names[group][: LONGEST_NAME // 2]} · {lms_number}"):
            number = _made(member, SubgroupDraft(clean_name(name, LONGEST_NAME)), group, now)
            if number is not None:
                numbers.append(number)
                break
    if not numbers:
        raise Unfit({"groups": ["no-group"]})
    return numbers


def _made(member: ActingMember, draft: SubgroupDraft, group: int | None, now: datetime) -> int | None:
    """Insert a sub-group; None when its name is taken, or its group followed."""
    key = {"community_id": member.community.id, "folded": folded(draft.name)[:LONGEST_NAME]}
    values = {
        "name": draft.name,
        "description": draft.description,
        "course_group_id": group,
        "created_by_id": member.id,
        "created_at": now,
    }
    if not insert_unless_there(Subgroup, key, values):
        return None
    number = db.session.scalars(select(Subgroup.id).filter_by(**key)).one()
    audit.record(member, "subgroup.made", f"subgroup:{number}", now, group=group)
    return number


def describe(member: ActingMember, subgroup_id: int, draft: SubgroupDraft, now: datetime) -> None:
    """Give a sub-group another name and description; its threads are shown with the new name at once.

    :raises Unfit: another one has this name.
    """
    member.must(Act.ARRANGE)
    changes.in_order(member)  # two names given at once follow each other
    group = subgroups.here(member, subgroup_id, locked=True)
    key = folded(draft.name)[:LONGEST_NAME]
    taken = select(Subgroup.id).where(
        Subgroup.community_id == member.community.id, Subgroup.folded == key, Subgroup.id != group.id
    )
    if db.session.scalar(taken) is not None:
        raise Unfit({"name": ["name-taken"]})
    group.name, group.folded, group.description = draft.name, key, draft.description
    audit.record(member, "subgroup.described", f"subgroup:{group.id}", now)


def close(member: ActingMember, subgroup_id: int, now: datetime) -> None:
    """Let a sub-group take nothing new; what is there stays readable by its members."""
    member.must(Act.ARRANGE)
    group = subgroups.here(member, subgroup_id, locked=True)
    if group.closed_at is None:
        group.closed_at = now
        audit.record(member, "subgroup.closed", f"subgroup:{group.id}", now)


def bring_back(member: ActingMember, subgroup_id: int, now: datetime) -> None:
    """Let a closed sub-group take new contributions again."""
    member.must(Act.ARRANGE)
    group = subgroups.here(member, subgroup_id, locked=True)
    if group.closed_at is not None:
        group.closed_at = None
        audit.record(member, "subgroup.brought-back", f"subgroup:{group.id}", now)


def put_in(member: ActingMember, subgroup_id: int, people: Collection[int], now: datetime) -> None:
    """Put members into a sub-group made by hand.

    Whoever is in it, is not here, or reads nothing here is passed over.

    :raises Stale: it follows a group of the LMS.
    """
    group = _by_hand(member, subgroup_id)
    listed = listed_in(member.community.id, now)
    wanted = select(listed.c.id).where(listed.c.id.in_(set(people)), subgroups.may_be_in(member, listed))
    numbers = db.session.scalars(wanted.order_by(listed.c.id)).all()
    if not numbers:
        return
    rows = [{"subgroup_id": group.id, "member_id": number, "added_at": now} for number in numbers]
    insert = INSERTS[db.session.connection().dialect.name](SubgroupMember.__table__).values(rows)
    db.session.connection().execute(insert.on_conflict_do_nothing())
    audit.record(member, "subgroup.put-in", f"subgroup:{group.id}", now, members=list(numbers))


def take_out(member: ActingMember, subgroup_id: int, people: Collection[int], now: datetime) -> None:
    """Take members out of a sub-group made by hand: from now on its threads are closed to them.

    :raises Stale: it follows a group of the LMS.
    """
    group = _by_hand(member, subgroup_id)
    theirs = (SubgroupMember.subgroup_id == group.id, SubgroupMember.member_id.in_(set(people)))
    numbers = db.session.scalars(select(SubgroupMember.member_id).where(*theirs)).all()
    if numbers:
        db.session.execute(delete(SubgroupMember).where(*theirs))
        audit.record(member, "subgroup.taken-out", f"subgroup:{group.id}", now, members=sorted(numbers))


def _by_hand(member: ActingMember, subgroup_id: int) -> Subgroup:
    member.must(Act.ARRANGE)
    group = subgroups.here(member, subgroup_id, locked=True)
    if group.course_group_id is not None:
        raise Stale("subgroup-follows-lms")
    return group
