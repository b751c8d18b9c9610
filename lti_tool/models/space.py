"""How a community is arranged: sub-groups with threads of their own, and its charter."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class Subgroup(Base):
    """Some members of a community: a group of the LMS, followed as it changes, or one made by hand."""

    __tablename__ = "subgroup"
    __table_args__ = (UniqueConstraint("community_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80))
    description: Mapped[str | None] = mapped_column(Text)
    # None: made by hand, or its group is gone from the LMS (its members then stay as they were last).
    course_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("course_group.id", ondelete="SET NULL"), unique=True
    )
    created_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # takes nothing new


class SubgroupMember(Base):
    """A member was put into a sub-group by hand."""

    __tablename__ = "subgroup_member"

    subgroup_id: Mapped[int] = mapped_column(ForeignKey("subgroup.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, index=True)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Charter(Base):
    """What staff ask of everybody in a community, in their words; the highest number is in force."""

    __tablename__ = "charter"
    __table_args__ = (UniqueConstraint("community_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    number: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(8))  # None: written before it was asked
    translations: Mapped[dict | None] = mapped_column(JSON)  # the same in other languages, by their code
    # It opens what is written under it to sponsors, without names.
    opens_to_sponsors: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    written_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CharterAcceptance(Base):
    """A member accepted a charter."""

    __tablename__ = "charter_acceptance"

    charter_id: Mapped[int] = mapped_column(ForeignKey("charter.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, index=True)
    accepted_at: Mapped[datetime] = mapped_column(UTCDateTime)
