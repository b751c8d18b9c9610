"""Rosters: what the LMS says who is in a course, read page by page, taken over only when complete."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.community import Course
from lti_tool.models.person import Membership, Role


class RosterState(StrEnum):
    IDLE = "idle"  # nothing to do until somebody asks or a day has passed
    DUE = "due"  # to be read at `due_at`
    READING = "reading"  # claimed: pages are being read
    HELD = "held"  # complete, but so many would leave that staff decide first
    REFUSED = "refused"  # the LMS said no: `problem` says why; asked again on the next visit of staff


class Roster(Base):
    """The reading of one course's roster: what is wanted, under way, done, held."""

    __tablename__ = "roster"
    __table_args__ = (UniqueConstraint("course_id"), Index("ix_roster_state_due_at", "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    state: Mapped[RosterState] = mapped_column(words(RosterState, "state"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)  # none: a clock
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    read_id: Mapped[str | None] = mapped_column(String(36))  # the lines of the read under way, or held
    pages: Mapped[int] = mapped_column(Integer, default=0)  # progress of the read under way
    people: Mapped[int] = mapped_column(Integer, default=0)  # likewise; of the last complete read when idle
    departures: Mapped[int] = mapped_column(Integer, default=0)  # who would leave (held), or left (idle)
    arrivals: Mapped[int] = mapped_column(Integer, default=0)  # who was new in the last complete read
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # idle: that list was set aside
    problem: Mapped[str | None] = mapped_column(String(40))  # a code, shown in words
    problem_detail: Mapped[str | None] = mapped_column(Text)  # the LMS's own words, trimmed
    # The last read beside which all groups of the course were read, and why they were not beside a later one.
    groups_read_id: Mapped[str | None] = mapped_column(String(36))
    groups_problem: Mapped[str | None] = mapped_column(String(40))
    groups_problem_detail: Mapped[str | None] = mapped_column(Text)

    course: Mapped[Course] = relationship()
    asked_by: Mapped[Membership | None] = relationship()


class RosterLine(Base):
    """One person as a page of a roster named them; kept until the whole roster is taken over or given up."""

    __tablename__ = "roster_line"
    __table_args__ = (UniqueConstraint("read_id", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    read_id: Mapped[str] = mapped_column(String(36))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    roles: Mapped[list] = mapped_column(JSON)  # as sent
    role: Mapped[Role] = mapped_column(words(Role, "role"))  # our reading of them
    gone: Mapped[bool] = mapped_column(default=False)  # listed as Inactive or Deleted
    group_ids: Mapped[list | None] = mapped_column(JSON(none_as_null=True))  # as sent; none: not told


class RosterGroup(Base):
    """One group as the LMS listed it beside a roster; kept as long as that roster's lines."""

    __tablename__ = "roster_group"
    __table_args__ = (UniqueConstraint("read_id", "group_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    read_id: Mapped[str] = mapped_column(String(36))
    group_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200))
    set_name: Mapped[str | None] = mapped_column(String(200))
    hidden: Mapped[bool] = mapped_column(Boolean)
