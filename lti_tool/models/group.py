"""Groups within a course, as the LMS has them, and who is in them. Staff see them, learners do not."""

from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base
from lti_tool.models.columns import words


class GroupSource(StrEnum):
    """Who told us of a group last."""

    LAUNCH = "launch"  # a launch, of one person (Moodle): a number without a name
    SERVICE = "service"  # the Course Groups Service, of all at once


class CourseGroup(Base):
    """A group of a course, by its id in the LMS."""

    __tablename__ = "course_group"
    __table_args__ = (UniqueConstraint("course_id", "group_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    group_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200))
    set_name: Mapped[str | None] = mapped_column(String(200))  # of the set that it is in, such as "Projects"
    hidden: Mapped[bool] = mapped_column(Boolean)  # in the LMS learners do not see it
    source: Mapped[GroupSource] = mapped_column(words(GroupSource, "source"))


class CourseGroupMember(Base):
    """Somebody who is enrolled in the course is in one of its groups. Goes with the group."""

    __tablename__ = "course_group_member"
    __table_args__ = (UniqueConstraint("course_group_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_group_id: Mapped[int] = mapped_column(ForeignKey("course_group.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
