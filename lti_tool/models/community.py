"""Where people meet: organisation, community, and the LMS courses that lead there."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class Organisation(Base):
    """Whoever runs the LMS: everything an administrator sees is filtered by it."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CommunityState(StrEnum):
    """Where a community is in its life, in this order; it may also be moved back, but not out of a purge."""

    DRAFT = "draft"  # those who lead it arrange it; nobody else is told of a date
    PREPARING = "preparing"  # the same, and who comes is told when it opens
    OPEN = "open"
    CLOSED = "closed"  # may be read, takes nothing new; grades are brought to their end
    ARCHIVED = "archived"  # may be read; nothing changes any more
    PURGING = "purging"  # its contents are being deleted
    PURGED = "purged"  # nothing is left to be read


class OpenOrClosed(StrEnum):
    """What the release before knows of a community's state."""

    OPEN = "open"
    CLOSED = "closed"


class Community(Base):
    """The closed space. One per course by default; several courses of an organisation may share one."""

    __tablename__ = "community"
    __table_args__ = (Index("ix_community_due_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    state: Mapped[CommunityState] = mapped_column(
        "life_state",
        words(CommunityState, "life_state"),
        default=CommunityState.OPEN,
        server_default=CommunityState.OPEN.value,
    )
    # For the release before, which may run beside this one: kept in step, read by nobody here.
    open_or_closed: Mapped[OpenOrClosed] = mapped_column(
        "state", words(OpenOrClosed, "state"), default=OpenOrClosed.OPEN
    )
    state_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: since it was made
    # Dates set in advance, which the clock carries out (services/life.py); None: moved by hand alone.
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    archives_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    purges_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: kept
    # For which of these dates members were told beforehand.
    closing_told_for: Mapped[datetime | None] = mapped_column(UTCDateTime)
    purge_told_for: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the clock next does something here
    time_zone: Mapped[str] = mapped_column(String(64))  # IANA name; starts as the TIME_ZONE setting
    time_zone_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # asked of staff once
    starts_on: Mapped[date | None] = mapped_column(Date)  # the Monday of the first launch by staff
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Within how many hours a question should have its first reply.
    answer_target_hours: Mapped[int] = mapped_column(Integer, default=24, server_default=text("24"))
    # Bytes of files: of each and in all (None: as the settings say), and what is kept.
    file_limit: Mapped[int | None] = mapped_column(BigInteger)
    storage_limit: Mapped[int | None] = mapped_column(BigInteger)
    # How much one member may write within an hour, and on their first day; 0: as much as they like.
    hourly_limit: Mapped[int] = mapped_column(Integer, default=60, server_default=text("60"))
    first_day_limit: Mapped[int] = mapped_column(Integer, default=50, server_default=text("50"))
    watched_words: Mapped[str | None] = mapped_column(Text)  # one a line; who writes one is looked at
    # Nothing of this space goes out by mail but what its members could not learn otherwise.
    mails_off: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    # In what it differs from the table of permissions (permissions.Overrides); None: in nothing.
    permission_overrides: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))


class Course(Base):
    """An LTI context. Its key is deployment + context id, never the context id alone.

    Or a part of one: a group of the course that has a community of its own. No launch and no list names a
    part; who is enrolled in it follows from the whole course (services/parts.py). Its context id is made up.
    """

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("deployment_id", "context_id"),
        # Of a whole course both are empty: no two of them are alike.
        Index("ix_course_part_of_id", "part_of_id", "part_group", unique=True),
        Index(
            "ix_course_divided",
            *("community_id", "id"),
            sqlite_where=text("divided = 1"),
            postgresql_where=text("divided"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"), index=True)
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(300))
    label: Mapped[str | None] = mapped_column(String(200))
    line_items_url: Mapped[str | None] = mapped_column(Text)  # AGS container as the last launch gave it
    grade_scopes: Mapped[list | None] = mapped_column(JSON)  # AGS scopes as the last launch gave them
    roster_url: Mapped[str | None] = mapped_column(Text)  # NRPS address as the last launch gave it
    groups_url: Mapped[str | None] = mapped_column(Text)  # Course Groups, as the last launch gave them
    group_sets_url: Mapped[str | None] = mapped_column(Text)
    meets_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # here; None: from the beginning
    roster_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # end of the last complete read
    divided: Mapped[bool] = mapped_column(default=False, server_default=false())  # it has parts
    groups_seen: Mapped[int | None] = mapped_column()  # the newest group when staff last decided about spaces
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))  # None: a whole course
    part_group: Mapped[str | None] = mapped_column(String(255))  # the group's id in the LMS, of a part
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    community: Mapped[Community | None] = relationship()


class ResourceLink(Base):
    """One activity in the LMS course that opens the tool. It remembers what its last launch said."""

    __tablename__ = "resource_link"
    __table_args__ = (UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(300))
    target: Mapped[str | None] = mapped_column(Text)
    return_url: Mapped[str | None] = mapped_column(Text)
    activity: Mapped[str | None] = mapped_column(String(60))  # key of the prompt it opens, known here or not
    line_item_url: Mapped[str | None] = mapped_column(Text)  # offered to the trainer, bound by nobody else
    launched_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Period(Base):
    """One stretch of the training (a calendar week in the community's zone), as UTC bounds, half open."""

    __tablename__ = "period"
    __table_args__ = (UniqueConstraint("community_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    number: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
