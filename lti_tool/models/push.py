"""News that go to a member's own browser (Web Push), and the key that says they are ours."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class PushKey(Base):
    """The one key pair by which push services know us (VAPID, RFC 8292). Another would end every device."""

    __tablename__ = "push_key"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    public: Mapped[str] = mapped_column(String(90))  # the point, uncompressed, base64url
    private_encrypted: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PushDevice(Base):
    """A browser to which a member has their news sent: where its push service takes them, and its keys.

    Whatever the member was told of after `told_until` may still be sent there.
    """

    __tablename__ = "push_device"
    __table_args__ = (
        UniqueConstraint("member_id", "digest"),
        Index("ix_push_device_due_at", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    endpoint: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64), index=True)  # of the end point: it may be very long
    public: Mapped[str] = mapped_column(String(90))  # the browser's point (p256dh), base64url
    secret: Mapped[str] = mapped_column(String(24))  # what only the browser knows beside (auth), base64url
    browser: Mapped[str] = mapped_column(String(20))
    told_until: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)  # not looked at before
    lease: Mapped[str | None] = mapped_column(String(36))
    attempts: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str | None] = mapped_column(String(60))
