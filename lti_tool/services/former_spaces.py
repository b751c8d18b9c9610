"""Which courses a space is of: those that meet there, and of an archive those that met there before.

A course that joins another space leaves its own as an archive. Its people read that archive by the same
enrolments as before: whatever tells from these who is in a community asks `courses_of`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, CompoundSelect, select, union_all

from lti_tool.extensions import db
from lti_tool.models import Community, CommunityState, Course, Enrolment, FormerSpace

EMPTIED = (CommunityState.PURGING, CommunityState.PURGED)


@dataclass(frozen=True)
class Archive:
    """A space in which a course met before."""

    community_id: int
    name: str
    course_id: int


def courses_of(community_id: int | ColumnElement[int]) -> CompoundSelect:
    """Select the numbers of the courses by which people are in a community."""
    return union_all(
        select(Course.id).where(Course.community_id == community_id),
        select(FormerSpace.course_id).where(FormerSpace.community_id == community_id),
    )


def is_left(community_id: int) -> bool:
    """Tell whether a community is an archive whose course meets elsewhere. One statement."""
    wanted = select(FormerSpace.id).where(FormerSpace.community_id == community_id).limit(1)
    return db.session.scalar(wanted) is not None


def archives_for(user_id: int, community_id: int) -> Sequence[Archive]:
    """Return the archives of the courses of a community that somebody may read by being enrolled there."""
    wanted = (
        select(Community.id, Community.name, FormerSpace.course_id)
        .select_from(Course)
        .join(FormerSpace, FormerSpace.course_id == Course.id)
        .join(Community, Community.id == FormerSpace.community_id)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(
            Course.community_id == community_id,
            Enrolment.user_id == user_id,
            Enrolment.active,
            Community.state.not_in(EMPTIED),
        )
        .order_by(Community.name, Community.id)
    )
    return [Archive(*row) for row in db.session.execute(wanted)]


def where_it_went(community_id: int, user_id: int) -> Sequence[Archive]:
    """Return where the courses of an archive meet now, as far as somebody is enrolled in them."""
    wanted = (
        select(Community.id, Community.name, Course.id)
        .select_from(FormerSpace)
        .join(Course, Course.id == FormerSpace.course_id)
        .join(Community, Community.id == Course.community_id)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(FormerSpace.community_id == community_id, Enrolment.user_id == user_id, Enrolment.active)
        .order_by(Community.id)
    )
    return [Archive(*row) for row in db.session.execute(wanted)]
