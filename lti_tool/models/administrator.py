"""Administrators of the console: accounts of the tool, never members; how they sign in."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
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
