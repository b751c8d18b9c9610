"""What an LMS tells us by itself (Platform Notification Service 1.0), and what we learn from it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class HandlerState(StrEnum):
    WANTED = "wanted"  # the LMS is to be told our address at `due_at`
    REGISTERING = "registering"  # claimed: the LMS is being told
    REGISTERED = "registered"
    REFUSED = "refused"  # the LMS said no: `problem` says why; asked again a day later, by a visit of staff


class NoticeHandler(Base):
    """One kind of notice that a deployment can send, and whether its LMS knows where to send it."""

    __tablename__ = "notice_handler"
    __table_args__ = (
        UniqueConstraint("deployment_id", "notice_type"),
        Index("ix_notice_handler_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    notice_type: Mapped[str] = mapped_column(String(100))
    service_url: Mapped[str] = mapped_column(Text)  # where the LMS takes it, as the last launch said
    handler: Mapped[str] = mapped_column(Text)  # our address, as we mean to say it
    state: Mapped[HandlerState] = mapped_column(words(HandlerState, "state"))
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    registered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    problem: Mapped[str | None] = mapped_column(String(40))  # a code, shown in words
    problem_detail: Mapped[str | None] = mapped_column(Text)  # the LMS's own words, trimmed


class Notice(Base):
    """A notice that was taken in, so that the same one counts once."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("deployment_id", "notice_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    notice_id: Mapped[str] = mapped_column(String(255))
    notice_type: Mapped[str] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class CourseCopy(Base):
    """The LMS said that one context was made from another. Either may never have opened the tool."""

    __tablename__ = "course_copy"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id", "origin_context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    context_id: Mapped[str] = mapped_column(String(255))
    origin_context_id: Mapped[str] = mapped_column(String(255))
    said_at: Mapped[datetime] = mapped_column(UTCDateTime)
