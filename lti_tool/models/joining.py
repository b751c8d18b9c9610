"""Courses that share a space: the one that a course had before, the word of its staff that it may join."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.community import CommunityState


class FormerSpace(Base):
    """The space that a course met in alone before it joined another: an archive that its people can read.

    While the row is there no course meets in that space, and it stays archived until it is emptied.
    """

    __tablename__ = "former_space"
    __table_args__ = (
        UniqueConstraint("course_id", "community_id"),
        Index("ix_former_space_community_id_course_id", "community_id", "course_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    left_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Where it was in its life: what it is again when the course comes back to it.
    state_before: Mapped[CommunityState] = mapped_column(words(CommunityState, "state_before"))


class CourseAgreement(Base):
    """The word of a course's staff that it may join the space whose staff has the code. Deleted when used.

    One for each course at most; of the code only a hash is stored.
    """

    __tablename__ = "course_agreement"
    __table_args__ = (UniqueConstraint("course_id"), UniqueConstraint("code_hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
