"""Mails that members sent in, and how reading their mailbox goes. Nothing of what a mail said stands here."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class InboundMail(Base):
    """A mail of a member that was dealt with: written with what became of it, in the same transaction."""

    __tablename__ = "inbound_mail"
    __table_args__ = (Index("ix_inbound_mail_member_id_at", "member_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # a keyed hash of its Message-ID and its token
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)  # None: not taken
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class InboundMailbox(Base):
    """The mailbox of answers, one row: which worker reads it, when it is read again, how that went."""

    __tablename__ = "inbound_mailbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when it was last read to its end
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: it was read the last time
    failures: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(80))
