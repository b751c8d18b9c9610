"""What every process must know of calls to LMSs: tokens in hand, and how many calls a host is answering."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class AccessTokenRow(Base):
    """A bearer token for one set of scopes at one platform, encrypted like our private keys."""

    __tablename__ = "access_token"
    __table_args__ = (UniqueConstraint("platform_id", "scope_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    scope_key: Mapped[str] = mapped_column(String(64))  # digest of the scopes that were asked for, sorted
    granted_scopes: Mapped[list] = mapped_column(JSON)
    token_encrypted: Mapped[str] = mapped_column(Text)
    good_until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class HostSlot(Base):
    """One of the places in the queue at a host: whoever holds its lease may have a call in flight there."""

    __tablename__ = "host_slot"
    __table_args__ = (UniqueConstraint("host", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(300))  # lane, scheme, host and port
    number: Mapped[int] = mapped_column(Integer)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
