"""What administrators and auditors read: the launch log and the append-only audit log."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class LaunchRecord(Base):
    """One launch, admitted or refused. Claims are masked: no name, mail or token stands here."""

    __tablename__ = "launch_record"
    __table_args__ = (
        UniqueConstraint("reference"),
        Index("ix_launch_record_at", "at"),
        Index("ix_launch_record_platform_id_outcome_at", "platform_id", "outcome", "at"),
        Index("ix_launch_record_platform_id_id", "platform_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20))  # CV-XXXX-XXXX, shown to the person
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(20))  # admitted, refused
    code: Mapped[str | None] = mapped_column(String(60))  # why refused, or what was noted
    detail: Mapped[str | None] = mapped_column(Text)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"), index=True)
    issuer: Mapped[str | None] = mapped_column(String(500))
    client_id: Mapped[str | None] = mapped_column(String(255))
    deployment: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"), index=True)
    claims: Mapped[dict | None] = mapped_column(JSON)


class AuditEntry(Base):
    """An administrative act, an appointment, a grade decision. Actors by id; never changed, never deleted.

    But for one thing: where somebody is erased, the reasons written about them leave `detail`. Triggers of
    the database refuse the rest (migration 0014).
    """

    __tablename__ = "audit_entry"
    # Each ends with the order in which the log is read: a page of it reads its own rows and no others.
    __table_args__ = (
        Index("ix_audit_entry_community_id_at", "community_id", "at", "id"),
        Index("ix_audit_entry_community_id_area", "community_id", "area", "at", "id"),
        Index(
            "ix_audit_entry_community_id_actor", "community_id", "actor_kind", "actor_id", "area", "at", "id"
        ),
        Index("ix_audit_entry_community_id_subject", "community_id", "subject", "area", "at", "id"),
        Index("ix_audit_entry_organisation_id_area", "organisation_id", "area", "at", "id"),
        Index("ix_audit_entry_area_at", "area", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    act: Mapped[str] = mapped_column(String(60))
    # What the act belongs to (services/audit.py). Empty: the release before wrote it, and its act tells.
    area: Mapped[str] = mapped_column(String(20), server_default="")
    # member, account (of an LMS), administrator, operator, system
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column()
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    subject: Mapped[str | None] = mapped_column(String(80))  # "membership:12"
    detail: Mapped[dict | None] = mapped_column(JSON)
