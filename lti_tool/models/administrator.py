"""Administrators of the console: accounts of the tool, never members; how they sign in."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class Administrator(Base):
    """Somebody who connects LMSs and keeps them well. An operator sees every organisation.

    `email` is kept folded (see `services.administrators.folded`), so that one address is one account.
    """

    __tablename__ = "administrator"
    __table_args__ = (UniqueConstraint("email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str | None] = mapped_column(String(200))
    operator: Mapped[bool] = mapped_column(Boolean, default=False)
    locale: Mapped[str | None] = mapped_column(String(35))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # last
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The second factor (services.second_factor): its secret once confirmed, and before; the last step used.
    totp_encrypted: Mapped[str | None] = mapped_column(Text)
    totp_pending_encrypted: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None] = mapped_column(Integer)


class AdministratorOrganisation(Base):
    """An organisation whose deployments an administrator looks after."""

    __tablename__ = "administrator_organisation"

    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrator.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)


class SignInLink(Base):
    """A one-use link by which an administrator signs in. Only a hash of its secret is stored."""

    __tablename__ = "sign_in_link"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrator.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AdministratorSession(Base):
    """What the console's cookie names. Only a hash of the cookie's random value is stored."""

    __tablename__ = "administrator_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrator.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Half signed in: nothing is open before the second factor was shown.
    awaits_factor: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class RecoveryCode(Base):
    """A code that stands in for the second factor, once. Only its hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("administrator_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    administrator_id: Mapped[int] = mapped_column(ForeignKey("administrator.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
