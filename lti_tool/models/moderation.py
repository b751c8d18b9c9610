"""What was reported, what those who look after the space did about it, and what its author answered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.person import Membership

_WAITS, _ANSWERED = text("waits_since IS NOT NULL"), text("answered_since IS NOT NULL")


class ReportReason(StrEnum):
    """Why somebody asks that a contribution be looked at."""

    HURTFUL = "hurtful"
    PRIVATE = "private"  # it tells of somebody what they would not want told
    RISKY = "risky"  # whoever followed it might come to harm
    ADVERT = "advert"
    ELSEWHERE = "elsewhere"  # it does not belong here
    OTHER = "other"  # said in words


class ModerationAct(StrEnum):
    """What was done about a contribution: by staff, or by its author."""

    HIDDEN = "hidden"
    KEPT_HIDDEN = "kept-hidden"
    RESTORED = "restored"
    LEFT = "left"  # it stays as it is
    LOCKED = "locked"  # nothing new can be said under it
    UNLOCKED = "unlocked"
    MOVED = "moved"  # its thread has another topic, or others can read it
    SPLIT = "split"  # replies of its thread became a thread of their own
    MERGED = "merged"  # its thread became a part of another one
    ANSWERED = "answered"  # its author wrote to staff
    EDITED = "edited"  # its author gave it other words while it was hidden
    DELETED = "deleted"  # its author deleted it while it was hidden


class ModerationCase(Base):
    """A contribution that was reported or decided on: one row each, from then on.

    `version` rises with all that is done: who decides says which state they saw. `waits_since` is set while
    reports or watched words wait to be looked at, `answered_since` while words of the author do.
    """

    __tablename__ = "moderation_case"
    __table_args__ = (
        Index("ix_moderation_case_community_id_decided_at", "community_id", "decided_at", "id"),
        Index(
            "ix_moderation_case_waits",
            "community_id",
            "waits_since",
            "id",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index(
            "ix_moderation_case_answered",
            "community_id",
            "answered_since",
            "id",
            sqlite_where=_ANSWERED,
            postgresql_where=_ANSWERED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    about: Mapped[str] = mapped_column(String(60), unique=True)  # "post:12" or "comment:3"
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)  # of the contribution
    version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    waits_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # the last time
    # Words that staff watch for and that stand in it, and since when nobody has looked at them.
    watched: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    watched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ContributionReport(Base):
    """Somebody asks that a contribution be looked at; one row for each person and contribution."""

    __tablename__ = "contribution_report"
    __table_args__ = (UniqueConstraint("case_id", "reported_by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    reason: Mapped[ReportReason] = mapped_column(words(ReportReason, "reason"))
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # staff looked at it

    reported_by: Mapped[Membership] = relationship(foreign_keys=[reported_by_id])


class ModerationStep(Base):
    """One thing that was done about a contribution, with the reason for its author, or their answer."""

    __tablename__ = "moderation_step"
    __table_args__ = (Index("ix_moderation_step_case_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    act: Mapped[ModerationAct] = mapped_column(words(ModerationAct, "act"))
    done_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text)  # "" where nothing was said

    done_by: Mapped[Membership] = relationship(foreign_keys=[done_by_id])


class MeasureAct(StrEnum):
    """What staff decided about a member."""

    MUTED = "muted"
    UNMUTED = "unmuted"
    REMOVED = "removed"
    READMITTED = "readmitted"


class MemberMeasure(Base):
    """One decision about a member, with the reason that they read. What holds stands in the membership."""

    __tablename__ = "member_measure"
    __table_args__ = (Index("ix_member_measure_member_id", "member_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    act: Mapped[MeasureAct] = mapped_column(words(MeasureAct, "act"))
    done_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of a muting
    reason: Mapped[str] = mapped_column(Text)

    done_by: Mapped[Membership] = relationship(foreign_keys=[done_by_id])
