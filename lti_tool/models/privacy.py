"""What people ask for about their own data: a copy of it, and to be erased."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class CopyState(StrEnum):
    DUE = "due"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class PersonalCopy(Base):
    """A copy of everything that is held about an account, as it was asked for last; made by a worker."""

    __tablename__ = "personal_copy"
    __table_args__ = (UniqueConstraint("user_id"), Index("ix_personal_copy_state_due_at", "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[CopyState] = mapped_column(words(CopyState, "state"))
    locale: Mapped[str] = mapped_column(String(35))  # in which its readable part is written
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)  # in the storage, once it is ready
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class ErasureRequest(Base):
    """Somebody asks to be erased. Gone when it was withdrawn or carried out: the audit log says which."""

    __tablename__ = "erasure_request"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
