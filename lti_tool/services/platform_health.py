"""Platforms as an administrator looks over them: how each does, when its services were last used.

A page of them costs a constant number of statements; everything is filtered by organisation. Who shares a
platform sees of it what belongs to their own deployments, and what is true of the connection as such.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, ScalarSelect, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti import presets
from lti_tool.models import (
    Community,
    Course,
    Deployment,
    DeploymentState,
    LaunchRecord,
    Organisation,
    Platform,
    PlatformState,
    Succession,
)
from lti_tool.services import administered, launch_records, platform_checks
from lti_tool.services.administrators import ActingAdministrator
from lti_tool.services.platform_checks import Finding, Level

PER_PAGE = 25
LONGEST_SEARCH = 100
WEEK = timedelta(days=7)


class State(StrEnum):
    """How a platform does, in one word for people."""

    WELL = "well"
    LOOK = "look"
    BROKEN = "broken"
    NEVER = "never"  # nobody has opened the tool from it yet
    PAUSED = "paused"
    REPLACED = "replaced"


# What is to be mended comes first where they are shown in this order.
_URGENCY = (State.BROKEN, State.LOOK, State.NEVER, State.WELL, State.PAUSED, State.REPLACED)


@dataclass(frozen=True)
class Use:
    """One service: when it last worked, and why it did not since. `at` is None before the first time."""

    name: str
    at: datetime | None
    failed_at: datetime | None = None
    problem: str | None = None

    @property
    def state(self) -> State:
        """Whether its last use went well."""
        if self.failed_at is not None and (self.at is None or self.failed_at > self.at):
            return State.BROKEN
        return State.NEVER if self.at is None else State.WELL


@dataclass(frozen=True)
class PlatformHealth:
    """One platform of the list. Counts, uses and findings are of what the administrator may see.

    `whole`: all of it is theirs.
    """

    id: int
    name: str
    organisation_id: int
    organisation: str
    product: str
    preset: str
    guide: str
    product_name: str
    product_version: str | None
    issuer: str
    client_id: str
    whole: bool
    suspended: bool
    replaced_by: int | None
    checked_at: datetime | None
    findings: list[Finding]
    uses: tuple[Use, ...]
    deployments: int
    waiting: int
    communities: int
    launches: int

    @property
    def state(self) -> State:
        """The worst of what is known."""
        if self.replaced_by is not None:
            return State.REPLACED
        if self.suspended:
            return State.PAUSED
        level = platform_checks.level_of(self.findings)
        launch, *services = self.uses
        if level is Level.BROKEN or any(use.state is State.BROKEN for use in services):
            return State.BROKEN
        if level is Level.LOOK or self.waiting or launch.state is State.BROKEN:
            return State.LOOK
        return State.NEVER if launch.at is None else State.WELL

    @property
    def to_mend(self) -> list[Finding]:
        """What the last check found to be done."""
        return [finding for finding in self.findings if finding.level is not Level.WELL]


@dataclass(frozen=True)
class HealthPage:
    """A page of platforms. `following`: where the next one begins; `search`: what was looked for."""

    platforms: list[PlatformHealth]
    following: int | None
    search: str

    @property
    def by_urgency(self) -> list[PlatformHealth]:
        """Those of this page, the ones that are to be mended first."""
        return sorted(self.platforms, key=lambda platform: _URGENCY.index(platform.state))


def page_of(admin: ActingAdministrator, search: str, after: int | None, now: datetime) -> HealthPage:
    """Return the platforms that an administrator has or shares, by name, 25 at a time. Five statements.

    :param search: part of a name, issuer or client id; :param after: the last platform of the page before.
    """
    search = search.strip()[:LONGEST_SEARCH]
    wanted = _chosen(admin).order_by(Platform.name, Platform.id).limit(PER_PAGE + 1)
    if search:
        columns = (Platform.name, Platform.issuer, Platform.client_id)
        wanted = wanted.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    if after is not None:
        last = aliased(Platform)
        place = select(last.name, last.id).where(last.id == after)
        wanted = wanted.where(tuple_(Platform.name, Platform.id) > place.scalar_subquery())
    rows = db.session.execute(wanted).all()
    shown = _healths(rows[:PER_PAGE], admin, now)
    return HealthPage(shown, shown[-1].id if len(rows) > PER_PAGE else None, search)


def of(admin: ActingAdministrator, platform_id: int, now: datetime) -> PlatformHealth:
    """Return one platform, as the list shows it.

    :raises NotFound: there is none that this administrator may see.
    """
    rows = db.session.execute(_chosen(admin).where(Platform.id == platform_id)).all()
    if not rows:
        raise NotFound("no-such-platform")
    return _healths(rows, admin, now)[0]


def product_of(platform_id: int) -> str:
    """Return the kind of LMS that a platform is, a word of `lti.presets`; of an unknown one that of any."""
    found = db.session.get(Platform, platform_id)
    return presets.OTHER.key if found is None else _product(found)


def _product(platform: Platform) -> str:
    return presets.product_of(platform.preset, platform.product, platform.issuer)


def _chosen(admin: ActingAdministrator):
    replaced_by = (
        select(func.max(Succession.new_platform_id))
        .where(Succession.old_platform_id == Platform.id, Succession.reverted_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Platform,
            Organisation.name,
            administered.is_whole_of(admin),
            _last("admitted", admin),
            _last("refused", admin),
            replaced_by,
        )
        .join(Organisation, Organisation.id == Platform.organisation_id)
        .where(administered.is_seen_by(admin), Platform.removed_at.is_(None))
    )


def _last(outcome: str, admin: ActingAdministrator) -> ScalarSelect:
    return (
        select(LaunchRecord.at)
        .where(
            LaunchRecord.platform_id == Platform.id,
            LaunchRecord.outcome == outcome,
            launch_records.is_theirs(admin),
        )
        .order_by(LaunchRecord.at.desc())
        .limit(1)
        .correlate(Platform)
        .scalar_subquery()
    )


def _healths(rows: list[Row], admin: ActingAdministrator, now: datetime) -> list[PlatformHealth]:
    ids = [platform.id for platform, *_ in rows]
    deployments, launches = _deployments(ids, admin), _launches(ids, admin, now - WEEK)
    communities = _communities(ids, admin)
    kinds = {platform.id: presets.called(platform.preset or _product(platform)) for platform, *_ in rows}
    return [
        PlatformHealth(
            id=platform.id,
            name=platform.name,
            organisation_id=platform.organisation_id,
            organisation=organisation,
            product=_product(platform),
            preset=kinds[platform.id].key,
            guide=kinds[platform.id].guide,
            product_name=kinds[platform.id].name,
            product_version=platform.product_version,
            issuer=platform.issuer,
            client_id=platform.client_id,
            whole=bool(whole),
            suspended=platform.state is PlatformState.SUSPENDED,
            replaced_by=replaced_by,
            checked_at=platform.checked_at,
            findings=_findings(platform, whole),
            uses=_uses(platform, admitted, refused, whole),
            deployments=sum(deployments.get((platform.id, state), 0) for state in DeploymentState),
            waiting=deployments.get((platform.id, DeploymentState.WAITING), 0),
            communities=communities.get(platform.id, 0),
            launches=launches.get(platform.id, 0),
        )
        for platform, organisation, whole, admitted, refused, replaced_by in rows
    ]


def _findings(platform: Platform, whole: bool) -> list[Finding]:
    findings = platform_checks.read(platform.check_report)
    return findings if whole else platform_checks.of_the_connection(findings)


def _uses(
    platform: Platform, admitted: datetime | None, refused: datetime | None, whole: bool
) -> tuple[Use, ...]:
    launch, keys = Use("launch", admitted, refused), _keys(platform)
    if not whole:
        # Lists and scores are noted for the platform: they may be another organisation's.
        return launch, keys
    return (
        launch,
        Use("roster", platform.roster_read_at, platform.roster_failed_at, platform.roster_problem),
        Use("score", platform.score_taken_at, platform.score_failed_at, platform.score_problem),
        keys,
    )


def _keys(platform: Platform) -> Use:
    """When its keys were last read, by a launch or by a check."""
    read, checked = platform.key_set_fetched_at, platform.checked_at
    codes = {finding.code: finding for finding in platform_checks.read(platform.check_report)}
    if checked is not None and "keys-found" in codes:
        read = checked if read is None else max(read, checked)
    failed = [finding for code, finding in codes.items() if code in ("keys-unreachable", "keys-unusable")]
    return Use("keys", read, checked, failed[0].cause) if failed else Use("keys", read)


def _deployments(ids: list[int], admin: ActingAdministrator) -> dict[tuple[int, DeploymentState], int]:
    found = (
        select(Deployment.platform_id, Deployment.state, func.count())
        .where(Deployment.platform_id.in_(ids))
        .group_by(Deployment.platform_id, Deployment.state)
    )
    if not admin.operator:
        found = found.where(Deployment.organisation_id.in_(admin.organisation_ids))
    return {(platform_id, state): count for platform_id, state, count in db.session.execute(found)}


def _communities(ids: list[int], admin: ActingAdministrator) -> dict[int, int]:
    found = (
        select(Deployment.platform_id, func.count(Course.community_id.distinct()))
        .join(Course, Course.deployment_id == Deployment.id)
        .where(Deployment.platform_id.in_(ids))
        .group_by(Deployment.platform_id)
    )
    if not admin.operator:
        of_theirs = Community.organisation_id.in_(admin.organisation_ids)
        theirs = and_(Community.id == Course.community_id, of_theirs)
        found = found.join(Community, theirs)
    return dict(db.session.execute(found).all())


def _launches(ids: list[int], admin: ActingAdministrator, since: datetime) -> dict[int, int]:
    found = (
        select(LaunchRecord.platform_id, func.count())
        .join(Platform, Platform.id == LaunchRecord.platform_id)
        .where(
            LaunchRecord.platform_id.in_(ids),
            LaunchRecord.outcome == "admitted",
            LaunchRecord.at >= since,
            launch_records.is_theirs(admin),
        )
        .group_by(LaunchRecord.platform_id)
    )
    return dict(db.session.execute(found).all())
