"""Who is invited by mail: people without an account in the LMS, each into one community, until a day."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.person import Membership, Role


class GuestInvitation(Base):
    """One person whom staff invited into one community. `email` is kept folded: one address is one guest.

    Once it is accepted the membership says which role holds, and until when; without that it is deleted
    some time after nobody can accept it any more.
    """

    __tablename__ = "guest_invitation"
    __table_args__ = (
        UniqueConstraint("community_id", "email"),
        Index("ix_guest_invitation_community_id_id", "community_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    email: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(words(Role, "role"))
    locale: Mapped[str] = mapped_column(String(35))  # of the mails to them, and of their first pages
    until: Mapped[datetime] = mapped_column(UTCDateTime)  # the last second of their last day
    good_until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)  # of the last link that was sent
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    invited_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)

    member: Mapped[Membership | None] = relationship(foreign_keys=[member_id])
    invited_by: Mapped[Membership] = relationship(foreign_keys=[invited_by_id])


class GuestLink(Base):
    """A link by which a guest comes in with one browser, once. Only a hash of its secret is stored."""

    __tablename__ = "guest_link"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(
        ForeignKey("guest_invitation.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64))
    asked_for: Mapped[bool] = mapped_column(Boolean)  # by whoever types the address; else sent by staff
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
