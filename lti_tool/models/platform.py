"""The LMS side: a platform registration and its deployments."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class PlatformState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class DeploymentPolicy(StrEnum):
    """What happens to a deployment id never seen before (LTI security, requirements sheet 1.7)."""

    STRICT = "strict"  # only those that were named are let in
    FIRST = "first"  # the first valid launch's is accepted, further ones wait for approval
    AUTOMATIC = "automatic"  # every one is accepted


class DeploymentState(StrEnum):
    ACCEPTED = "accepted"
    WAITING = "waiting"


class Platform(Base):
    """One registration: an issuer together with the client id it gave us."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(String(1000))
    token_url: Mapped[str] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    token_audience: Mapped[str | None] = mapped_column(String(1000))  # where it is not the token URL
    deployment_policy: Mapped[DeploymentPolicy] = mapped_column(words(DeploymentPolicy, "deployment_policy"))
    state: Mapped[PlatformState] = mapped_column(words(PlatformState, "state"), default=PlatformState.ACTIVE)
    key_set: Mapped[dict | None] = mapped_column(JSON)  # the platform's public keys as last fetched
    key_set_fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # An unknown key id may force a new fetch once a minute, whatever the number of processes that meet it.
    key_set_refetch_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    clock_offset: Mapped[float] = mapped_column(Float, default=0.0)  # seconds: its clock minus ours
    product: Mapped[str | None] = mapped_column(String(100))  # product_family_code, as it calls itself
    product_version: Mapped[str | None] = mapped_column(String(100))
    registration: Mapped[dict | None] = mapped_column(JSON)  # what dynamic registration agreed upon
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    check_report: Mapped[list | None] = mapped_column(JSON)  # services.platform_checks: the last health check
    # How its services did when they were last used, so that a list of platforms reads one row each.
    roster_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    roster_failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    roster_problem: Mapped[str | None] = mapped_column(String(40))
    score_taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    score_failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    score_problem: Mapped[str | None] = mapped_column(String(40))
    preset: Mapped[str | None] = mapped_column(String(40))  # lti.presets: the product it was connected as
    # Removed by an administrator: suspended for good, its secrets gone, its client id free for another row.
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    deployments: Mapped[list["Deployment"]] = relationship(back_populates="platform")


class Deployment(Base):
    """One installation of the tool in a platform: a whole site, a tenant, or a single course."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    deployment_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[DeploymentState] = mapped_column(words(DeploymentState, "state"))
    refused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # it waits, and was answered with no
    note: Mapped[str | None] = mapped_column(Text)
    # lti.role_rules: what its administrators changed about "From LMS to role"; empty, only the usual rules.
    role_rules: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    role_rules_version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    role_parameters: Mapped[list | None] = mapped_column(
        JSON(none_as_null=True)
    )  # custom ones that may decide
    # New rules came into force: launches read under the old ones are looked through once more then.
    roles_settle_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    platform: Mapped[Platform] = relationship(back_populates="deployments")


class CheckState(StrEnum):
    DUE = "due"  # asked for: a worker begins at `due_at`
    CHECKING = "checking"  # claimed: `findings` grows
    DONE = "done"


class PlatformCheck(Base):
    """The health check that somebody asked for, as far as it is. The platform keeps the report."""

    __tablename__ = "platform_check"
    __table_args__ = (
        UniqueConstraint("platform_id"),
        Index("ix_platform_check_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    state: Mapped[CheckState] = mapped_column(words(CheckState, "state"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    findings: Mapped[list] = mapped_column(JSON)  # of the check under way, or of the last one


class OriginSource(StrEnum):
    LAUNCH = "launch"  # an address in a signed launch names it
    ADMINISTRATOR = "administrator"


class PlatformOrigin(Base):
    """An origin that may frame the pages for people of one platform, or must not: an administrator decided.

    Beside those of the registration itself (issuer, login address), which always may.
    """

    __tablename__ = "platform_origin"
    __table_args__ = (UniqueConstraint("platform_id", "origin"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    origin: Mapped[str] = mapped_column(String(300))
    source: Mapped[OriginSource] = mapped_column(words(OriginSource, "source"))
    allowed: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RegistrationInvitation(Base):
    """A one-use, expiring address for LTI Dynamic Registration. Only a hash of its secret is stored.

    While our registration is under way at the LMS, `lease` says who does it: a second click waits, and what a
    killed process left is open again when the lease ends.
    """

    __tablename__ = "registration_invitation"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))  # what the platform will be called
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"), index=True)


class Succession(Base):
    """One registration took the place of another: who and what was moved, reversible for a while."""

    __tablename__ = "succession"

    id: Mapped[int] = mapped_column(primary_key=True)
    old_platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    new_platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    reversible_until: Mapped[datetime] = mapped_column(UTCDateTime)
    reverted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MovedKind(StrEnum):
    USER = "user"  # before and after are platforms
    COURSE = "course"  # before and after are deployments
    # What a person has in courses that stay: before and after are the two rows of the person.
    ENROLMENT = "enrolment"
    MEMBERSHIP = "membership"
    SEAT = "seat"
    KEPT_TEXT = "kept-text"


class SuccessionMove(Base):
    """One row that a succession repointed, so that it can be repointed back."""

    __tablename__ = "succession_move"
    __table_args__ = (UniqueConstraint("succession_id", "kind", "row_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    succession_id: Mapped[int] = mapped_column(ForeignKey("succession.id"), index=True)
    kind: Mapped[MovedKind] = mapped_column(words(MovedKind, "kind"))
    row_id: Mapped[int] = mapped_column(Integer)
    before_id: Mapped[int] = mapped_column(Integer)
    after_id: Mapped[int] = mapped_column(Integer)
