"""What proves who is asking: used nonces, browser sessions, seats, signing keys."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.community import Community, Course
from lti_tool.models.person import Role, User


class UsedNonce(Base):
    """The nonce of a login state, inserted once: a second launch with it loses the race and is refused."""

    __tablename__ = "used_nonce"

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class BrowserSession(Base):
    """What the cookie names. Only a hash of the cookie's random value is stored."""

    __tablename__ = "browser_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)  # idle limit: 4 h
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)  # absolute limit: 12 h
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Seat(Base):
    """One user in one course, in one browser: the role of the latest launch there rules it."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("browser_session_id", "user_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    browser_session_id: Mapped[int] = mapped_column(ForeignKey("browser_session.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    resource_link_id: Mapped[int | None] = mapped_column(ForeignKey("resource_link.id"))
    role: Mapped[Role] = mapped_column(words(Role, "role"))
    test_user: Mapped[bool] = mapped_column(default=False)
    # Launched as an administrator of the LMS: may look at the health of the connection, and no more for that.
    lms_administrator: Mapped[bool] = mapped_column(default=False, server_default=false())
    locale: Mapped[str | None] = mapped_column(String(35))
    document_target: Mapped[str | None] = mapped_column(String(20))
    return_url: Mapped[str | None] = mapped_column(Text)
    frame_origins: Mapped[list] = mapped_column(JSON)  # who may frame the pages of this seat
    launched_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    browser_session: Mapped[BrowserSession] = relationship()
    user: Mapped[User] = relationship()
    course: Mapped[Course] = relationship()
    community: Mapped[Community] = relationship()


class ToolKey(Base):
    """One of our RSA key pairs. Exactly one signs: `signing` is 1 for it and empty for all others."""

    __tablename__ = "tool_key"
    __table_args__ = (UniqueConstraint("kid"), UniqueConstraint("signing"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64))
    signing: Mapped[int | None] = mapped_column(Integer)
    public_jwk: Mapped[dict] = mapped_column(JSON)
    private_pem_encrypted: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdraw_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # end of its grace time
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
