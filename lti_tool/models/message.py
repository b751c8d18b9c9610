"""The outbox of mails: what is to be sent, to whom, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class MessageState(StrEnum):
    DUE = "due"
    SENDING = "sending"  # a worker has it for the time of its lease
    SENT = "sent"
    REFUSED = "refused"  # the server will not take it, or it was given up; a person may send it again


class Message(Base):
    """One mail to one person. Its words are made when it is sent, from `kind` and what it is about.

    What it is about may be a secret (a link) or personal: it is encrypted at rest and goes with the sending.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("uuid"), Index("ix_message_state_due_at", "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36))  # of its Message-ID: the same mail, when it is sent twice
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(320))
    locale: Mapped[str | None] = mapped_column(String(35))
    about_encrypted: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(String(80))  # "administrator:3", as in the audit log
    state: Mapped[MessageState] = mapped_column(words(MessageState, "state"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    useless_after: Mapped[datetime | None] = mapped_column(UTCDateTime)  # a link that is no longer good
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    problem: Mapped[str | None] = mapped_column(String(80))
