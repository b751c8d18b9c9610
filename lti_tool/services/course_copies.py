"""Which course was made from which, as LMSs told it: for staff who want to bring something over."""

from dataclasses import dataclass

from sqlalchemy import and_, literal, select

from lti_tool.extensions import db
from lti_tool.models import Course, CourseCopy

# A course is copied year after year; two that were said to be made from each other end here, too.
FURTHEST = 20


@dataclass(frozen=True)
class Origin:
    """A course that another was copied from, with the community that it leads to (None: none yet)."""

    course_id: int
    context_id: str
    title: str | None
    community_id: int | None


def origins_of(course: Course) -> list[Origin]:
    """Return the courses that a course was copied from and that are known here, also through a copy between.

    Of the same deployment only; the nearest ancestor first. One statement.
    """
    said = CourseCopy.__table__
    ancestors = (
        select(said.c.origin_context_id.label("context_id"), literal(1).label("generation"))
        .where(said.c.deployment_id == course.deployment_id, said.c.context_id == course.context_id)
        .cte("ancestors", recursive=True)
    )
    further = select(said.c.origin_context_id, ancestors.c.generation + 1).where(
        said.c.deployment_id == course.deployment_id,
        said.c.context_id == ancestors.c.context_id,
        ancestors.c.generation < FURTHEST,
    )
    ancestors = ancestors.union(further)
    found = db.session.execute(
        select(Course.id, Course.context_id, Course.title, Course.community_id, ancestors.c.generation)
        .join(
            ancestors,
            and_(Course.deployment_id == course.deployment_id, Course.context_id == ancestors.c.context_id),
        )
        .where(Course.id != course.id)
        .order_by(ancestors.c.generation, Course.id.desc())
    )
    nearest: dict[int, Origin] = {}
    for *row, _ in found:
        nearest.setdefault(row[0], Origin(*row))
    return list(nearest.values())
