"""The health check of a platform: can it reach us, can we reach it, do its services work, what waits.

Used by the console, the command line and at the end of a registration. The sentences for people stand in
`templates/components/platform_checks.html`, one for each of `CODES`, what is to be done beside each.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti import check_causes, checks, names, service_checks
from lti_tool.lti.access_tokens import PlatformAccess, access_to
from lti_tool.lti.checks import Outcome
from lti_tool.models import (
    Course,
    Deployment,
    DeploymentState,
    LaunchRecord,
    Platform,
    PlatformState,
    ResourceLink,
)

Transaction = Callable[[], AbstractContextManager[None]]

# More than this between the clocks is worth a sentence, in seconds.
CLOCK_TOLERANCE = 5.0
# What the latest courses of a platform were offered stands for all of them.
_LATEST_COURSES = 20
_OUR_SCOPES = frozenset((*names.AGS_SCOPES, names.ROSTER_READ))
_USUAL_SCOPES = (names.LINE_ITEM, names.SCORE, names.RESULT_READ, names.ROSTER_READ)

CODES = (
    "active",
    "suspended",
    "addresses-safe",
    "address-unsafe",
    "keys-found",
    "keys-unusable",
    "keys-unreachable",
    "token-granted",
    "token-partial",
    "token-refused",
    "token-unreachable",
    "services-untried",
    "grades-off",
    "columns-read",
    "columns-not-managed",
    "columns-refused",
    "grades-partly",
    "roster-off",
    "roster-read",
    "roster-refused",
    "names-hidden",
    "clock-agrees",
    "clock-differs",
    "clock-unknown",
    "deployments-known",
    "deployments-none",
    "deployments-waiting",
    "launched",
    "launch-refused",
    "never-launched",
    "check-failed",
)
# Well enough to work, and worth a look: something that was chosen in the LMS, or has not been done yet.
WORTH_A_LOOK = frozenset(
    (
        "token-partial",
        "grades-off",
        "columns-not-managed",
        "grades-partly",
        "roster-off",
        "names-hidden",
        "launch-refused",
    )
)
# What tells of the deployments of a platform together, and of launches by all of them.
OF_ALL_DEPLOYMENTS = ("deployments-", "launch", "never-launched")
# What was found out by a course, which on a shared platform may be another organisation's.
BY_A_COURSE = ("services-", "grades-", "columns-", "roster-", "names-")
STEPS = ("addresses", "keys", "token", "grades", "roster", "clock", "known")


class Level(StrEnum):
    WELL = "well"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a code of `CODES`, whether it is well, and what was seen.

    `cause` is what lies behind it, one of `lti.check_causes.CAUSES`, where that is known.
    """

    code: str
    ok: bool
    detail: str | None = None
    cause: str | None = None

    @property
    def level(self) -> Level:
        """How much it matters."""
        if not self.ok:
            return Level.BROKEN
        return Level.LOOK if self.code in WORTH_A_LOOK else Level.WELL


