"""The platforms as an operator looks over them: whose they are, how they do, what waits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.models import Deployment, DeploymentState, LaunchRecord, Organisation, Platform, Succession


@dataclass(frozen=True)
class DeploymentLine:
    """One installation of the tool in an LMS, and the organisation that it belongs to."""

    deployment_id: str
    organisation: str
    state: DeploymentState

    @property
    def waits(self) -> bool:
        """Whether somebody has to approve it."""
        return self.state is DeploymentState.WAITING


@dataclass(frozen=True)
class PlatformLine:
    """One registration. Moments are aware UTC; `well` is None before the first health check."""

    platform: Platform
    organisation: str
    deployments: tuple[DeploymentLine, ...]
    last_launch: datetime | None
    replaced_by: int | None

    @property
    def well(self) -> bool | None:
        """Whether the last health check found nothing wrong."""
        report = self.platform.check_report
        return None if report is None else all(finding["ok"] for finding in report)


def overview() -> list[PlatformLine]:
    """Return every platform, oldest first, in four statements."""
    found = db.session.execute(
        select(Platform, Organisation.name)
        .join(Organisation, Organisation.id == Platform.organisation_id)
        .order_by(Platform.id)
    ).all()
    deployments, launches, replaced = _deployments(), _last_launches(), _replacements()
    return [
        PlatformLine(
            platform=platform,
            organisation=organisation,
            deployments=tuple(deployments.get(platform.id, ())),
            last_launch=launches.get(platform.id),
            replaced_by=replaced.get(platform.id),
        )
        for platform, organisation in found
    ]


def _deployments() -> dict[int, list[DeploymentLine]]:
    found = db.session.execute(
        select(Deployment.platform_id, Deployment.deployment_id, Organisation.name, Deployment.state)
        .join(Organisation, Organisation.id == Deployment.organisation_id)
        .order_by(Deployment.id)
    )
    by_platform: dict[int, list[DeploymentLine]] = {}
    for platform_id, *line in found:
        by_platform.setdefault(platform_id, []).append(DeploymentLine(*line))
    return by_platform


def _last_launches() -> dict[int, datetime]:
    last = (
        select(LaunchRecord.platform_id, func.max(LaunchRecord.at))
        .where(LaunchRecord.outcome == "admitted", LaunchRecord.platform_id.is_not(None))
        .group_by(LaunchRecord.platform_id)
    )
    return dict(db.session.execute(last).all())


def _replacements() -> dict[int, int]:
    in_force = select(Succession.old_platform_id, Succession.new_platform_id).where(
        Succession.reverted_at.is_(None)
    )
    return dict(db.session.execute(in_force).all())
