"""People: who they are, in which course the LMS puts them, and what they are in a community."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class Role(StrEnum):
    """What somebody is in a community (DESIGN part 1)."""

    LEARNER = "learner"
    TRAINER = "trainer"
    PEDAGOGICAL_LEAD = "pedagogical_lead"
    COMMUNITY_MANAGER = "community_manager"
    SPONSOR = "sponsor"
    GUEST_EXPERT = "guest_expert"
    OBSERVER = "observer"


# Which accounts have a picture in the LMS that was not dealt with yet: the index and the worker say it alike.
PICTURE_IS_WANTED = "coalesce(picture, '') <> coalesce(picture_taken, '')"
# Whom the LMS has said to be staff, few in every course: the index and what looks for them say it alike.
_STAFF = "IN ('trainer', 'pedagogical_lead')"
SAID_TO_BE_STAFF = f"(launch_role {_STAFF} OR lower_role {_STAFF} OR roster_role {_STAFF})"


# How the `sub` begins that we make for somebody whom no LMS knows; what follows is made up.
INVITED = "invited:"


class User(Base):
    """A person as one platform knows them: platform + sub. Never merged by e-mail.

    A guest who came by an invitation, whom no LMS knows, has the platform by whose course the community is
    reached, and a `sub` of ours. Of somebody who was erased the row stays, without anything that says who it
    was: threads name it. Whoever launches again after that is another row.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("platform_id", "sub"),
        Index(
            "ix_user_account_picture_due_at",
            "picture_due_at",
            "id",
            sqlite_where=text(PICTURE_IS_WANTED),
            postgresql_where=text(PICTURE_IS_WANTED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    picture: Mapped[str | None] = mapped_column(String(1000))  # where it is in the LMS
    picture_taken: Mapped[str | None] = mapped_column(String(1000))  # the address that was dealt with
    picture_key: Mapped[str | None] = mapped_column(String(200))  # what was taken there, in the storage
    picture_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # not before, when it was tried
    locale: Mapped[str | None] = mapped_column(String(35))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    # When the evidence of their sent grades, which names nobody, is deleted; empty when there is none.
    evidence_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    @property
    def invited(self) -> bool:
        """Whether they came by an invitation and not from the LMS."""
        return self.sub.startswith(INVITED)


class Enrolment(Base):
    """A user in a course. Raw roles are kept, so that our reading can be done again.

    Somebody whom only the roster names has no launch yet: `launch_roles` is empty and `launch_role` observer,
    the lowest, so that the roster's role is the higher one.

    A launch that says less than an earlier one lowers its own seat only; `lower_*` remembers it until it
    becomes the enrolment's (thirty days without a higher launch, or staff confirm it).
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("user_id", "course_id"),
        Index(
            "ix_enrolment_course_id_staff",
            "course_id",
            "active",
            sqlite_where=text(SAID_TO_BE_STAFF),
            postgresql_where=text(SAID_TO_BE_STAFF),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    launch_roles: Mapped[list] = mapped_column(JSON)
    launch_role: Mapped[Role] = mapped_column(words(Role, "launch_role"))
    # Of a launch's custom parameters those alone that may decide the role in this deployment.
    launch_custom: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    launched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lower_roles: Mapped[list | None] = mapped_column(JSON)
    lower_role: Mapped[Role | None] = mapped_column(words(Role, "lower_role"))
    lower_custom: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    lowered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    roster_roles: Mapped[list | None] = mapped_column(JSON)
    roster_role: Mapped[Role | None] = mapped_column(words(Role, "roster_role"))
    rostered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Whether the last complete roster listed them: absence ends an enrolment only for those it had listed.
    listed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when a complete roster lacked them
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    test_user: Mapped[bool] = mapped_column(Boolean, default=False)  # the LMS's "student view"
    # Group numbers as the last launch that told them did; they count where no service lists the groups.
    launch_groups: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship()


class MembershipState(StrEnum):
    ACTIVE = "active"
    MUTED = "muted"
    REMOVED = "removed"


class Membership(Base):
    """A user in a community. The role in force is computed (services.roles), never stored."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("community_id", "user_id"),
        Index("ix_membership_community_id_joined_at", "community_id", "joined_at", "id"),
        Index(
            "ix_membership_community_id_appointed",
            "community_id",
            sqlite_where=text("appointed_role IS NOT NULL"),
            postgresql_where=text("appointed_role IS NOT NULL"),
        ),
        Index(
            "ix_membership_community_id_restricted",
            "community_id",
            "id",
            sqlite_where=text("state <> 'active'"),
            postgresql_where=text("state <> 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[MembershipState] = mapped_column(
        words(MembershipState, "state"), default=MembershipState.ACTIVE
    )
    appointed_role: Mapped[Role | None] = mapped_column(words(Role, "appointed_role"))
    appointed_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    appointed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    appointed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    muted_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # while the state is MUTED
    pseudonym: Mapped[str | None] = mapped_column(String(80))
    locale: Mapped[str | None] = mapped_column(String(35))  # the member's own choice of language
    theme: Mapped[str | None] = mapped_column(String(10))  # light, dark, or none: as the system
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_visit_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # end of the visit before this one
    read_all_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # until when they called everything read
    welcomed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # went through the first visit
    asks_about: Mapped[str | None] = mapped_column(String(500))  # what they like to be asked, in their words
    # Their own picture, in the storage; without one it is that of the LMS, unless they want their initials.
    picture_key: Mapped[str | None] = mapped_column(String(200))
    initials_only: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # They asked not to be reminded of questions that wait before this moment.
    reminders_rest_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    shortcuts: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())  # of the keyboard

    user: Mapped[User] = relationship()
    community: Mapped["Community"] = relationship()  # noqa: F821 (mapped by name, models.community)
    appointed_by: Mapped["Membership | None"] = relationship(remote_side="Membership.id")