def level_of(findings: Sequence[Finding]) -> Level:
    """How a connection does in one word: by the worst of what was found."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.BROKEN, Level.LOOK) if level in levels), Level.WELL)


def of_the_connection(findings: Sequence[Finding]) -> list[Finding]:
    """Return what tells nothing of any deployment or course: everybody who shares a platform may know it."""
    hidden = OF_ALL_DEPLOYMENTS + BY_A_COURSE
    return [finding for finding in findings if not finding.code.startswith(hidden)]


def read(report: Sequence[dict] | None) -> list[Finding]:
    """Read findings that were kept as JSON."""
    return [Finding(**finding) for finding in report or ()]


def kept(findings: Sequence[Finding]) -> list[dict]:
    """Write findings as JSON that `read` reads."""
    return [asdict(finding) for finding in findings]


@dataclass(frozen=True)
class _Subject:
    """What a check needs to know of a platform before it calls out, as plain values.

    `grades`, `roster`: what its latest course was offered; `launched`: whether any course was opened.
    """

    access: PlatformAccess
    jwks_url: str
    urls: tuple[str, ...]
    scopes: Sequence[str]
    launched: bool
    columns_url: str | None
    grade_scopes: Sequence[str]
    roster_url: str | None
    known_here: list[Finding]
    suspended: bool
    registered_itself: bool


Told = Callable[[list[Finding], int], object]


def check(
    platform_id: int,
    now: datetime,
    transaction: Transaction,
    told: Told = lambda findings, steps: None,
    with_services: bool = True,
) -> list[Finding]:
    """Look at everything that a working connection needs, and keep the report with the platform.

    A suspended platform is not called: nothing is sent to it nor read from it.

    :param now: aware UTC; :param transaction: makes the context of one short transaction, none is open
        during the calls, which take a minute at the very worst.
    :param with_services: whether grades and roster are tried, too: not while somebody waits in a page.
    :param told: called after each of `STEPS` with what was found so far and how many steps are done.
    :raises NotFound: no such platform.
    """
    with transaction():
        subject = _subject(platform_id)
    findings: list[Finding] = []
    for done, found in enumerate(_steps(subject, now, transaction, with_services), start=1):
        findings += found
        told(findings, done)
    with transaction():
        platform = db.session.get(Platform, platform_id)
        platform.checked_at, platform.check_report = now, kept(findings)
    return findings


def _subject(platform_id: int) -> _Subject:
    platform = db.session.get(Platform, platform_id)
    if platform is None:
        raise NotFound("no-such-platform")
    course = _latest_course(platform_id)
    return _Subject(
        access=access_to(platform),
        jwks_url=platform.jwks_url,
        urls=(platform.issuer, platform.auth_url, platform.token_url, platform.jwks_url),
        scopes=_scopes_of(platform),
        launched=course is not None,
        columns_url=course.line_items_url if course else None,
        grade_scopes=(course.grade_scopes or ()) if course else (),
        roster_url=course.roster_url if course else None,
        known_here=[_deployments(platform.id), _last_launch(platform.id)],
        suspended=platform.state is PlatformState.SUSPENDED,
        registered_itself=platform.registration is not None,
    )


def _latest_course(platform_id: int) -> Course | None:
    """The course that was opened last: the LMS says anew with each launch what it offers there."""
    return db.session.scalars(
        select(Course)
        .join(ResourceLink, ResourceLink.course_id == Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id)
        .order_by(ResourceLink.launched_at.desc(), Course.id.desc())
        .limit(1)
    ).first()


def _steps(
    subject: _Subject, now: datetime, transaction: Transaction, with_services: bool
) -> Iterator[list[Finding]]:
    """What each of `STEPS` finds, one after the other."""
    if subject.suspended:
        yield [Finding("suspended", False), *subject.known_here]
        return
    yield [Finding("active", True), _addresses(subject.urls)]
    with checks.short_client() as client:
        keys = checks.try_key_set(subject.jwks_url, client, lambda: now, transaction)
        yield [_finding(keys)]
        token = checks.try_token(subject.access, subject.scopes, client, lambda: now, transaction)
        yield [_of_token(token, subject)]
    # Without a token nothing can be asked: that is said once.
    if not token.ok or not with_services:
        yield from ([], [])
    elif not subject.launched:
        yield from ([Finding("services-untried", True)], [])
    else:
        yield _grades(subject, now, transaction)
        yield _roster(subject, now, transaction)
    yield [_clock(token.clock_offset if keys.clock_offset is None else keys.clock_offset)]
    yield subject.known_here


def _of_token(token: Outcome, subject: _Subject) -> Finding:
    """An LMS that gave us the client id itself does not know it yet: the tool waits to be switched on."""
    found = _finding(token)
    waits = found.cause == check_causes.CLIENT and subject.registered_itself and not subject.launched
    return replace(found, cause=check_causes.INACTIVE) if waits else found


def _addresses(urls: Sequence[str]) -> Finding:
    unsafe = checks.unsafe_addresses(urls)
    return Finding("address-unsafe", False, ", ".join(unsafe)) if unsafe else Finding("addresses-safe", True)


def _grades(subject: _Subject, now: datetime, transaction: Transaction) -> list[Finding]:
    if subject.columns_url is None:
        return [Finding("grades-off", True)]
    scopes = subject.grade_scopes
    offered = service_checks.offered_grades(scopes)
    tried = service_checks.try_columns(subject.access, scopes, subject.columns_url, lambda: now, transaction)
    return [_finding(outcome) for outcome in (tried, *offered) if outcome is not None]


def _roster(subject: _Subject, now: datetime, transaction: Transaction) -> list[Finding]:
    if subject.roster_url is None:
        return [Finding("roster-off", True)]
    tried = service_checks.try_roster(subject.access, subject.roster_url, lambda: now, transaction)
    return [_finding(outcome) for outcome in tried]


def _finding(outcome: Outcome) -> Finding:
    return Finding(outcome.code, outcome.ok, outcome.detail, outcome.cause)


def _clock(offset: float | None) -> Finding:
    if offset is None:
        return Finding("clock-unknown", True)
    if abs(offset) > CLOCK_TOLERANCE:
        fast = "fast" if offset > 0 else "slow"
        return Finding("clock-differs", False, str(timedelta(seconds=round(abs(offset)))), fast)
    return Finding("clock-agrees", True)


def _scopes_of(platform: Platform) -> Sequence[str]:
    """The scopes that this platform is known to offer: agreed at registration, or told by its launches."""
    agreed = (platform.registration or {}).get("scope")
    known = set(agreed.split()) if isinstance(agreed, str) else set[str]()
    latest = (
        select(Course.grade_scopes, Course.roster_url)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform.id)
        .order_by(Course.id.desc())
        .limit(_LATEST_COURSES)
    )
    for scopes, roster_url in db.session.execute(latest):
        known |= set(scopes or ()) | ({names.ROSTER_READ} if roster_url else set())
    # An LMS may name scopes that are no service of ours, such as openid.
    return sorted(known & _OUR_SCOPES) or list(_USUAL_SCOPES)


def _deployments(platform_id: int) -> Finding:
    counted = dict(
        db.session.execute(
            select(Deployment.state, func.count())
            .where(Deployment.platform_id == platform_id)
            .group_by(Deployment.state)
        ).all()
    )
    if waiting := counted.get(DeploymentState.WAITING):
        return Finding("deployments-waiting", False, str(waiting))
    known = counted.get(DeploymentState.ACCEPTED, 0)
    return Finding("deployments-known", True, str(known)) if known else Finding("deployments-none", True)


def _last_launch(platform_id: int) -> Finding:
    """The last launch that was let in, unless a later one was refused."""
    admitted, refused = (
        select(LaunchRecord.at, LaunchRecord.code)
        .where(LaunchRecord.platform_id == platform_id, LaunchRecord.outcome == outcome)
        .order_by(LaunchRecord.at.desc())
        .limit(1)
        for outcome in ("admitted", "refused")
    )
    last, failed = db.session.execute(admitted).first(), db.session.execute(refused).first()
    if failed is not None and (last is None or failed.at > last.at):
        return Finding("launch-refused", True, f"{failed.code}, {_moment(failed.at)}", failed.code)
    if last is None:
        return Finding("never-launched", True)
    return Finding("launched", True, _moment(last.at))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
