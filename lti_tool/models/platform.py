"""The LMS side: a platform registration and its deployments."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Float, ForeignKey, String, Text, UniqueConstraint
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
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    platform: Mapped[Platform] = relationship(back_populates="deployments")
