"""The outbox of mails: what is to be sent, to whom, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words

_TO_NOBODY_HERE = text("member_id IS NULL")
_TO_A_MEMBER = text("member_id IS NOT NULL")
_ABOUT_SOMETHING = text("subject IS NOT NULL")


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
    __table_args__ = (
        UniqueConstraint("uuid"),
        Index("ix_message_state_due_at", "state", "due_at"),
        Index(
            "ix_message_subject",
            "subject",
            sqlite_where=_ABOUT_SOMETHING,
            postgresql_where=_ABOUT_SOMETHING,
        ),
        Index(
            "ix_message_to_nobody_here",
            "state",
            "due_at",
            sqlite_where=_TO_NOBODY_HERE,
            postgresql_where=_TO_NOBODY_HERE,
        ),
        Index(
            "ix_message_created_at",
            "created_at",
            sqlite_where=_TO_A_MEMBER,
            postgresql_where=_TO_A_MEMBER,
        ),
        Index(
            "ix_message_member_id_created_at",
            "member_id",
            "created_at",
            "id",
            sqlite_where=_TO_A_MEMBER,
            postgresql_where=_TO_A_MEMBER,
        ),
    )

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
    member_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))  # whom it tells of a community
    # Why it was sent: of each kind and how soon it was wanted, how many things (`sent_mails.Reason`).
    why: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
